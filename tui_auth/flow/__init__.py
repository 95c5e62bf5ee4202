"""What happens between two answers: one sign-in flow and one first run, driven by both front ends.

Nothing here draws, reads a key or writes to a terminal. A front end calls a method for what the user
decided, and carries out the output that the method returns.
"""
