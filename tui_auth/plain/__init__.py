"""The same steps as line prompts: for screen readers, TERM=dumb and expect."""
