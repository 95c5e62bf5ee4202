"""Each demo user's way through the screens: a wrong input at every step, then the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import pyotp

from tests.emulator.web_client import WebClient
from tests.error_texts import WRONG_CODE
from tests.security.canary import canaries
from tests.security.canary.canaries import Canary
from tests.security.canary.extraction import drag_over_screen, try_to_extract
from tests.security.canary.stage import Stage, WatchedSignIn
from tests.steps.screen_reading import ANSWERS, number_key_for, scan
from tests.steps.table import MOON_ANSWER, SCREEN_STEPS
from tui_auth.emulator import oauth


@dataclass
class Walkthrough:
    """A user who tries to copy every secret that is typed or shown."""

    stage: Stage
    program: WatchedSignIn

    def log_in(self) -> None:
        """Enter a wrong password on the first screen, then the right one."""
        stage, program = self.stage, self.program
        if program.user.auth_flow == "BROWSER":
            return
        program.wait_for("Username")
        program.enter(program.user.username)
        if not program._has_password:
            return
        try_to_extract(program, stage.wrong_password.text)
        if program.user.username not in ("rex", "carl"):  # their password is not checked
            program.enter(stage.wrong_password.text)
            program.wait_for("Incorrect username or password.")
            program.press("ctrl+u")
        program.enter(program.user.password)

    def open_sign_up(self) -> None:
        """Open the sign-up screen from the first screen."""
        self.program.wait_for("Username")
        self.program.press("ctrl+k")
        self.program.wait_for("confirm your address")

    def look_around(self) -> None:
        """Open help and the call trace over this step, and drag over everything."""
        program = self.program
        drag_over_screen(program)
        for key, text in (("ctrl+g", "esc closes this"), ("f4", "values left out")):
            program.press(key)
            program.wait_for(text)
            drag_over_screen(program)
            program.press("esc")
            program.wait_gone(text)

    def answer_code(
        self, correct_value: Callable[[], str], error_message: str, wrong_value: str | None = None
    ) -> None:
        """Enter a wrong code, then the right one, which becomes a canary."""
        stage, program = self.stage, self.program
        try_to_extract(program, stage.wrong_code.text, echoes_input=True)
        self.look_around()
        program.enter(wrong_value or stage.wrong_code.text)
        program.wait_for_text(error_message)
        program.press("ctrl+u")
        value = correct_value()
        stage.secrets.append(canaries.code("code", value))
        program.enter(value)

    def answer_sent_code(self) -> None:
        """Answer a step that asks for a sent code."""
        self.answer_code(self.program.newest_code, WRONG_CODE)

    def answer_app_code(self) -> None:
        """Answer a step that asks for an authenticator app's code."""
        key = self.program.user.totp_secret
        assert key
        self.answer_code(lambda: self._totp(key), "An authenticator's code has six digits.")

    def set_up_totp(self) -> None:
        """Set up an authenticator app with the key on the screen."""
        key = scan(self.program).secret
        self.stage.secrets += canaries.totp_key(key)
        self.answer_code(lambda: self._totp(key), "An authenticator's code has six digits.")

    def choose_new_password(self, *attributes: str) -> None:
        """Enter two different new passwords, then the same password twice."""
        program, new = self.program, self.stage.new_password.text
        try_to_extract(program, new)
        self.look_around()
        program.enter(new, self.stage.wrong_password.text, *attributes)
        program.wait_for("The passwords don't match.")
        program.press("ctrl+u")
        program.enter(new)
        for _ in attributes:
            program.press("enter")

    def answer_question(self, text: str, answers: tuple[str, ...]) -> None:
        """Answer a custom challenge wrongly, which ends the sign-in; sign in again and answer it."""
        program = self.program
        program.wait_for(text)
        try_to_extract(program, self.stage.answer.text)
        self.look_around()
        program.enter(self.stage.answer.text)
        program.wait_for_text("The user pool ended this sign-in.")
        program.enter(*([program.user.password] if program._has_password else [""]))
        for answer in answers:
            program.wait_for(text)
            program.wait_for(answer)
            program.enter(answer)

    def _totp(self, key: str) -> str:
        return pyotp.TOTP(key).at(int(self.stage.server.clock.now()))


def _ann(walkthrough: Walkthrough) -> None:
    """Do nothing: the password signs ann in."""


def _sam(walkthrough: Walkthrough) -> None:
    walkthrough.program.wait_for(SCREEN_STEPS["SMS"].text)
    walkthrough.answer_sent_code()


def _tom(walkthrough: Walkthrough) -> None:
    walkthrough.program.wait_for(SCREEN_STEPS["TOTP"].text)
    walkthrough.answer_app_code()


def _dora(walkthrough: Walkthrough) -> None:
    _tom(walkthrough)


def _tess(walkthrough: Walkthrough) -> None:
    walkthrough.set_up_totp()


def _mia(walkthrough: Walkthrough) -> None:
    walkthrough.program.wait_for(SCREEN_STEPS["MFA selection"].text)
    walkthrough.look_around()
    walkthrough.program.send(number_key_for(walkthrough.program, "Code from an authenticator app"))
    walkthrough.program.wait_for(SCREEN_STEPS["TOTP"].text)
    walkthrough.answer_app_code()


def _nora(walkthrough: Walkthrough) -> None:
    walkthrough.program.wait_for(SCREEN_STEPS["new password"].text)
    walkthrough.choose_new_password("Nora N.")


def _noel(walkthrough: Walkthrough) -> None:
    walkthrough.program.wait_for(SCREEN_STEPS["new password"].text)
    walkthrough.choose_new_password()
    walkthrough.set_up_totp()


def _rex(walkthrough: Walkthrough) -> None:
    program, stage = walkthrough.program, walkthrough.stage
    program.wait_for(SCREEN_STEPS["reset password"].text)
    program.send("1")
    program.wait_for("New password")
    try_to_extract(program, stage.wrong_code.text, echoes_input=True)
    program.enter(stage.wrong_code.text)
    new = stage.new_password.text
    try_to_extract(program, new)
    program.enter(new, new)
    program.wait_for(WRONG_CODE)
    program.press("ctrl+u")
    program.enter(program.newest_code())
    program.press("enter", "enter")


def _carl(walkthrough: Walkthrough) -> None:
    walkthrough.program.wait_for(SCREEN_STEPS["confirm sign-up"].text)
    walkthrough.program.press("ctrl+r")
    walkthrough.program.wait_for("^r again in")
    walkthrough.answer_sent_code()


def _quinn(walkthrough: Walkthrough) -> None:
    walkthrough.answer_question("Answer", ANSWERS)


def _luna(walkthrough: Walkthrough) -> None:
    walkthrough.answer_question("doesn't know this step", (MOON_ANSWER,))


def _emil(walkthrough: Walkthrough) -> None:
    walkthrough.program.wait_for(SCREEN_STEPS["OTP"].text)
    walkthrough.answer_sent_code()


def _cleo(walkthrough: Walkthrough) -> None:
    program, stage = walkthrough.program, walkthrough.stage
    program.wait_for(SCREEN_STEPS["first factor"].text)
    walkthrough.look_around()
    SCREEN_STEPS["password"].reach(program)
    program.wait_for(SCREEN_STEPS["password"].text)
    try_to_extract(program, stage.wrong_password.text)
    program.enter(stage.wrong_password.text)
    program.wait_for("Incorrect username or password.")
    program.press("ctrl+u")
    program.enter(program.user.password)


def _max(walkthrough: Walkthrough) -> None:
    step = SCREEN_STEPS["e-mail set-up"]
    step.reach(walkthrough.program)
    walkthrough.program.wait_for(step.text)
    step.answer(walkthrough.program)
    walkthrough.program.wait_for("Code sent by email to m***@")
    walkthrough.answer_sent_code()


def shown_address(program: WatchedSignIn) -> str:
    """Return the address to open, which is alone between two empty rows."""
    rows = [row.strip() for row in program.screen_text().split("\n")]
    first = next(number for number, row in enumerate(rows) if "/oauth2/authorize?" in row)
    return "".join(rows[first : rows.index("", first)])


def sign_in_on_the_page(stage: Stage, url: str) -> str:
    """Sign in as bea in a browser, and return the address that it ends at, which becomes a canary."""
    browser = WebClient(stage.server.endpoint_url)
    reply = browser.send(browser.open(url), username="bea", password=stage.password.text)
    code = reply.answer["code"]
    stage.secrets += [Canary("browser code", code, piece=12), Canary("browser address", reply.location)]
    return reply.location


@contextmanager
def verifier_as_canary(stage: Stage) -> Iterator[None]:
    """Make the PKCE verifiers that reach the token endpoint canaries."""
    check = oauth._proves

    def record(challenge: str | None, verifier: str | None) -> bool:
        stage.secrets.append(Canary("verifier", verifier or "", piece=12))
        return check(challenge, verifier)

    with patch.object(oauth, "_proves", record):
        yield
    assert any(canary.name == "verifier" for canary in stage.secrets)


def _bea(walkthrough: Walkthrough) -> None:
    stage, program = walkthrough.stage, walkthrough.program
    program.wait_for("Address of the last page")
    walkthrough.look_around()
    program.press("ctrl+u")
    program.wait_for("Enter goes back.")
    address = sign_in_on_the_page(stage, shown_address(program))
    program.press("enter")
    program.wait_for("Address of the last page")
    program.paste(address.replace("state=", "state=x"))
    program.press("enter")
    program.wait_for_text("belongs to an earlier sign-in")
    program.press("ctrl+y")
    drag_over_screen(program)
    with verifier_as_canary(stage):
        program.paste(address)
        program.press("enter")
        program.wait_for("Signed in as bea")


WALKTHROUGHS: dict[str, Callable[[Walkthrough], None]] = {
    walkthrough.__name__.removeprefix("_"): walkthrough
    for walkthrough in (
        *(_ann, _sam, _tom, _tess, _mia, _nora, _noel),
        *(_rex, _carl, _quinn, _luna, _emil, _cleo, _dora, _bea, _max),
    )
}
"""The way from the password to the tokens for each demo user; together they meet every step."""
