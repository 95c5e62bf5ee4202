"""Password reset and sign-up from the sign-in screen."""

from __future__ import annotations

from tests.error_texts import WRONG_CODE
from tests.journeys.conftest import StartSignIn
from tests.journeys.own_pool import MakePool
from tests.safe_codes import wrong_code
from tests.steps.table import NEW_PASSWORD


def test_forgotten_password_is_reset_and_signs_in(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann")
    program.wait_for("Username")
    program.press("ctrl+f")
    program.wait_for("Type your user name, then ^f.")
    program.send("ann")
    program.wait_for("Username ann")
    program.press("ctrl+f")
    program.wait_for("Reset your password")
    assert program.server.calls == [], "nothing is sent before a choice"
    program.send("1")
    program.wait_for("Code sent by email to a***@")
    code = program.newest_code()
    program.enter(wrong_code(code), NEW_PASSWORD, NEW_PASSWORD)
    program.wait_for(WRONG_CODE)
    program.enter(code)
    program.press("enter", "enter")
    program.wait_for("Signed in as ann")


def test_sign_up_is_confirmed_and_signed_in(sign_in_as: StartSignIn) -> None:
    program = sign_in_as("ann")
    program.wait_for("Username")
    program.press("ctrl+k")
    program.wait_for("Create account")
    program.enter("ann", NEW_PASSWORD, NEW_PASSWORD, "zoe@example.org")
    program.wait_for("An account with this user name already exists.")
    program.enter("zoe")
    program.press("enter", "enter", "enter")
    program.wait_for_text("This user pool requires this attribute: Full name.")
    program.enter("Zoe")
    program.wait_for("Code sent by email to z***@")
    messages = [message for message in program.server.messages if message["username"] == "zoe"]
    program.enter(wrong_code(str(messages[-1]["code"])))
    program.wait_for(WRONG_CODE)
    program.enter(str(messages[-1]["code"]))
    program.wait_for("Signed in as zoe")
    last = next(call for operation, call in reversed(program.server.calls) if operation == "InitiateAuth")
    assert "Session" in last, "the session of ConfirmSignUp signs in"


def test_required_attributes_are_asked_at_once(own_pool: MakePool) -> None:
    name = {"Name": "given_name", "AttributeDataType": "String", "Required": True, "Mutable": True}
    pool = own_pool(Schema=[name], AutoVerifiedAttributes=["email"])
    program = pool.sign_in(pool_flags=pool.write_profile('required_attributes = ["given_name"]'))
    program.wait_for("Username")
    program.press("ctrl+k")
    program.wait_for("First name")
    program.enter("zoe", NEW_PASSWORD, NEW_PASSWORD, "zoe@example.org", "Zoe")
    program.wait_for("Code sent by email to z***@")
    program.press("ctrl+r")
    program.wait_for("^r again in ")
    assert len(program.server.messages) == 2
    program.enter(str(program.server.messages[-1]["code"]))
    program.wait_for("Signed in as zoe")
