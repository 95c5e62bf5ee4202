"""The demo: the sign-in app on the local emulator, with sample users, a phone and an inbox."""
