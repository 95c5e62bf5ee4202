"""The terminal: which one there is, the Textual driver for it, signals, clipboard, and safe text."""
