"""Stored sessions: saving, finding, refreshing and ending them, and what comes of them."""
