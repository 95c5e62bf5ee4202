"""``tui-auth account`` without a terminal: what it prints, changes and returns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.session.machine import PASSWORD, Machine
from tui_auth.emulator.session_tracking import VISITOR, Visitor

NEW_PASSWORD = "Battery-staple-7"


@pytest.fixture
def ann(machine: Machine) -> Machine:
    """A machine on which ann, who has an email address and a phone number, is signed in."""
    pool = {"UserPoolId": machine.user_pool_id}
    machine.server.call(
        "UpdateUserPool",
        {
            **pool,
            "AutoVerifiedAttributes": ["email"],
            "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": False},
        },
    )
    machine.server.call(
        "SetUserPoolMfaConfig",
        {
            **pool,
            "MfaConfiguration": "OPTIONAL",
            "SmsMfaConfiguration": {
                "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
            },
            "SoftwareTokenMfaConfiguration": {"Enabled": True},
            "EmailMfaConfiguration": {},
        },
    )
    tracking = {"UserSessionTracking": "ENABLED", "TokenSession": {"MaxPerUser": 20}}
    machine.server.call("SetUserPoolSessionConfiguration", {**pool, **tracking})
    values = {
        "name": "Ann Example",
        "email": "ann@example.com",
        "email_verified": "true",
        "phone_number": "+15555550123",
    }
    attributes = [{"Name": name, "Value": value} for name, value in values.items()]
    machine.sign_in(machine.create_client(), machine.create_user(UserAttributes=attributes))
    return machine


def read_json(machine: Machine, *arguments: str) -> Any:
    result = machine.run("account", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def sign_in_elsewhere(machine: Machine, user_agent: str = "Windows Chrome") -> dict[str, Any]:
    """Sign ann in from another machine and return her tokens."""
    reset = VISITOR.set(Visitor(user_agent, "198.51.100.9", "Paris", "France"))
    client = machine.find_session().record.origin.client_id
    request = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": client,
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": PASSWORD},
    }
    tokens: dict[str, Any] = machine.server.call("InitiateAuth", request)["AuthenticationResult"]
    VISITOR.reset(reset)
    return tokens


def newest_code(machine: Machine) -> str:
    return str(machine.server.messages[-1]["code"])


# -- show -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), ("show",)])
def test_show_prints_the_overview(ann: Machine, arguments: tuple[str, ...]) -> None:
    result = ann.run("account", *arguments)

    assert (result.returncode, result.stderr) == (0, "")
    lines = dict(line.split("  ", 1) for line in result.stdout.splitlines())
    assert {name: value.strip() for name, value in lines.items()} == {
        "User name": "ann",
        "Full name": "Ann Example",
        "Email": "ann@example.com  (verified)",
        "Phone": "+15555550123  (not verified)",
        "Second factor": "none",
        "Devices": "1 remembered, this computer is one",
        "Sessions": "1 active",
        "Passkeys": lines["Passkeys"].strip(),
    }


def test_json_of_show_has_cognitos_names(ann: Machine) -> None:
    facts = read_json(ann, "show")

    assert facts["username"] == "ann"
    assert facts["user_attributes"]["email"] == "ann@example.com"
    assert facts["user_mfa_setting_list"] == []
    assert facts["preferred_mfa_setting"] is None
    assert (facts["devices"], facts["sessions"]) == (1, 1)


def test_part_that_the_pool_does_not_offer_is_null_and_says_why(machine: Machine) -> None:
    machine.sign_in()
    facts = read_json(machine, "show")
    assert (facts["devices"], facts["sessions"]) == (None, None)
    assert facts["missing"]["sessions"] == "This user pool doesn't track sessions."


# -- attributes -------------------------------------------------------------------------------------


def test_set_changes_an_attribute_and_says_so(ann: Machine) -> None:
    result = ann.run("account", "set", "name=Ann Another")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "Full name is saved.\n")
    assert read_json(ann, "show")["user_attributes"]["name"] == "Ann Another"


def test_set_says_that_a_new_email_is_not_verified_and_verify_takes_the_code(ann: Machine) -> None:
    result = ann.run("account", "set", "email=New@Example.com")
    assert result.returncode == 0
    assert "changed but not verified yet. Code sent by email to n***@e***." in result.stderr
    assert "tui-auth account verify email" in result.stderr
    result = ann.run("account", "verify", "email", "--stdin", stdin="000000\n")
    assert result.returncode == 5
    result = ann.run("account", "verify", "email", "--stdin", stdin=f"{newest_code(ann)}\n")
    assert (result.returncode, result.stderr) == (0, "Your email address is verified.\n")
    attributes = read_json(ann, "show")["user_attributes"]
    assert (attributes["email"], attributes["email_verified"]) == ("new@example.com", "true")


def test_saved_phone_number_names_the_command_that_verifies_it(ann: Machine) -> None:
    result = ann.run("account", "set", "phone_number=+15555550199", "--verify")
    assert result.returncode == 0
    assert "tui-auth account verify phone_number" in result.stderr


def test_set_verify_without_a_terminal_exits_with_10(ann: Machine) -> None:
    result = ann.run("account", "set", "email=new@example.com", "--verify", "--json")
    assert result.returncode == 10
    assert json.loads(result.stdout)["email"] == {
        "is_updated": False,
        "next_step": "CONFIRM_ATTRIBUTE_WITH_CODE",
        "is_in_force": True,
        "code_delivery_details": {"destination": "n***@e***", "delivery_medium": "EMAIL"},
    }


@pytest.mark.parametrize(
    "value", ["sub=1", "email_verified=true", "cognito:x=1", "email=nobody", "phone_number=0123"]
)
def test_impossible_attribute_is_a_usage_error_without_a_request(ann: Machine, value: str) -> None:
    before = len(ann.server.calls)
    result = ann.run("account", "set", value)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(ann.server.calls) == before


def test_verify_without_a_terminal_sends_a_code_and_says_how_to_go_on(ann: Machine) -> None:
    result = ann.run("account", "verify", "email")
    assert result.returncode == 0
    assert result.stderr == (
        "Code sent by email to a***@e***.\nThen run `tui-auth account verify email --stdin`.\n"
    )


# -- second factors ---------------------------------------------------------------------------------


def test_factors_are_turned_on_preferred_and_off(ann: Machine) -> None:
    assert ann.run("account", "mfa", "on", "sms").returncode == 0
    assert ann.run("account", "mfa", "on", "email").returncode == 0
    result = ann.run("account", "mfa", "prefer", "email")
    assert (result.returncode, result.stderr) == (0, "Second factors: SMS, Email (preferred).\n")
    facts = read_json(ann, "mfa")
    assert facts["preferred_mfa_setting"] == "EMAIL_OTP"
    assert facts["user_mfa_setting_list"] == ["SMS_MFA", "EMAIL_OTP"]
    result = ann.run("account", "mfa", "prefer", "none")
    assert (result.returncode, result.stderr) == (0, "Second factors: SMS, Email.\n")
    assert ann.run("account", "mfa", "off", "sms").returncode == 0
    assert ann.run("account", "mfa", "off", "email").stderr == "Email is off. Second factors: none.\n"
    assert ann.run("account", "mfa").stdout.splitlines()[0].split() == ["app", "Authenticator", "app", "off"]


def test_factor_that_the_pool_keeps_on_is_said_and_exits_with_5(ann: Machine) -> None:
    ann.run("account", "mfa", "on", "sms")
    ann.server.call("SetUserPoolMfaConfig", {"UserPoolId": ann.user_pool_id, "MfaConfiguration": "ON"})
    result = ann.run("account", "mfa", "off", "sms")
    assert (result.returncode, result.stderr) == (
        5,
        "The user pool kept SMS on: it requires a second factor.\n",
    )


def test_app_that_is_not_set_up_cannot_be_turned_on(ann: Machine) -> None:
    result = ann.run("account", "mfa", "on", "app")
    assert result.returncode == 5
    assert "That second factor isn't set up for you." in result.stderr


# -- devices, sessions, passkeys --------------------------------------------------------------------


def test_devices_are_listed_and_forgotten(ann: Machine) -> None:
    (device,) = read_json(ann, "devices")["devices"]
    assert device["is_current"] is True
    assert device["device_create_date"].endswith("Z")
    assert device["device_key"] in ann.run("account", "devices").stdout
    result = ann.run("account", "devices", "forget", "this")
    assert result.returncode == 0
    assert "This session ends when its token expires" in result.stderr
    assert ann.run("account", "devices").stdout == "The user pool remembers no devices.\n"


def test_sessions_are_listed_and_ended(ann: Machine) -> None:
    elsewhere = sign_in_elsewhere(ann)
    sessions = read_json(ann, "sessions")["sessions"]
    other = next(entry for entry in sessions if not entry["is_current_session"])
    assert other["device_type"] == "Windows, Chrome"
    assert other["last_location"] == {"city": "Paris", "country": "France"}
    assert "Paris, France" in ann.run("account", "sessions").stdout
    result = ann.run("account", "sessions", "revoke", other["session_id"])
    assert (result.returncode, result.stderr) == (0, f"Ended {other['session_id']}.\n")
    assert not ann.is_accepted(elsewhere["AccessToken"])
    assert len(read_json(ann, "sessions")["sessions"]) == 1


def test_all_other_sessions_end_and_this_one_goes_on(ann: Machine) -> None:
    elsewhere = [sign_in_elsewhere(ann) for _ in range(2)]
    result = ann.run("account", "sessions", "revoke", "--others")
    assert (result.returncode, result.stderr) == (0, "Ended 2 sessions.\n")
    assert not any(ann.is_accepted(tokens["AccessToken"]) for tokens in elsewhere)
    assert ann.run("account", "show").returncode == 0
    assert ann.run("account", "sessions", "revoke", "--others").stderr == "You have no other sessions.\n"


def test_this_session_is_not_ended_by_its_id(ann: Machine) -> None:
    (session,) = read_json(ann, "sessions")["sessions"]
    result = ann.run("account", "sessions", "revoke", session["session_id"])
    assert result.returncode == 2
    assert "tui-auth sign-out" in result.stderr
    assert not ann.get_calls("RevokeUserSession")


def test_text_of_others_is_made_safe(ann: Machine) -> None:
    sign_in_elsewhere(ann, "\x1b]0;pwned\x07\u202egnp.exe evil")
    result = ann.run("account", "sessions")
    assert result.returncode == 0
    assert "pwned" in result.stdout
    assert not {"\x1b", "\x07", "\u202e"} & {*result.stdout}


# -- password and deletion --------------------------------------------------------------------------


def test_password_is_changed_from_two_lines_of_stdin(ann: Machine) -> None:
    result = ann.run("account", "password", "--stdin", stdin=f"{PASSWORD}\n{NEW_PASSWORD}\n")
    assert result.returncode == 0, result.stderr
    assert "Your password is changed." in result.stderr
    (request,) = ann.get_calls("ChangePassword")
    assert (request["PreviousPassword"], request["ProposedPassword"]) == (PASSWORD, NEW_PASSWORD)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("", 2),
        (f"{PASSWORD}\n", 2),
        (f"{PASSWORD}\n {NEW_PASSWORD}\n", 2),
        (f"wrong\n{NEW_PASSWORD}\n", 5),
        (f"{PASSWORD}\nshort1\n", 5),
    ],
)
def test_password_that_cannot_be_changed_is_said(ann: Machine, lines: str, code: int) -> None:
    result = ann.run("account", "password", "--stdin", stdin=lines)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (code, "", 1)
    for secret in (PASSWORD, NEW_PASSWORD):
        assert secret not in result.stderr


def test_delete_takes_the_users_name_and_forgets_the_session(ann: Machine) -> None:
    result = ann.run("account", "delete", "--yes-delete", "Ann")
    assert (result.returncode, ann.get_calls("DeleteUser")) == (2, [])
    result = ann.run("account", "delete", "--yes-delete", "ann")
    assert (result.returncode, result.stderr) == (0, "Your account is deleted.\n")
    assert ann.sessions.entries() == []
    assert ann.run("account", "show").returncode == 4


# -- exit statuses ----------------------------------------------------------------------------------

ACTIONS = (
    ("show",),
    ("set", "name=Ann"),
    ("verify", "email"),
    ("mfa",),
    ("mfa", "on", "sms"),
    ("devices",),
    ("devices", "forget", "this"),
    ("sessions",),
    ("sessions", "revoke", "--others"),
    ("password", "--stdin"),
    ("delete", "--yes-delete", "ann"),
)


@pytest.mark.parametrize("arguments", ACTIONS, ids=" ".join)
def test_revoked_elsewhere_exits_with_4_and_forgets_the_session(
    ann: Machine, arguments: tuple[str, ...]
) -> None:
    ann.server.call("AdminUserGlobalSignOut", {"UserPoolId": ann.user_pool_id, "Username": "ann"})
    result = ann.run("account", *arguments, stdin=f"{PASSWORD}\n{NEW_PASSWORD}\n")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (4, "", 1)
    assert ann.sessions.entries() == []


@pytest.mark.parametrize("arguments", ACTIONS, ids=" ".join)
def test_without_a_session_it_exits_with_4(machine: Machine, arguments: tuple[str, ...]) -> None:
    result = machine.run("account", *arguments)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (4, "", 1)
    assert machine.server.calls == []


@pytest.mark.parametrize("arguments", ACTIONS, ids=" ".join)
def test_without_a_network_it_exits_with_7(ann: Machine, arguments: tuple[str, ...]) -> None:
    ann.server.stop()
    result = ann.run("account", *arguments, stdin=f"{PASSWORD}\n{NEW_PASSWORD}\n")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (7, "", 1)
    assert ann.sessions.entries()


@pytest.mark.parametrize("arguments", [("password",), ("delete",), ("mfa", "replace-app")], ids=" ".join)
def test_action_that_must_ask_exits_with_10_without_a_terminal(
    ann: Machine, arguments: tuple[str, ...]
) -> None:
    before = len(ann.server.calls)
    result = ann.run("account", *arguments)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (10, "", 1)
    assert "terminal" in result.stderr
    assert len(ann.server.calls) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("set",),
        ("set", "name"),
        ("mfa", "on"),
        ("mfa", "off", "none"),
        ("mfa", "prefer"),
        ("mfa", "replace-app", "app"),
        ("devices", "forget"),
        ("sessions", "revoke"),
        ("sessions", "revoke", "tkn", "--others"),
        ("sessions", "--others"),
        ("passkeys", "delete"),
        ("verify", "name"),
        ("dance",),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(machine: Machine, arguments: tuple[str, ...]) -> None:
    result = machine.run("account", *arguments)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)


def test_pool_without_devices_and_sessions_exits_with_3(machine: Machine) -> None:
    machine.sign_in()
    for action in ("devices", "sessions"):
        result = machine.run("account", action)
        assert (result.returncode, result.stdout) == (3, "")
        assert "This user pool doesn't" in result.stderr


def test_flags_before_and_after_the_action_choose_the_session(ann: Machine) -> None:
    assert ann.run("account", "--username", "bob", "show").returncode == 4
    assert ann.run("account", "show", "--username", "bob").returncode == 4
    assert ann.run("account", "--username", "bob", "show", "--username", "ann").returncode == 0
