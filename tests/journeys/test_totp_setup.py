"""Setting up an authenticator app with the QR code on the screen."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import StartSignIn
from tests.safe_codes import wrong_code
from tests.steps.screen_reading import scan


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_scanned_qr_code_gives_codes_the_pool_accepts(sign_in_as: StartSignIn, theme: str) -> None:
    program = sign_in_as("tess", "--app-name", "Acme & Co", TUI_AUTH_THEME=theme)
    program.log_in()
    phone = scan(program)
    assert phone.name == "tess"
    assert " ".join(phone.secret[i : i + 4] for i in range(0, 16, 4)) in program.screen_text()
    assert "Acme & Co: tess" in program.screen_text()
    program.enter(phone.at(int(program.server.clock.now())))
    program.wait_for("Signed in as tess")


def test_wrong_setup_code_is_explained(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("tess")
    program.log_in()
    phone = scan(program)
    now = int(program.server.clock.now())
    program.enter(phone.at(now - 240))
    program.wait_for_text("4 minutes old")
    assert phone.secret[:4] in program.screen_text(), "the same key is still shown"
    program.enter(phone.at(int(program.server.clock.now())))
    program.wait_for("Signed in as tess")


def test_code_of_another_key_is_recognized(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("tess")
    program.log_in()
    phone = scan(program)
    program.enter(wrong_code(phone.at(int(program.server.clock.now()))))
    program.wait_for(
        lambda p: "That code doesn't match" in " ".join(p.screen_text().replace("▄", "").split())
    )
    program.enter(phone.at(int(program.server.clock.now())))
    program.wait_for("Signed in as tess")


def test_temporary_password_then_totp_setup_then_done(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("noel")
    program.log_in()
    program.wait_for("Choose a new password")
    program.enter("Brand-New-Horse-7!", "Brand-New-Horse-7!")
    phone = scan(program)
    program.enter(phone.at(int(program.server.clock.now())))
    program.wait_for("Signed in as noel")
