"""The demo: the sign-in program on the local emulator, with sample users, a phone and an inbox."""
