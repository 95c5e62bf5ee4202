"""Secrets that the user copies on purpose; tests/security/canary searches for all others."""

from __future__ import annotations

import base64

import pyotp

from tests.journeys.conftest import SignIn, StartSignIn

WRONG_PASSWORD = "Canary-Pass-9!xyz"


def test_srp_never_sends_the_password(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann")
    program.log_in(WRONG_PASSWORD)
    program.wait_for("Incorrect username or password.")
    program.press("ctrl+u")
    program.enter(program.user.password)
    program.wait_for("Signed in as ann")
    requests = str(program.server.calls)
    assert "PASSWORD_CLAIM_SIGNATURE" in requests
    assert WRONG_PASSWORD not in requests
    assert program.user.password not in requests


def clipboard_text(program: SignIn) -> str:
    """Return the last text that was copied to the terminal's clipboard."""
    return base64.b64decode(program.emulator.clipboard[-1]).decode()


def test_copy_gives_the_setup_key_and_then_the_uri(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("tess", SSH_CONNECTION="1 2 3 4")
    program.log_in()
    program.wait_for("2 Type the code the app shows")
    program.press("ctrl+y")
    program.wait_for_text("The key was sent to your terminal's clipboard")
    key = clipboard_text(program)
    assert pyotp.TOTP(key).now(), "a base32 key"
    program.press("ctrl+y")
    program.wait_for_text("The setup URI was sent to your terminal's clipboard")
    assert clipboard_text(program).startswith("otpauth://totp/")
    assert key in clipboard_text(program)
