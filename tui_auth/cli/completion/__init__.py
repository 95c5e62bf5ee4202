"""The completion scripts of bash, zsh and fish."""
