"""What ``tui-auth doctor`` checks, and how it reports it."""
