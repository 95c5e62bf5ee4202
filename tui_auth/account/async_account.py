"""AsyncAccount: the account of a signed-in user, with coroutines."""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from tui_auth.account.account import Account
from tui_auth.errors import TuiAuthError
from tui_auth.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

P = ParamSpec("P")
T = TypeVar("T")


def _on_thread(
    method: Callable[Concatenate[Account, P], T],
) -> Callable[Concatenate[AsyncAccount, P], Coroutine[Any, Any, T]]:
    """Return a coroutine function that runs a method of Account on a thread."""

    @wraps(method)
    async def run(self: AsyncAccount, *args: P.args, **kwargs: P.kwargs) -> T:
        work = partial(method, self.account, *args, **kwargs)
        try:
            return await in_daemon_thread(work)
        except TuiAuthError as error:
            failure = error.without_secrets()
        finally:
            del args, kwargs, work  # they hold what the call was given
        try:
            raise failure
        finally:
            del failure

    return cast("Callable[Concatenate[AsyncAccount, P], Coroutine[Any, Any, T]]", run)


class AsyncAccount:
    """``Account`` with coroutines, for asyncio. Requests run on threads.

    Every method of ``Account`` is a coroutine here, with the same arguments, results and errors. A call that
    is canceled may take effect all the same.

    Args:
        account: The account, as of ``Session.account``.
    """

    def __init__(self, account: Account) -> None:
        self.account = account

    fetch_user = _on_thread(Account.fetch_user)
    fetch_user_attributes = _on_thread(Account.fetch_user_attributes)
    update_user_attributes = _on_thread(Account.update_user_attributes)
    update_user_attribute = _on_thread(Account.update_user_attribute)
    send_user_attribute_verification_code = _on_thread(Account.send_user_attribute_verification_code)
    confirm_user_attribute = _on_thread(Account.confirm_user_attribute)
    delete_user_attributes = _on_thread(Account.delete_user_attributes)
    update_password = _on_thread(Account.update_password)
    fetch_mfa_preference = _on_thread(Account.fetch_mfa_preference)
    update_mfa_preference = _on_thread(Account.update_mfa_preference)
    set_up_totp = _on_thread(Account.set_up_totp)
    verify_totp_setup = _on_thread(Account.verify_totp_setup)
    fetch_devices = _on_thread(Account.fetch_devices)
    remember_device = _on_thread(Account.remember_device)
    forget_device = _on_thread(Account.forget_device)
    list_user_sessions = _on_thread(Account.list_user_sessions)
    revoke_user_session = _on_thread(Account.revoke_user_session)
    revoke_other_user_sessions = _on_thread(Account.revoke_other_user_sessions)
    list_web_authn_credentials = _on_thread(Account.list_web_authn_credentials)
    delete_web_authn_credential = _on_thread(Account.delete_web_authn_credential)
    start_web_authn_registration = _on_thread(Account.start_web_authn_registration)
    complete_web_authn_registration = _on_thread(Account.complete_web_authn_registration)
    delete_user = _on_thread(Account.delete_user)
