"""The Python API: ``Auth`` and ``AsyncAuth``, which also read profiles and Amplify files.

Above ``auth``, which knows no file and is used by the program itself. Nothing here opens a screen, reads
stdin, prints or logs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from tui_auth.auth import auth as base
from tui_auth.auth import next_step
from tui_auth.config.aws_settings import effective_endpoint
from tui_auth.errors import ConfigurationError, TuiAuthError, drops_secrets
from tui_auth.session_api import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Self

    from tui_auth.auth.app_client import AuthFlow
    from tui_auth.auth.auth import BrowserSignIn
    from tui_auth.auth.challenges import Answer
    from tui_auth.auth.devices import Device
    from tui_auth.auth.gateway import Gateway
    from tui_auth.auth.next_step import (
        AuthFactorType,
        DeliveryDetails,
        ResetPasswordResult,
        SignInResult,
        SignUpResult,
    )
    from tui_auth.auth.tokens import KeySet, Tokens
    from tui_auth.auth.trace import CallTrace
    from tui_auth.config.resolver import ResolvedPool
    from tui_auth.secret import Secret

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True)
class Done(next_step.Done):
    """Signed in.

    Attributes:
        tokens: The tokens.
        claims: Their checked claims.
        device: This machine as Cognito knows it, if the pool tracks devices.
        asks_to_remember_device: True if the user decides whether the pool remembers the device
            (``Auth.remember_device``).
        session: The session, in memory until it is saved.
    """

    session: Session = field(kw_only=True, repr=False, compare=False)


class Auth(base.Auth):
    """Sign in to one app client of one user pool.

    Every method raises AuthError if Cognito rejects a call or no reply comes. For several users at once, give
    each an ``attempt()``.

    Args:
        user_pool_id: The pool, such as "eu-west-1_Ab12Cd34E".
        client_id: The app client.
        client_secret: The client secret, for a client that has one.
        endpoint_url: The endpoint in place of AWS's own, for a local emulator.
        region: The region in place of the one in the pool ID.
        verify_signatures: Whether to check that the pool signed the tokens. Its keys (JWKS) are fetched once
            and stay in memory. As in the command line, tokens are accepted if the keys can't be fetched.
        gateway: Where to send calls in place of boto3, for tests. Signatures are not checked then.
        trace: Where to record calls, by name only.
        domain: The user pool's domain, for ``sign_in_with_browser``: a URL, a host, or its prefix.
        redirect_uri: The callback URL that the browser ends at; by default http://localhost:47831/.

    Raises:
        ConfigurationError: An ID or the endpoint can't be one. It is an AuthError too.
    """

    @drops_secrets
    def __init__(
        self,
        user_pool_id: str,
        client_id: str,
        client_secret: str | Secret | None = None,
        endpoint_url: str | None = None,
        region: str | None = None,
        *,
        verify_signatures: bool = True,
        gateway: Gateway | None = None,
        trace: CallTrace | None = None,
        domain: str | None = None,
        redirect_uri: str | None = None,
    ) -> None:
        super().__init__(
            user_pool_id,
            client_id,
            client_secret,
            endpoint_url,
            region,
            gateway=gateway,
            trace=trace,
            domain=domain,
            redirect_uri=redirect_uri,
        )
        self._endpoint_url = endpoint_url
        self._keys = _PoolKeys(user_pool_id, endpoint_url) if verify_signatures and gateway is None else None
        self._origin: dict[str, str] = {}
        self.pool: ResolvedPool | None = None
        """What the profile or the Amplify file says about the pool; None without one."""
        self._finish = self._add_session

    @classmethod
    @drops_secrets
    def from_profile(cls, name: str, *, environ: Mapping[str, str] = os.environ) -> Self:
        """Return an Auth with the settings of a profile: pool, client and its secret, flow, first factor.

        Args:
            name: The profile in config.toml.
            environ: Where config.toml is looked for. ``TUI_AUTH_*`` variables don't count.

        Raises:
            ConfigurationError: The profile doesn't exist, or a value or a file can't be used.
        """
        from tui_auth.config.files import with_argument_names
        from tui_auth.config.resolver import resolve_pool

        variables = {key: value for key, value in environ.items() if not key.startswith("TUI_AUTH_")}
        try:
            pool = resolve_pool({"profile": name}, variables)
        except ConfigurationError as error:
            raise with_argument_names(error) from None
        return cls._from_pool(pool)

    @classmethod
    @drops_secrets
    def from_amplify_file(cls, path: str | os.PathLike[str]) -> Self:
        """Return an Auth for the pool of an Amplify file, such as ``amplify_outputs.json``.

        Args:
            path: The file of either generation of Amplify, by one of its usual names.

        Raises:
            ConfigurationError: The file can't be read, or specifies no user pool and app client.
        """
        from tui_auth.config.amplify import read_amplify_file
        from tui_auth.config.resolver import ResolvedPool
        from tui_auth.config.settings import BROWSER_SETTINGS, PasswordPolicy

        file = read_amplify_file(Path(path).absolute())
        entries = file.settings if file else {}
        settings: dict[str, Any] = {name: entry.value for name, entry in entries.items()}
        if file is None or not settings.keys() >= {"user_pool_id", "client_id"}:
            raise ConfigurationError("The Amplify file specifies no user pool and app client.")
        if secret := file.client_secret:
            settings |= {"client_secret": secret, "client_secret_file": file.path}
        if policy := settings.pop("password_policy", None):
            settings["password_policy"] = PasswordPolicy.from_setting(policy)
        browser = {name: settings.pop(name) for name in BROWSER_SETTINGS if name in settings}
        return cls._from_pool(ResolvedPool(**settings, browser=browser))

    @classmethod
    def _from_pool(cls, pool: ResolvedPool) -> Self:
        auth = cls(pool.user_pool_id, pool.client_id, pool.client_secret, pool.endpoint_url, pool.region)
        auth.pool = pool
        auth.default_auth_flow = pool.auth_flow or auth.default_auth_flow
        auth.default_first_factor = pool.preferred_first_factor
        auth.default_client_metadata = pool.client_metadata
        names = ("client_secret_file", "identity_pool_id", "profile")
        auth._origin = {name: str(value) for name in names if (value := getattr(pool, name))}
        if pool.browser.get("domain"):
            from tui_auth.auth.managed_login import ManagedLogin

            auth.managed_login = ManagedLogin.from_settings(pool.browser, auth.client.region)
        return auth

    def _add_session(self, done: next_step.Done, username: str) -> Done:
        """Check the tokens' signatures, and return Done with its session.

        Args:
            done: What the sign-in led to.
            username: The user name as typed.

        Raises:
            TokenVerificationError: The pool didn't sign the tokens.
        """
        from tui_auth.session.record import SessionOrigin, SessionRecord, browser_origin
        from tui_auth.session.unsaved import UnsavedSession

        is_checked = self._keys is not None and self._keys.verify(done.tokens)
        origin = SessionOrigin(
            user_pool_id=self.client.user_pool_id,
            client_id=self.client.client_id,
            region=self.client.region,
            endpoint=effective_endpoint(self._endpoint_url),
            signed_in_as=username,
            **self._origin,
            **browser_origin(self.managed_login, done),
        )
        record = SessionRecord.from_sign_in(
            done, origin, server_time=self.gateway.now(), signature_checked=is_checked
        )
        unsaved = UnsavedSession(record, self.client, self.gateway, self.pool)
        return Done(**vars(done), session=Session(record.selectors, unsaved=unsaved))


class _PoolKeys:
    """The keys of one pool in memory: fetched once, and again for an unknown key. Thread-safe."""

    def __init__(self, user_pool_id: str, endpoint_url: str | None) -> None:
        self._user_pool_id = user_pool_id
        self._endpoint_url = endpoint_url
        self._keys: KeySet | None = None
        self._lock = Lock()

    def verify(self, tokens: Tokens) -> bool:
        """Return True if the pool signed both tokens, False if its keys can't be fetched.

        Raises:
            TokenVerificationError: The pool didn't sign them.
        """
        from tui_auth.auth.tokens import (
            KeysUnreachableError,
            UnknownKeyError,
            WrongSignatureError,
            not_signed_error,
        )

        try:
            try:
                return self._check(tokens, self._known_keys())
            except UnknownKeyError:  # pools rotate their keys
                return self._check(tokens, self._known_keys(again=True))
        except KeysUnreachableError:
            return False
        except (WrongSignatureError, UnknownKeyError):
            raise not_signed_error() from None

    def _check(self, tokens: Tokens, keys: KeySet) -> bool:
        from tui_auth.auth.tokens import check_signature

        check_signature(tokens.access_token, keys)
        check_signature(tokens.id_token, keys)
        return True

    def _known_keys(self, *, again: bool = False) -> KeySet:
        from tui_auth.auth.tokens import fetch_keys, keys_url

        with self._lock:
            if self._keys is None or again:
                self._keys = fetch_keys(keys_url(self._user_pool_id, self._endpoint_url))
            return self._keys


def _with_arguments_of(
    owner: Callable[P, object],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Any, P], None]]:
    """Decorate a constructor that takes the arguments of another class, for type checkers and ``help``."""

    def decorate(constructor: Callable[..., None]) -> Callable[Concatenate[Any, P], None]:
        vars(constructor)["__wrapped__"] = vars(owner)["__init__"]
        return constructor

    return decorate


class AsyncAuth:
    """``Auth`` with coroutines, for asyncio. Requests run on threads.

    A call that is canceled no longer counts: its late reply changes nothing. Arguments, results and errors
    are those of ``Auth``::

        async with AsyncAuth("eu-west-1_Ab12Cd34E", "client-id") as auth:
            result = await auth.sign_in("ann", password)
    """

    @_with_arguments_of(Auth)
    @drops_secrets
    def __init__(self, *args: Any, **options: Any) -> None:
        self._auth = Auth(*args, **options)

    @classmethod
    def from_profile(cls, name: str, *, environ: Mapping[str, str] = os.environ) -> Self:
        """Return an AsyncAuth with the settings of a profile; see ``Auth.from_profile``."""
        return cls._of(Auth.from_profile(name, environ=environ))

    @classmethod
    def from_amplify_file(cls, path: str | os.PathLike[str]) -> Self:
        """Return an AsyncAuth for the pool of an Amplify file; see ``Auth.from_amplify_file``."""
        return cls._of(Auth.from_amplify_file(path))

    @classmethod
    def _of(cls, auth: Auth) -> Self:
        new = cls.__new__(cls)
        vars(new)["_auth"] = auth
        return new

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Do nothing: a connection closes with the program."""

    def attempt(self) -> Self:
        """Return an AsyncAuth with its own sign-in and the same connection, for several users at once."""
        return self._of(self._auth.fork(keeps_sign_in=False))

    def sign_in(
        self,
        username: str,
        password: str | Secret | None = None,
        *,
        auth_flow: AuthFlow | str | None = None,
        preferred_first_factor: AuthFactorType | str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        device: Device | None = None,
    ) -> Coroutine[Any, Any, SignInResult]:
        """Start a sign-in; see ``Auth.sign_in``."""
        options = {
            "auth_flow": auth_flow,
            "preferred_first_factor": preferred_first_factor,
            "client_metadata": client_metadata,
            "device": device,
        }
        return self._run(lambda auth: auth.sign_in(username, password, **options))  # type: ignore[arg-type]

    def sign_in_with_browser(self, provider: str | None = None, **options: Any) -> AsyncBrowserSignIn:
        """Start a sign-in in a browser; see ``Auth.sign_in_with_browser``. Sends nothing yet."""
        return AsyncBrowserSignIn(self._auth.sign_in_with_browser(provider, **options))

    def confirm_sign_in(
        self,
        answer: Answer,
        *,
        user_attributes: Mapping[str, str] | None = None,
        friendly_device_name: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> Coroutine[Any, Any, SignInResult]:
        """Answer the current step; see ``Auth.confirm_sign_in``."""
        return self._run(
            lambda auth: auth.confirm_sign_in(
                answer,
                user_attributes=user_attributes,
                friendly_device_name=friendly_device_name,
                client_metadata=client_metadata,
            )
        )

    def sign_up(
        self,
        username: str,
        password: str | Secret | None = None,
        *,
        user_attributes: Mapping[str, str] | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> Coroutine[Any, Any, SignUpResult]:
        """Create an account; see ``Auth.sign_up``."""
        return self._run(
            lambda auth: auth.sign_up(
                username, password, user_attributes=user_attributes, client_metadata=client_metadata
            )
        )

    def confirm_sign_up(self, username: str, code: str | Secret) -> Coroutine[Any, Any, SignUpResult]:
        """Confirm a sign-up; see ``Auth.confirm_sign_up``."""
        return self._run(lambda auth: auth.confirm_sign_up(username, code))

    def resend_sign_up_code(self, username: str) -> Coroutine[Any, Any, DeliveryDetails]:
        """Send another sign-up code; see ``Auth.resend_sign_up_code``."""
        return self._run(lambda auth: auth.resend_sign_up_code(username))

    def reset_password(self, username: str) -> Coroutine[Any, Any, ResetPasswordResult]:
        """Send a reset code; see ``Auth.reset_password``."""
        return self._run(lambda auth: auth.reset_password(username))

    def confirm_reset_password(
        self, username: str, new_password: str | Secret, code: str | Secret
    ) -> Coroutine[Any, Any, None]:
        """Set a new password; see ``Auth.confirm_reset_password``."""
        return self._run(lambda auth: auth.confirm_reset_password(username, new_password, code))

    def remember_device(self, done: next_step.Done) -> Coroutine[Any, Any, None]:
        """Have the pool remember this machine; see ``Auth.remember_device``."""
        return self._run(lambda auth: auth.remember_device(done))

    async def _run(self, call: Callable[[Auth], T]) -> T:
        """Make a call on a thread, on a copy that replaces this one only if somebody waited for the end."""
        from tui_auth.threads import in_daemon_thread

        auth = self._auth.fork()
        work = partial(call, auth)
        try:
            result = await in_daemon_thread(work)
        except TuiAuthError as error:
            failure = error.without_secrets()
        else:
            self._auth = auth
            return result
        finally:
            del call, work  # they hold what the call was given
        self._auth = auth
        try:
            raise failure
        finally:
            del failure


class AsyncBrowserSignIn:
    """A sign-in in a browser that waits for its answer; see ``BrowserSignIn``, whose attributes it has."""

    def __init__(self, sign_in: BrowserSignIn) -> None:
        self._sign_in = sign_in
        self.url, self.short_url, self.redirect_uri = sign_in.url, sign_in.short_url, sign_in.redirect_uri

    async def complete(self, address: str | Secret) -> SignInResult:
        """Take the address that the browser ended at; see ``BrowserSignIn.complete``."""
        from tui_auth.threads import in_daemon_thread

        work = partial(self._sign_in.complete, address)
        del address
        try:
            return await in_daemon_thread(work)
        except TuiAuthError as error:
            failure = error.without_secrets()
        finally:
            del work  # it holds the code
        try:
            raise failure
        finally:
            del failure

    async def listen(self, timeout: float | None = None) -> SignInResult:  # noqa: ASYNC109 - as BrowserSignIn
        """Wait on this machine for the browser; see ``BrowserSignIn.listen``. Can be canceled."""
        from tui_auth.threads import in_daemon_thread

        with self._sign_in.open_listener(timeout) as listener:
            address = await in_daemon_thread(listener.wait)
            return await self.complete(base.answer_of(address))
