"""The line-prompt front end: the same steps for screen readers, TERM=dumb and expect."""
