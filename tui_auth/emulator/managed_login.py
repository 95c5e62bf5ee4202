"""The managed login pages: /oauth2/authorize, /login, /idp, /oauth2/idpresponse, /logout and /error.

A form is accepted only with the token of its browser's cookie, so that no other site can send it. The cookie
changes with each sign-in. Passwords and challenges go through ``sign_in``, as those of the API do; a page
shows the challenge of a challenge session, whose token is in the form.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from tui_auth.emulator import login_forms, oauth, web
from tui_auth.emulator.errors import CognitoError, not_authorized
from tui_auth.emulator.identity_providers import sign_in_federated_user
from tui_auth.emulator.model import Browser, BrowserSession, ProviderReply
from tui_auth.emulator.oauth import (
    AuthorizationRequest,
    PageError,
    RedirectError,
    issue_code,
    parse_authorization,
)
from tui_auth.emulator.oauth_clients import COGNITO, providers_of
from tui_auth.emulator.pages import Field, Form, Page
from tui_auth.emulator.sign_in import begin_in_browser
from tui_auth.emulator.users import ADDRESS_FORMATS, check_user_status
from tui_auth.emulator.web import OAuthError, WebReply, WebRequest, redirect

if TYPE_CHECKING:
    from tui_auth.emulator.model import AppClient, ChallengeSession, SignIn, User
    from tui_auth.emulator.state import State

SESSION_SECONDS = 3600.0
BROWSER_SECONDS = 86400.0
BROWSER_LIMIT = 1000
_LONGEST_ADDRESS = 100
_MOST_PROVIDER_REPLIES = 8
_EXPIRED_FORM = "This page has expired. Try again."
_EXPIRED_SIGN_IN = "Your sign-in has expired. Sign in again."


def authorize(state: State, request: WebRequest) -> WebReply:
    """Serve GET /oauth2/authorize: to the app with a code, to the login page or to a provider's page."""
    authorization = parse_authorization(state, request)
    session = _session(state, request, authorization)
    if session is not None and "login" not in authorization.prompts:
        return issue_code(state, authorization, session.user, session.auth_time)
    if "none" in authorization.prompts:
        return authorization.error("login_required")
    provider = authorization.provider
    if provider is None and COGNITO not in (providers := providers_of(authorization.client)):
        provider = providers[0] if len(providers) == 1 else None
    if provider in (None, COGNITO):
        return redirect(f"/login?{request.query}")
    return redirect(f"/idp?{_with_provider(request.query, str(provider))}")


def _with_provider(query: str, provider: str) -> str:
    """Return the query of a request that selects a provider, and no longer asks for none."""
    replaced = ("identity_provider", "idp_identifier")
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([*(pair for pair in pairs if pair[0] not in replaced), ("identity_provider", provider)])


def login(state: State, request: WebRequest) -> WebReply:
    """Serve GET /login: the form for the user name and the password, and a link for each provider."""
    authorization = parse_authorization(state, request)
    return _show_login(state, request, authorization, authorization.login_hint)


def _show_login(
    state: State,
    request: WebRequest,
    authorization: AuthorizationRequest,
    username: str = "",
    error: str = "",
    status: int = 200,
) -> WebReply:
    client = authorization.client
    providers = providers_of(client)
    if not providers:
        page = Page("Login pages unavailable", ("The app client has no identity providers.",))
        return page.reply(status=400)
    links = tuple(
        (
            f"Continue with {name}",
            f"/oauth2/authorize?{_with_provider(request.query, name)}",
        )
        for name in providers
        if name != COGNITO
    )
    browser, headers = _visit(state, request)
    form = None
    if COGNITO in providers:
        fields = (
            Field("username", "Username", "username", value=username),
            Field("password", "Password", "current-password", "password"),
        )
        form = Form(f"/login?{request.query}", {"_csrf": browser.csrf_token}, fields, "Sign in")
    lines = (f"to continue to {client.name}",)
    page = Page("Sign in", lines, error, form, links, footer=_footer(authorization))
    return page.reply(authorization.redirect_uri, status).with_headers(**headers)


def _footer(authorization: AuthorizationRequest) -> str:
    return f"Local Cognito emulator · {authorization.client.pool.name}"


def submit_login(state: State, request: WebRequest) -> WebReply:
    """Serve POST /login: the password, or the answer to a challenge."""
    authorization, form = parse_authorization(state, request), request.form
    username, browser = form.get("username", "").strip(), _sender(state, request)
    if browser is None:
        return _show_login(state, request, authorization, username, _EXPIRED_FORM, status=403)
    action, hidden = f"/login?{request.query}", {"_csrf": browser.csrf_token}
    session = None
    try:
        session = _open_challenge(state, authorization.client, form.get("challenge_session"))
        sign_in, following = _continue_sign_in(state, authorization.client, session, form)
    except CognitoError as error:
        if session is None or not login_forms.can_answer_again(state, session):
            return _show_login(state, request, authorization, username, error.message, status=400)
        page = login_forms.challenge_page(session, action, hidden, error.message)
        return page.reply(authorization.redirect_uri, 400)
    if following is None:
        return _sign_in(state, request, authorization, sign_in.user, COGNITO, sign_in.auth_time)
    return login_forms.challenge_page(following, action, hidden).reply(authorization.redirect_uri)


def _open_challenge(state: State, client: AppClient, token: str | None) -> ChallengeSession | None:
    """Return the challenge session of a form, or None for the form with the password."""
    if not token:
        return None
    try:
        return state.challenge_sessions.find(token, client)
    except CognitoError:
        raise not_authorized(_EXPIRED_SIGN_IN) from None


def _continue_sign_in(
    state: State, client: AppClient, session: ChallengeSession | None, form: dict[str, str]
) -> tuple[SignIn, ChallengeSession | None]:
    """Check the password or the answer. Return the next challenge session, or None after the last."""
    if session is not None:
        return session.sign_in, login_forms.answer(state, session, form)
    if COGNITO not in providers_of(client):
        raise not_authorized("The app client doesn't allow users of the user pool to sign in here.")
    username, password = form.get("username", "").strip(), form.get("password", "")
    sign_in, reply = begin_in_browser(state, client, username, password)
    return sign_in, login_forms.session_of(state, reply)


def provider_page(state: State, request: WebRequest) -> WebReply:
    """Serve GET /idp: the sign-in page of a made-up identity provider."""
    return _show_provider(state, request, parse_authorization(state, request))


def _show_provider(
    state: State, request: WebRequest, authorization: AuthorizationRequest, error: str = "", status: int = 200
) -> WebReply:
    if authorization.provider in (None, COGNITO):
        return redirect(f"/login?{request.query}")
    browser, headers = _visit(state, request)
    field = Field("email", "Email address", "email", "email", value=authorization.login_hint)
    hidden = {"_csrf": browser.csrf_token}
    form = Form(f"/idp?{request.query}", hidden, (field,), "Sign in", cancel="Cancel")
    lines = ("A made-up identity provider. Any email address signs in.",)
    page = Page(f"Sign in to {authorization.provider}", lines, error, form, footer=_footer(authorization))
    return page.reply(authorization.redirect_uri, status).with_headers(**headers)


def submit_provider(state: State, request: WebRequest) -> WebReply:
    """Serve POST /idp: lead back to the domain with what the provider asserts, or with Cancel."""
    authorization = parse_authorization(state, request)
    provider, email = authorization.provider, request.form.get("email", "").strip()
    if provider is None or provider == COGNITO:
        return redirect(f"/login?{request.query}")
    browser = _sender(state, request)
    if browser is None:
        return _show_provider(state, request, authorization, _EXPIRED_FORM, 403)
    is_canceled = "cancel" in request.form
    if not is_canceled and (len(email) > _LONGEST_ADDRESS or not ADDRESS_FORMATS["email"].fullmatch(email)):
        return _show_provider(state, request, authorization, "Enter an email address.", 400)
    while len(browser.provider_replies) >= _MOST_PROVIDER_REPLIES:
        del browser.provider_replies[next(iter(browser.provider_replies))]
    key, code = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
    browser.provider_replies[key] = ProviderReply(request.query, code, "" if is_canceled else email)
    result = {"error": "access_denied"} if is_canceled else {"code": code}
    return redirect("/oauth2/idpresponse", **result, state=key)


def provider_response(state: State, request: WebRequest) -> WebReply:
    """Serve GET /oauth2/idpresponse: take what the provider asserts, once, and only for the same browser.

    At AWS a SAML provider posts to /saml2/idpresponse.
    """
    browser, parameters = _find_browser(state, request), request.parameters
    answer = browser.provider_replies.pop(parameters.get("state", ""), None) if browser else None
    if answer is None:
        raise PageError("invalid_request", None)
    authorization = parse_authorization(state, replace(request, query=answer.query))
    provider = str(authorization.provider)
    if "error" in parameters or not answer.email:
        return authorization.error("access_denied", f"{provider} Error - the user canceled the sign-in")
    if not hmac.compare_digest(parameters.get("code", "").encode(), answer.code.encode()):
        return authorization.error("invalid_request", f"{provider} Error - 400 invalid_grant")
    try:
        user = sign_in_federated_user(state, authorization.client, provider, answer.email)
    except CognitoError as error:
        return authorization.error("invalid_request", error.message)
    return _sign_in(state, request, authorization, user, provider, state.clock.now())


def logout(state: State, request: WebRequest) -> WebReply:
    """Serve GET /logout: end the browser's session, then lead to the app or to another sign-in."""
    parameters = request.parameters
    client_id, logout_uri = parameters.get("client_id"), parameters.get("logout_uri")
    client = state.clients.get(client_id or "")
    if client_id is None:
        raise PageError("invalid_request", None)
    if client is None or not client.pool.domains:
        raise PageError("invalid_client", client_id)
    if logout_uri is None:
        parse_authorization(state, request)
        reply = redirect(f"/login?{request.query}")
    elif logout_uri in client.settings.get("LogoutURLs", ()):
        reply = redirect(logout_uri, state=parameters.get("state"))
    else:
        raise PageError("redirect_mismatch", client_id)
    browser = state.browsers.get(request.cookie(_cookie_name(request)))
    if browser is not None:
        browser.sessions.pop(client.pool.id, None)
    return reply


_ERRORS = {
    "redirect_mismatch": "The address to return to isn't one of the app client's callback or sign-out URLs.",
    "invalid_client": "There is no such app client, or its user pool has no domain.",
    "invalid_request": "A parameter is missing, or occurs more than once.",
}


def error_page(state: State, request: WebRequest) -> WebReply:
    """Serve GET /error: what went wrong when the app can't be told."""
    code = request.parameters.get("error", "")
    lines = (_ERRORS.get(code, "Something is wrong with the request."),)
    return Page("An error was encountered with the requested page.", lines, code).reply(status=400)


def _cookie_name(request: WebRequest) -> str:
    """Return the cookie's name. Cookies know no port, so several emulators need several names."""
    return f"cognito-{request.port}" if request.port else "cognito"


def _find_browser(state: State, request: WebRequest) -> Browser | None:
    browser = state.browsers.get(request.cookie(_cookie_name(request)))
    return browser if browser is not None and state.clock.now() < browser.expires_at else None


def _visit(state: State, request: WebRequest) -> tuple[Browser, dict[str, str]]:
    """Return the request's browser and the headers of the reply: a cookie for a new one."""
    browser = _find_browser(state, request)
    if browser is not None:
        return browser, {}
    return _new_browser(state, request, {})


def _new_browser(
    state: State, request: WebRequest, sessions: dict[str, BrowserSession]
) -> tuple[Browser, dict[str, str]]:
    while len(state.browsers) >= BROWSER_LIMIT:
        del state.browsers[next(iter(state.browsers))]
    name, value = _cookie_name(request), secrets.token_urlsafe(32)
    browser = Browser(secrets.token_urlsafe(32), state.clock.now() + BROWSER_SECONDS, sessions)
    state.browsers[value] = browser
    return browser, {"Set_Cookie": f"{name}={value}; Path=/; HttpOnly; SameSite=Lax"}


def _sender(state: State, request: WebRequest) -> Browser | None:
    """Return the browser that sent a form, or None if it isn't one of this browser's pages."""
    browser = _find_browser(state, request)
    token = request.form.get("_csrf", "")
    if browser is None or not hmac.compare_digest(token.encode(), browser.csrf_token.encode()):
        return None
    return browser


def _session(state: State, request: WebRequest, authorization: AuthorizationRequest) -> BrowserSession | None:
    """Return the browser's session if it can sign in to this client with this provider."""
    client, browser = authorization.client, _find_browser(state, request)
    session = browser.sessions.get(client.pool.id) if browser else None
    if session is None or state.clock.now() >= session.expires_at or not client.pool.contains(session.user):
        return None
    if session.provider not in providers_of(client):
        return None
    if authorization.provider not in (None, session.provider):
        return None
    try:
        check_user_status(session.user)
    except CognitoError:
        return None
    return session


def _sign_in(
    state: State,
    request: WebRequest,
    authorization: AuthorizationRequest,
    user: User,
    provider: str,
    auth_time: float,
) -> WebReply:
    """Redirect to the app with a code, and give the browser another cookie, against session fixation."""
    former = state.browsers.pop(request.cookie(_cookie_name(request)), None)
    session = BrowserSession(user, provider, auth_time, state.clock.now() + SESSION_SECONDS)
    sessions = {**(former.sessions if former else {}), authorization.client.pool.id: session}
    _, headers = _new_browser(state, request, sessions)
    return issue_code(state, authorization, user, auth_time).with_headers(**headers)


_Route = Callable[["State", WebRequest], WebReply]
_PAGES: dict[str, dict[str, _Route]] = {
    "/oauth2/authorize": {"GET": authorize},
    "/login": {"GET": login, "POST": submit_login},
    "/idp": {"GET": provider_page, "POST": submit_provider},
    "/oauth2/idpresponse": {"GET": provider_response},
    "/logout": {"GET": logout},
    "/error": {"GET": error_page},
}
_ENDPOINTS: dict[str, dict[str, _Route]] = {
    "/oauth2/token": {"POST": oauth.token},
    "/oauth2/revoke": {"POST": oauth.revoke},
    "/oauth2/userInfo": {"GET": oauth.user_info, "POST": oauth.user_info},
}
PATHS = frozenset({*_PAGES, *_ENDPOINTS})


def serve(state: State, request: WebRequest) -> WebReply:
    """Serve a request of one of ``PATHS``."""
    routes = _PAGES.get(request.path) or _ENDPOINTS[request.path]
    is_page = request.path in _PAGES
    if request.method not in routes:
        is_preflight = request.method == "OPTIONS" and not is_page
        return web.preflight(routes) if is_preflight else web.method_not_allowed(routes)
    try:
        with state.lock:
            state.served += 1
            return routes[request.method](state, request)
    except RedirectError as error:
        return error.reply
    except PageError as error:
        return redirect("/error", error=error.code, client_id=error.client_id)
    except OAuthError as error:
        return redirect("/error", error=error.code) if is_page else oauth.error_reply(request, error)
