"""Passkeys on a security key: find the key, ask for its PIN and a touch, and build what Cognito takes.

The only package that imports fido2, and only when a passkey is used. It shows nothing: whoever signs in is
asked through ``Person``.

``relying_party`` decides for which site a passkey may be used, ``keys`` finds keys and says why there is
none, ``ceremony`` makes assertions and credentials, ``problems`` says what went wrong and what helps.
"""
