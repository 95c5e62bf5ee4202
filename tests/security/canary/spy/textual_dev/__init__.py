"""A fake of Textual's development tools that writes the console's messages to a file."""
