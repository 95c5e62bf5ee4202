"""The Python API: choices and answers, profiles, Amplify files, signatures, coroutines."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.auth.reply_server import ReplyServer, running_reply_server
from tests.scripted_gateway import Reply, ScriptedGateway, challenge, tokens
from tui_auth import (
    AsyncAuth,
    Auth,
    AuthError,
    AuthFactorType,
    CodeMismatchError,
    ConfigurationError,
    ConfirmSignInWithSMSMFACode,
    ConfirmSignUp,
    InvalidStateError,
    MFAType,
    NotAuthorizedError,
    Secret,
    TokenVerificationError,
    describe_step,
)
from tui_auth.auth.app_client import AuthFlow
from tui_auth.auth.error_catalog import error_from_response
from tui_auth.auth.next_step import NEXT_STEPS
from tui_auth.config.settings import PasswordPolicy
from tui_auth.emulator import CognitoEmulator
from tui_auth.emulator.demo_users import provision
from tui_auth.textual import SignIn

POOL, CLIENT = "eu-west-1_Ab12Cd34E", "client1"
FLOW = "USER_PASSWORD_AUTH"
CODE = "731904"
MFA_CHOICE = challenge("SELECT_MFA_TYPE", MFAS_CAN_CHOOSE='["SMS_MFA", "SOFTWARE_TOKEN_MFA", "PIGEON"]')
FACTOR_CHOICE = {**challenge("SELECT_CHALLENGE"), "AvailableChallenges": ["PASSWORD_SRP", "EMAIL_OTP"]}
SETUP_CHOICE = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"]')
TOTP_SETUP = challenge("MFA_SETUP", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')


def start(*replies: Reply) -> tuple[Auth, ScriptedGateway]:
    """Return an Auth whose sign-in has got the first reply."""
    gateway = ScriptedGateway(*replies)
    auth = Auth(POOL, CLIENT, gateway=gateway)
    auth.sign_in("ann", "pw", auth_flow="USER_AUTH" if replies[0] is FACTOR_CHOICE else FLOW)
    return auth, gateway


NO_CHOICES = ("EMAIL", "sms-mfa", "my-password-1!", "", None, 1)
ALLOWED_METHODS = "Choose one of SMS_MFA, SOFTWARE_TOKEN_MFA, PIGEON."


class TestAnswers:
    @pytest.mark.parametrize("answer", [MFAType.SMS, "SMS_MFA", "SMS", Secret("SMS")])
    def test_choice_has_three_spellings(self, answer: Any) -> None:
        auth, gateway = start(MFA_CHOICE, challenge("SMS_MFA"))
        auth.confirm_sign_in(answer)
        assert gateway.calls[-1][1]["ChallengeResponses"]["ANSWER"] == "SMS_MFA"

    @pytest.mark.parametrize("answer", [AuthFactorType.EMAIL_OTP, "EMAIL_OTP"])
    def test_first_factor_is_sent_by_its_name(self, answer: Any) -> None:
        auth, gateway = start(FACTOR_CHOICE, challenge("EMAIL_OTP"))
        auth.confirm_sign_in(answer)
        assert gateway.calls[-1][1]["ChallengeResponses"]["ANSWER"] == "EMAIL_OTP"

    def test_choice_unknown_to_this_version_is_sent_as_it_is(self) -> None:
        auth, gateway = start(MFA_CHOICE, challenge("SMS_MFA"))
        auth.confirm_sign_in("PIGEON")
        assert gateway.calls[-1][1]["ChallengeResponses"]["ANSWER"] == "PIGEON"

    @pytest.mark.parametrize(
        ("reply", "allowed", "answer"),
        [
            *((MFA_CHOICE, ALLOWED_METHODS, answer) for answer in (*NO_CHOICES, MFAType.EMAIL)),
            # Cognito's name of the email factor is that of MFAType.EMAIL, so that is one of the choices here.
            *((FACTOR_CHOICE, "Choose one of PASSWORD_SRP, EMAIL_OTP.", answer) for answer in NO_CHOICES),
        ],
    )
    def test_another_word_is_an_error_before_any_request(
        self, reply: Reply, allowed: str, answer: Any
    ) -> None:
        auth, gateway = start(reply)
        with pytest.raises(InvalidStateError) as raised:
            auth.confirm_sign_in(answer)
        assert raised.value.recovery_suggestion == allowed
        assert "my-password" not in str(raised.value)
        assert len(gateway.calls) == 1

    def test_method_to_set_up_must_be_offered(self) -> None:
        auth, gateway = start(SETUP_CHOICE)
        with pytest.raises(InvalidStateError, match="Choose one of SOFTWARE_TOKEN_MFA, EMAIL_OTP"):
            auth.confirm_sign_in("SMS")
        assert len(gateway.calls) == 1

    @pytest.mark.parametrize("answer", [None, "", Secret(""), 123456])
    @pytest.mark.parametrize(
        "replies",
        [
            (challenge("SMS_MFA"),),
            (challenge("NEW_PASSWORD_REQUIRED"),),
            (TOTP_SETUP, {"SecretCode": "A" * 32, "Session": "2"}),
        ],
    )
    def test_no_answer_is_an_error_before_any_request(self, replies: tuple[Reply, ...], answer: Any) -> None:
        auth, gateway = start(*replies)
        with pytest.raises(InvalidStateError):
            auth.confirm_sign_in(answer)
        assert len(gateway.calls) == len(replies)

    def test_custom_challenge_takes_an_empty_answer_but_not_none(self) -> None:
        auth, gateway = start(challenge("CUSTOM_CHALLENGE"), challenge("CUSTOM_CHALLENGE"))
        with pytest.raises(InvalidStateError):
            auth.confirm_sign_in(None)  # type: ignore[arg-type]
        auth.confirm_sign_in("")
        assert gateway.calls[-1][1]["ChallengeResponses"]["ANSWER"] == Secret("")

    def test_password_for_a_flow_without_one_is_an_error(self) -> None:
        auth = Auth(POOL, CLIENT, gateway=ScriptedGateway())
        with pytest.raises(InvalidStateError, match="takes no password"):
            auth.sign_in("ann", "pw", auth_flow="CUSTOM_WITHOUT_SRP")

    def test_unknown_preferred_factor_is_an_error_that_lists_the_factors(self) -> None:
        auth = Auth(POOL, CLIENT, gateway=ScriptedGateway())
        with pytest.raises(InvalidStateError, match="PASSWORD_SRP, EMAIL_OTP, SMS_OTP, WEB_AUTHN"):
            auth.sign_in("ann", auth_flow="USER_AUTH", preferred_first_factor="zz")


class TestSignUp:
    def test_sign_up_without_a_password_sends_none(self) -> None:
        reply = {"UserConfirmed": False, "CodeDeliveryDetails": {"Destination": "z***@e***"}}
        gateway = ScriptedGateway(reply)
        result = Auth(POOL, CLIENT, gateway=gateway).sign_up(
            "zoe", user_attributes={"email": "zoe@example.org"}, client_metadata={"from": "test"}
        )
        operation, request = gateway.calls[0]
        assert (operation, request["Password"]) == ("SignUp", None)
        assert request["UserAttributes"] == [{"Name": "email", "Value": "zoe@example.org"}]
        assert request["ClientMetadata"] == {"from": "test"}
        assert not result.is_sign_up_complete
        assert isinstance(result.next_step, ConfirmSignUp)

    def test_confirmed_sign_up_has_no_next_step(self) -> None:
        auth = Auth(POOL, CLIENT, gateway=ScriptedGateway({"UserConfirmed": True}))
        result = auth.sign_up("zoe", "pw")
        assert (result.is_sign_up_complete, result.next_step) == (True, None)

    def test_attempt_without_a_password_signs_in_with_what_the_pool_offers(self) -> None:
        gateway = ScriptedGateway({"UserConfirmed": True}, FACTOR_CHOICE)
        Auth(POOL, CLIENT, gateway=gateway).attempt().sign_up("zoe", None, user_attributes={})
        assert gateway.calls[-1][1]["AuthFlow"] == "USER_AUTH"


class TestDescriptions:
    @pytest.mark.parametrize("step", NEXT_STEPS)
    def test_each_step_has_a_description(self, step: type) -> None:
        from tui_auth.auth import step_descriptions

        assert step in step_descriptions._DESCRIPTIONS

    def test_what_is_no_step_is_a_type_error(self) -> None:
        with pytest.raises(TypeError, match="str is no next step"):
            describe_step("SMS_MFA")  # type: ignore[arg-type]

    def test_code_is_described_with_its_destination(self) -> None:
        reply = challenge(
            "SMS_MFA", CODE_DELIVERY_DELIVERY_MEDIUM="SMS", CODE_DELIVERY_DESTINATION="+***01\x1b[2J23"
        )
        auth = Auth(POOL, CLIENT, gateway=ScriptedGateway(reply))
        description = describe_step(auth.sign_in("ann", "pw", auth_flow=FLOW).next_step)
        assert description.text == "Enter the code sent by SMS to +***01[2J23."
        assert (description.is_secret, description.choices) == (False, ())

    def test_choice_and_new_password_say_what_to_give(self) -> None:
        auth = Auth(POOL, CLIENT, gateway=ScriptedGateway(MFA_CHOICE))
        description = describe_step(auth.sign_in("ann", "pw", auth_flow=FLOW).next_step)
        assert description.choices == (MFAType.SMS, MFAType.TOTP, "PIGEON")
        reply = challenge("NEW_PASSWORD_REQUIRED", requiredAttributes='["userAttributes.name"]')
        auth = Auth(POOL, CLIENT, gateway=ScriptedGateway(reply))
        description = describe_step(auth.sign_in("ann", "pw", auth_flow=FLOW).next_step)
        assert (description.is_secret, description.attributes) == (True, ("name",))

    def test_key_of_an_authenticator_app_is_in_the_text_and_not_in_the_repr(self) -> None:
        key = "A" * 32
        gateway = ScriptedGateway(TOTP_SETUP, {"SecretCode": key, "Session": "2"})
        step = Auth(POOL, CLIENT, gateway=gateway).sign_in("ann", "pw", auth_flow=FLOW).next_step
        assert key in describe_step(step).text
        assert key not in repr(describe_step(step))


class TestFiles:
    def test_profile_gives_pool_client_and_flow(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "tui-auth"
        folder.mkdir(mode=0o700)
        config = folder / "config.toml"
        config.write_text(
            f'[profiles.acme]\nuser_pool_id = "{POOL}"\nclient_id = "{CLIENT}"\n'
            f'endpoint_url = "http://127.0.0.1:9"\nauth_flow = "CUSTOM_WITHOUT_SRP"\n'
            'client_metadata = { app = "acme" }\n'
            'username_attributes = ["email"]\npassword_policy = { min_length = 12 }\n'
        )
        config.chmod(0o600)
        environ = {
            "XDG_CONFIG_HOME": str(tmp_path),
            "HOME": str(tmp_path),
            "TUI_AUTH_USER_POOL_ID": "eu-west-1_Other",
            "TUI_AUTH_PROFILE": "other",
        }
        auth = Auth.from_profile("acme", environ=environ)
        assert (auth.client.user_pool_id, auth.client.client_id) == (POOL, CLIENT)
        assert auth.client.endpoint_url == "http://127.0.0.1:9"
        settings = SignIn(auth).settings
        assert (settings.pool, settings.username_label, settings.username_attributes) == (
            "acme",
            "Email",
            ("email",),
        )
        assert settings.password_policy
        assert settings.password_policy.min_length == 12
        auth.gateway = gateway = ScriptedGateway(challenge("CUSTOM_CHALLENGE"))
        auth.sign_in("ann")
        request = gateway.calls[0][1]
        assert (request["AuthFlow"], request["ClientMetadata"]) == ("CUSTOM_AUTH", {"app": "acme"})
        with pytest.raises(ConfigurationError, match=r"^profile: .*“acme”") as raised:
            Auth.from_profile("acmee", environ=environ)
        assert "--" not in str(raised.value), "a program has no flags"

    def test_amplify_file_gives_pool_and_client(self, tmp_path: Path) -> None:
        path = tmp_path / "amplify_outputs.json"
        outputs: dict[str, object] = {"user_pool_id": POOL, "user_pool_client_id": CLIENT}
        outputs |= {"aws_region": "eu-west-1", "username_attributes": ["phone_number"]}
        outputs["password_policy"] = {"min_length": 10, "require_numbers": True}
        path.write_text(json.dumps({"version": "1", "auth": outputs}))
        auth = Auth.from_amplify_file(path)
        assert (auth.client.user_pool_id, auth.client.client_id) == (POOL, CLIENT)
        assert auth.pool
        assert auth.pool.password_policy == PasswordPolicy(min_length=10, require_numbers=True)
        assert auth.pool.username_label == "Phone"

    @pytest.mark.parametrize("content", ["{}", '{"auth": {}}', "nonsense"])
    def test_amplify_file_without_a_pool_is_a_configuration_error(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "amplify_outputs.json"
        path.write_text(content)
        with pytest.raises(ConfigurationError):
            Auth.from_amplify_file(path)


@pytest.fixture(scope="module")
def server() -> Iterator[ReplyServer]:
    with running_reply_server() as running:
        yield running


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign_reply(reply: dict[str, Any], key: rsa.RSAPrivateKey) -> dict[str, Any]:
    """Return the reply of a sign-in with its tokens signed by a key."""
    result = dict(reply["AuthenticationResult"])
    for name in ("AccessToken", "IdToken"):
        claims = jwt.decode(result[name], options={"verify_signature": False})
        result[name] = jwt.encode(claims, key, algorithm="RS256", headers={"kid": "k1"})
    return {"AuthenticationResult": result}


class TestSignatures:
    def sign_in(self, server: ReplyServer, reply: dict[str, Any], **more: Any) -> tuple[Auth, bool]:
        auth = Auth(POOL, CLIENT, endpoint_url=server.url, **more)
        auth.gateway = ScriptedGateway(reply, reply)
        return auth, auth.sign_in("ann", "pw", auth_flow=FLOW).is_signed_in

    def publish(self, server: ReplyServer, key: rsa.RSAPrivateKey) -> None:
        public = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
        server.status, server.reply = 200, json.dumps({"keys": [{**public, "kid": "k1"}]}).encode()
        server.requests.clear()

    def test_keys_are_fetched_once_per_auth(self, server: ReplyServer, key: rsa.RSAPrivateKey) -> None:
        self.publish(server, key)
        auth, is_signed_in = self.sign_in(server, sign_reply(tokens(POOL, CLIENT), key))
        assert is_signed_in
        assert auth.sign_in("ann", "pw", auth_flow=FLOW).is_signed_in
        assert len(server.requests) == 1

    def test_forged_tokens_sign_nobody_in(self, server: ReplyServer, key: rsa.RSAPrivateKey) -> None:
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.publish(server, other)
        with pytest.raises(TokenVerificationError, match="This user pool didn't sign"):
            self.sign_in(server, sign_reply(tokens(POOL, CLIENT), key))
        with pytest.raises(TokenVerificationError):
            self.sign_in(server, tokens(POOL, CLIENT))

    def test_verification_can_be_switched_off(self, server: ReplyServer) -> None:
        server.requests.clear()
        assert self.sign_in(server, tokens(POOL, CLIENT), verify_signatures=False)[1]
        assert not server.requests

    def test_tokens_are_accepted_if_the_keys_cannot_be_fetched(self, server: ReplyServer) -> None:
        server.status, server.reply = 503, b""
        assert self.sign_in(server, tokens(POOL, CLIENT))[1]


class TestAttempts:
    def test_attempts_of_one_auth_are_independent(self) -> None:
        gateway = ScriptedGateway(challenge("SMS_MFA", "1"), challenge("SMS_MFA", "2"), *[{}] * 2)
        auth = Auth(POOL, CLIENT, gateway=gateway)
        first, second = auth.attempt(), auth.attempt()
        for attempt in (first, second):
            attempt.sign_in("ann", None, auth_flow=AuthFlow.USER_AUTH)
        for attempt in (second, first):
            with pytest.raises(AuthError):
                attempt.confirm(CODE)
        sessions = [request["Session"].reveal() for _, request in gateway.calls[2:]]
        assert sessions == ["2", "1"]


class TestAsyncAuth:
    def test_constructor_is_that_of_auth_and_keeps_no_secret(self) -> None:
        assert inspect.signature(AsyncAuth) == inspect.signature(Auth)
        with pytest.raises(ConfigurationError) as raised:
            AsyncAuth("no-pool", CLIENT, "canary-client-secret")
        frames = list(traceback.walk_tb(raised.value.__traceback__))[1:]
        held = [repr(value) for frame, _ in frames for value in frame.f_locals.values()]
        assert not any("canary" in text for text in held)

    async def test_sign_in_step_by_step(self) -> None:
        gateway = ScriptedGateway(challenge("SMS_MFA"), tokens(POOL, CLIENT))
        async with AsyncAuth(POOL, CLIENT, gateway=gateway) as auth:
            result = await auth.sign_in("ann", "pw", auth_flow=FLOW)
            assert isinstance(result.next_step, ConfirmSignInWithSMSMFACode)
            assert (await auth.confirm_sign_in(CODE)).is_signed_in
        assert threading.main_thread() not in gateway.threads

    async def test_whole_sign_in_against_the_emulator(self) -> None:
        with CognitoEmulator() as emulator:
            pool = provision(emulator)
            sam = next(user for user in pool.users if user.username == "sam")
            auth = AsyncAuth(pool.user_pool_id, pool.client_id, endpoint_url=emulator.endpoint_url)
            result = await auth.sign_in("sam", sam.password)
            assert isinstance(result.next_step, ConfirmSignInWithSMSMFACode)
            with pytest.raises(CodeMismatchError):
                await auth.confirm_sign_in("000000")

    async def test_cancelled_call_changes_nothing_afterwards(self) -> None:
        gateway = ScriptedGateway(challenge("SMS_MFA"), tokens(POOL, CLIENT), tokens(POOL, CLIENT))
        auth = AsyncAuth(POOL, CLIENT, gateway=gateway)
        await auth.sign_in("ann", "pw", auth_flow=FLOW)
        gateway.hold()
        task = asyncio.create_task(auth.confirm_sign_in(CODE))
        while len(gateway.calls) < 2:  # noqa: ASYNC110 - the call arrives on a thread
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gateway.release()
        gateway.threads[-1].join()
        assert (await auth.confirm_sign_in(CODE)).is_signed_in, "the step still waits"

    async def test_attempts_run_at_the_same_time(self) -> None:
        gateway = ScriptedGateway(*[challenge("SMS_MFA")] * 20, *[tokens(POOL, CLIENT)] * 20)
        auth = AsyncAuth(POOL, CLIENT, gateway=gateway)
        attempts = [auth.attempt() for _ in range(20)]
        await asyncio.gather(*(attempt.sign_in("ann", "pw", auth_flow=FLOW) for attempt in attempts))
        results = await asyncio.gather(*(attempt.confirm_sign_in(CODE) for attempt in attempts))
        assert all(result.is_signed_in for result in results)
        with pytest.raises(InvalidStateError):
            await auth.confirm_sign_in(CODE)

    @pytest.mark.parametrize(
        "call",
        [
            lambda auth: auth.sign_in("ann", "Canary-password-1!", auth_flow=FLOW),
            lambda auth: auth.confirm_reset_password("ann", "Canary-password-1!", "canary-code"),
            lambda auth: auth.sign_up("ann", "Canary-password-1!"),
        ],
    )
    async def test_error_leads_to_no_secret(self, call: Callable[[AsyncAuth], Any]) -> None:
        error = error_from_response("NotAuthorizedException", "Incorrect username or password.")
        auth = AsyncAuth(POOL, CLIENT, gateway=ScriptedGateway(error))
        with pytest.raises(NotAuthorizedError) as raised:
            await call(auth)
        kept = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
        frames = "\n".join(str(frame.locals) for frame in kept.stack if frame.filename != __file__)
        assert frames
        assert "anary" not in frames
        assert raised.value.__cause__ is None
        assert raised.value.__context__ is None

    def test_methods_are_those_of_auth(self) -> None:
        names = {name for name in dir(Auth) if not name.startswith("_")}
        own = {"default_auth_flow", "default_first_factor", "default_client_metadata"}
        assert names - own - {"fork"} <= set(dir(AsyncAuth))
