"""A stand-in for Textual's development tools: writes down what an app would send to the console."""
