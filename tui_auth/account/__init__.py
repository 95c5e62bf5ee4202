"""A signed-in user's attributes, password, second factors, devices, sessions and passkeys.

Knows no screen, no file and no terminal. What is stored of a session belongs to ``tui_auth.session``, which
gives an ``Account`` its tokens.
"""
