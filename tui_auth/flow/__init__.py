"""The sign-in flow and the first-run flow, which both front ends share.

Nothing here draws, reads a key or writes to a terminal. A front end calls a method for each decision of the
user and carries out the output that the method returns.
"""
