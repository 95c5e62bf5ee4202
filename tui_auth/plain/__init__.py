"""The line-prompt front end, for screen readers, TERM=dumb and scripts such as expect."""
