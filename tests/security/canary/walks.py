"""Each sample user's way through the screens: something wrong at every step, then what is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyotp

from tests.security.canary import canaries
from tests.security.canary.mischief import drag_everywhere, try_to_take
from tests.security.canary.stage import Stage, WatchedSignIn
from tests.steps.reading import ANSWERS, number_key_for, scan
from tests.steps.table import MOON_ANSWER, SCREEN_STEPS


@dataclass
class Walk:
    """A person at the program who tries to get out of it what goes in."""

    stage: Stage
    program: WatchedSignIn

    def log_in(self) -> None:
        """The first screen: a wrong password, then the right one."""
        stage, program = self.stage, self.program
        program.wait_for("Username")
        program.enter(program.user.username)
        if not program._has_password:
            return
        try_to_take(program, stage.wrong_password.text)
        if program.user.username not in ("rex", "carl"):  # whose password nobody looks at
            program.enter(stage.wrong_password.text)
            program.wait_for("Incorrect username or password.")
            program.press("ctrl+u")
        program.enter(program.user.password)

    def want_an_account(self) -> None:
        """From the first screen to the one that makes an account."""
        self.program.wait_for("Username")
        self.program.press("ctrl+k")
        self.program.wait_for("Make an account")

    def look_around(self) -> None:
        """Help, the wire and the palette over this step, and a drag over all of it."""
        program = self.program
        drag_everywhere(program)
        for key, sign in (("ctrl+g", "esc closes this"), ("f4", "values left out")):
            program.press(key)
            program.wait_for(sign)
            drag_everywhere(program)
            program.press("esc")
            program.wait_gone(sign)

    def code(self, right: Callable[[], str], refusal: str, wrong: str | None = None) -> None:
        """A field for a code: the canary, refused; then the right one, which is a canary from then on."""
        stage, program = self.stage, self.program
        try_to_take(program, stage.wrong_code.text, shown=True)
        self.look_around()
        program.enter(wrong or stage.wrong_code.text)
        program.shows(refusal)
        program.press("ctrl+u")
        value = right()
        stage.made.append(canaries.code("code", value))
        program.enter(value)

    def sent_code(self) -> None:
        """A code that was sent."""
        self.code(self.program.newest_code, "That code is not right.")

    def app_code(self) -> None:
        """A code from an authenticator app."""
        key = self.program.user.totp_secret
        assert key
        self.code(lambda: self._totp(key), "An authenticator's code has six digits.")

    def set_up(self) -> None:
        """An authenticator's set-up, with the key read off the screen."""
        key = scan(self.program).secret
        self.stage.made += canaries.totp_key(key)
        self.code(lambda: self._totp(key), "An authenticator's code has six digits.")

    def new_password(self, *more: str) -> None:
        """Two new passwords that differ, then twice the same."""
        program, new = self.program, self.stage.new_password.text
        try_to_take(program, new)
        self.look_around()
        program.enter(new, self.stage.wrong_password.text, *more)
        program.wait_for("The two passwords differ.")
        program.press("ctrl+u")
        program.enter(new)
        for _ in more:
            program.press("enter")

    def question(self, sign: str, answers: tuple[str, ...]) -> None:
        """A question of the pool's own: a wrong answer ends the sign-in, which then begins anew."""
        program = self.program
        program.wait_for(sign)
        try_to_take(program, self.stage.answer.text)
        self.look_around()
        program.enter(self.stage.answer.text)
        program.shows("The service ended this sign-in.")
        program.enter(*([program.user.password] if program._has_password else [""]))
        for answer in answers:
            program.wait_for(sign)
            program.wait_for(answer)
            program.enter(answer)

    def _totp(self, key: str) -> str:
        return pyotp.TOTP(key).at(int(self.stage.server.clock.now()))


def _ann(walk: Walk) -> None:
    """The password is all."""


def _sam(walk: Walk) -> None:
    walk.program.wait_for(SCREEN_STEPS["SMS"].text)
    walk.sent_code()


def _tom(walk: Walk) -> None:
    walk.program.wait_for(SCREEN_STEPS["TOTP"].text)
    walk.app_code()


def _tess(walk: Walk) -> None:
    walk.set_up()


def _mia(walk: Walk) -> None:
    walk.program.wait_for(SCREEN_STEPS["MFA selection"].text)
    walk.look_around()
    walk.program.send(number_key_for(walk.program, "Authenticator app"))
    walk.program.wait_for(SCREEN_STEPS["TOTP"].text)
    walk.app_code()


def _nora(walk: Walk) -> None:
    walk.program.wait_for(SCREEN_STEPS["new password"].text)
    walk.new_password("Nora N.")


def _noel(walk: Walk) -> None:
    walk.program.wait_for(SCREEN_STEPS["new password"].text)
    walk.new_password()
    walk.set_up()


def _rex(walk: Walk) -> None:
    program, stage = walk.program, walk.stage
    program.wait_for(SCREEN_STEPS["reset password"].text)
    program.send("1")
    program.wait_for("New password")
    try_to_take(program, stage.wrong_code.text, shown=True)
    program.enter(stage.wrong_code.text)
    new = stage.new_password.text
    try_to_take(program, new)
    program.enter(new, new)
    program.wait_for("That code is not right.")
    program.press("ctrl+u")
    program.enter(program.newest_code())
    program.press("enter", "enter")


def _carl(walk: Walk) -> None:
    walk.program.wait_for(SCREEN_STEPS["confirm sign-up"].text)
    walk.program.press("ctrl+r")
    walk.program.wait_for("^r again in")
    walk.sent_code()


def _quinn(walk: Walk) -> None:
    walk.question("the service asks", ANSWERS)


def _luna(walk: Walk) -> None:
    walk.question("does not know", (MOON_ANSWER,))


def _emil(walk: Walk) -> None:
    walk.program.wait_for(SCREEN_STEPS["OTP"].text)
    walk.sent_code()


def _cleo(walk: Walk) -> None:
    program, stage = walk.program, walk.stage
    program.wait_for(SCREEN_STEPS["first factor"].text)
    walk.look_around()
    SCREEN_STEPS["password"].reach(program)
    program.wait_for(SCREEN_STEPS["password"].text)
    try_to_take(program, stage.wrong_password.text)
    program.enter(stage.wrong_password.text)
    program.wait_for("Incorrect username or password.")
    program.press("ctrl+u")
    program.enter(program.user.password)


def _max(walk: Walk) -> None:
    step = SCREEN_STEPS["e-mail set-up"]
    step.reach(walk.program)
    walk.program.wait_for(step.text)
    step.answer(walk.program)
    walk.program.wait_for("Code sent by e-mail to m***@")
    walk.sent_code()


WALKS: dict[str, Callable[[Walk], None]] = {
    walk.__name__.removeprefix("_"): walk
    for walk in (
        *(_ann, _sam, _tom, _tess, _mia, _nora, _noel),
        *(_rex, _carl, _quinn, _luna, _emil, _cleo, _max),
    )
}
"""From the password to the tokens, for each sample user: every step there is."""
