"""``tui-auth doctor``: report what works, what doesn't, and what to do. Needs no AWS credentials.

Checks the user pool and its app client: existence, region, clock, secret, and which flows are allowed.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from tui_auth.auth.app_client import FLOWS, OUR_FLOWS, Answer, AppClient, AuthFlow, Verdict, probe_flow
from tui_auth.auth.gateway import Address, CognitoGateway
from tui_auth.auth.tokens import KeysUnreachableError, fetch_keys, keys_url
from tui_auth.cli.machine_checks import Finding, check_machine, note, ok, problem
from tui_auth.cli.output import status_for, write_out
from tui_auth.cli.parser import BROWSER_FLAGS, add_setting_flags
from tui_auth.config.aws_settings import BUNDLE_ADVICE, configured_bundle
from tui_auth.config.files import ConfigurationError, NoPoolError, SourceKind, display_path
from tui_auth.config.resolver import resolve_pool
from tui_auth.config.settings import CHOSEN_WITH_POOL, add_pool_arguments, region_of_pool
from tui_auth.config.settings import FLOWS as AUTH_FLOWS
from tui_auth.endpoint import cognito_url, is_loopback
from tui_auth.errors import AuthError
from tui_auth.exit_codes import ExitCode
from tui_auth.session.state import CLOCK_TOLERANCE_SECONDS
from tui_auth.terminal.safe_text import quote_service, safe_line

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Mapping, Sequence

    from tui_auth.auth.gateway import Gateway
    from tui_auth.config.resolver import ResolvedPool


_BROWSER_FLAGS = ("domain", "redirect_uri", "scopes")
_DESCRIPTION = """\
Checks the pool, its app client, the network, the terminal and the folders, and suggests fixes. It sends one
request for each auth flow, another one if Cognito rejects the client secret, and one to the pool's domain.
The requests use a user name that can't exist, so they count against no user.

Exit status: 0 no problem, 3 configuration, 5 rejected, 7 network, 8 throttled, 9 storage.
"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.description = _DESCRIPTION
    add_pool_arguments(parser)
    checked = {"auth_flow": ("FLOW", f"the auth flow to check for: {', '.join(AUTH_FLOWS)}")}
    add_setting_flags(parser, {**checked, **{name: BROWSER_FLAGS[name] for name in _BROWSER_FLAGS}})
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: Namespace) -> int:
    """Run every check and return the exit status of the first problem, or 0."""
    findings = []
    for finding in _check_all(arguments):
        findings.append(finding)
        if not arguments.json and write_out(finding.as_text()):
            return ExitCode.INTERNAL_ERROR
    if arguments.json and write_out(json.dumps(report_as_json(findings), indent=2) + "\n"):
        return ExitCode.INTERNAL_ERROR
    return exit_status(findings)


def _check_all(arguments: Namespace) -> Iterator[Finding]:
    try:
        choice = resolve_pool(vars(arguments), current_session=_last_session_settings)
    except ConfigurationError as error:
        for sentence in error.notes if isinstance(error, NoPoolError) else ():
            yield note("note", sentence)
        yield problem("pool", str(error), "Fix this first. The pool isn't checked until then.")
        yield from check_network(cognito_url("us-east-1"))
        yield from check_machine()
        return
    for sentence in choice.notes:
        yield note("note", sentence)
    yield from check_choice(choice)
    url = choice.endpoint_url or cognito_url(choice.region or "")
    # Before the pool: a wrong proxy or CA file explains why the pool can't be reached.
    yield from check_network(url)
    try:
        gateway = CognitoGateway(Address(choice.region or "", choice.endpoint_url))
        yield from check_pool(choice, gateway, url)
        yield from check_managed_login(choice)
    except AuthError as error:
        yield problem("reachable", error.message, error.recovery_suggestion)
    yield from check_machine()


def _last_session_settings() -> Mapping[str, Any] | None:
    """Return the settings of the last sign-in, or None; the folder checks report if they can't be read."""
    from tui_auth.session.sessions import Sessions
    from tui_auth.storage.files import StorageError

    try:
        return Sessions().current_settings()
    except StorageError:
        return None


def report_as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    status = exit_status(findings)
    return {"ok": status == 0, "status": status, "checks": [finding.as_json() for finding in findings]}


def exit_status(findings: Sequence[Finding]) -> int:
    """Return the exit status of the first problem, or 0 if there is none."""
    return next((finding.status for finding in findings if finding.status), 0)


def check_network(url: str, environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Check the proxy and the CA certificates for requests to ``url``, without sending one."""
    yield _check_proxy(environ, url)
    bundle = configured_bundle(environ)
    if bundle is None:
        yield ok("CA", "the default certificate authorities")
    elif fault := bundle.problem:
        yield problem("CA", fault, BUNDLE_ADVICE)
    else:
        yield ok("CA", f"{display_path(Path(bundle.path))} from {bundle.setting}")


def _check_proxy(environ: Mapping[str, str], url: str) -> Finding:
    """Report the proxy boto3 uses: urllib's for the URL's scheme, unless NO_PROXY lists the host."""
    scheme, host = urlsplit(url).scheme, urlsplit(url).netloc
    name = next((name for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY") if name in environ), "")
    proxy = getproxies().get(scheme)
    if is_loopback(url):
        return ok("proxy", "none: the endpoint is on this computer")
    if not proxy:
        unused = next((name for name in ("all_proxy", "ALL_PROXY") if environ.get(name)), "")
        if unused:
            return note("proxy", f"none: {unused} is ignored", "Set HTTPS_PROXY if you need a proxy.")
        return ok("proxy", "none")
    if proxy_bypass(host):
        return ok("proxy", f"none for {safe_line(host, limit=80)}, because of NO_PROXY")
    return ok("proxy", f"{_without_credentials(proxy)} from {name or 'the system'}")


def _without_credentials(url: str) -> str:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        place = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        return safe_line(f"{parts.scheme}://{place}", limit=200)
    except ValueError:
        return "an invalid URL"


def check_managed_login(choice: ResolvedPool) -> Iterator[Finding]:
    """Check domain, callback and app client of a sign-in in a browser with one request, and the port here.

    Raises:
        AuthError: The domain or the redirect URI can't be one (kind CONFIGURATION).
    """
    if not choice.browser.get("domain"):
        if choice.auth_flow == AuthFlow.BROWSER:
            yield problem(
                "domain", "none, but the flow is BROWSER", "Specify the user pool's domain with --domain."
            )
        return
    from tui_auth.auth.browser_listener import find_port_problem
    from tui_auth.auth.managed_login import ManagedLogin
    from tui_auth.auth.token_endpoint import probe_login

    login = ManagedLogin.from_settings(choice.browser, choice.region or "")
    redirect_uri = safe_line(login.redirect_uri, limit=100)
    if error := probe_login(login, choice.client_id):
        if choice.auth_flow == AuthFlow.BROWSER or choice.origins["domain"].kind is SourceKind.FLAG:
            yield problem("domain", error.message, error.recovery_suggestion, status_for(error))
        else:  # an Amplify file may have a domain that nobody uses from a terminal
            yield note("domain", error.message, error.recovery_suggestion)
    else:
        yield ok("domain", f"{safe_line(login.host, limit=100)} takes this app client and {redirect_uri}")
    if not is_loopback(login.redirect_uri):
        yield note("callback", f"{redirect_uri} isn't on this computer, so the answer must be pasted")
    elif port_problem := find_port_problem(login.redirect_uri):
        yield note("callback", port_problem, "Until it is free, the answer must be pasted.")
    else:
        yield ok("callback", f"the port of {redirect_uri} is free")


_SECRET_ACCEPTED = (Verdict.ALLOWED, Verdict.NO_TRIGGERS, Verdict.NOT_ALLOWED)
"""Verdicts that Cognito reaches only after it has accepted the secret, or its absence."""

_FLOW_FAULTS = {
    Verdict.NO_TRIGGERS: (
        "allowed, but the pool has no Lambda triggers for it",
        "",
        "Add the custom authentication triggers to the pool.",
    ),
    Verdict.NOT_ALLOWED: (
        "not allowed by this app client",
        ", but used ({})",
        "Add ALLOW_{} to the app client's authentication flows in the Cognito console.",
    ),
}
"""What is wrong with a flow, what is added if it's the chosen one, and the cure for that."""


def check_choice(choice: ResolvedPool) -> Iterator[Finding]:
    """Report the chosen pool, and check that the region is the pool's."""
    yield ok(
        "pool",
        f"{choice.user_pool_id} from {choice.origins['user_pool_id']}, "
        f"app client {choice.client_id} from {choice.origins['client_id']}",
    )
    yield _check_region(choice)
    if choice.endpoint_url:
        url = safe_line(choice.endpoint_url, limit=100)
        yield note("endpoint", f"{url} from {choice.origins['endpoint_url']}, instead of AWS")


def _check_region(choice: ResolvedPool) -> Finding:
    own, origin = region_of_pool(choice.user_pool_id), choice.origins["region"]
    if own is None and choice.endpoint_url is None:
        return problem(
            "region",
            "none: this is the pool ID of a local emulator",
            "Specify its address with --endpoint-url.",
        )
    if own is None:
        is_derived = origin.kind is SourceKind.DERIVED
        return note("region", "the pool ID has none" if is_derived else f"{choice.region} from {origin}")
    if choice.region == own:
        return ok("region", f"{own}, from the pool ID")
    conflict, cure = f"{choice.region} from {origin}, but the pool is in {own}", "the pool ID has it."
    if origin.kind in CHOSEN_WITH_POOL:
        return note("region", conflict, f"Unless it is a replica's, remove the region; {cure}")
    return problem("region", conflict, f"Remove the region; {cure}")


def check_pool(choice: ResolvedPool, gateway: Gateway, url: str) -> Iterator[Finding]:
    """Check the pool behind a gateway (at ``url``) with one probe per flow, and with its published keys."""
    client = AppClient(choice.user_pool_id, choice.client_id, choice.client_secret)
    answers: list[Answer] = []
    for flow in FLOWS:
        answers.append(probe_flow(gateway, client, flow))
        if answers[-1].verdict.is_final:
            break
    last = answers[-1]
    if last.verdict is Verdict.UNREACHABLE and last.error:
        host = safe_line(urlsplit(url).netloc, limit=100)
        message = f"{last.error.message.removesuffix('.')} ({host})."
        yield problem("reachable", message, last.error.recovery_suggestion, status_for(last.error))
        return
    yield ok("reachable", "Cognito replies")
    yield _check_clock(gateway.clock_offset)
    yield _check_keys(choice)
    if last.verdict is Verdict.NO_SUCH_CLIENT:
        yield problem(
            "client",
            "no app client has this ID in this region",
            "Check --client-id under App clients in the Cognito console. The app client may belong to a pool "
            "in another region, or may have been deleted.",
        )
        return
    if all(answer.verdict is Verdict.UNCLEAR for answer in answers):
        yield _report_unclear("client", "couldn't check if the app client exists", answers[0])
        return
    yield ok("client", "the app client exists; only a sign-in shows whether it belongs to this pool")
    yield _check_secret(choice, _refine_verdicts(gateway, client, answers))
    if not last.verdict.is_final:
        yield from _check_flows(choice, answers)


def _check_clock(offset: float | None) -> Finding:
    if offset is None:
        return note("clock", "the reply has no date to compare with")
    if abs(offset) <= CLOCK_TOLERANCE_SECONDS:
        return ok("clock", f"within {max(1, round(abs(offset)))} s of Cognito's")
    direction = "behind" if offset > 0 else "ahead of"
    return note(
        "clock",
        f"this computer's clock is {round(abs(offset))} s {direction} Cognito's",
        "Run `timedatectl set-ntp true`, in WSL `sudo hwclock -s`. Codes generated here are wrong.",
    )


def _check_keys(choice: ResolvedPool) -> Finding:
    try:
        fetch_keys(keys_url(choice.user_pool_id, choice.endpoint_url))
    except KeysUnreachableError as error:
        if error.is_of_missing_pool(choice.endpoint_url):
            return problem(
                "pool keys",
                "no user pool has this ID",
                "Check --user-pool-id in the Cognito console. With a wrong ID every password is rejected.",
            )
        return note("pool keys", "couldn't fetch the pool's public keys, so the pool ID isn't checked")
    except AuthError as error:
        return note("pool keys", error.message, error.recovery_suggestion)
    return ok("pool keys", "the pool publishes its keys")


def _refine_verdicts(gateway: Gateway, client: AppClient, answers: list[Answer]) -> set[Verdict]:
    """Return the verdicts; after a rejected secret, probe again without it.

    Cognito has one message for a wrong secret and for one that the app client doesn't have.
    """
    verdicts = {answer.verdict for answer in answers}
    if Verdict.SECRET_WRONG in verdicts and client.client_secret:
        without = probe_flow(gateway, replace(client, client_secret=None), answers[-1].flow).verdict
        if without is Verdict.SECRET_MISSING:
            return {Verdict.SECRET_WRONG}
        if without in _SECRET_ACCEPTED:
            return {Verdict.SECRET_NOT_WANTED}
        return {Verdict.SECRET_WRONG, Verdict.SECRET_NOT_WANTED}
    return verdicts


def _check_secret(choice: ResolvedPool, verdicts: set[Verdict]) -> Finding:
    file = choice.origins.get("client_secret_file")
    secret = f"the secret from {file}" if file else "the secret"
    compare = "Compare it with the app client's page in the Cognito console"
    if Verdict.SECRET_MISSING in verdicts:
        advice = "Put it in the first line of a file that only you can read, and specify the file with"
        message = "this app client has a secret, but none is specified"
        return problem("secret", message, f"{advice} --client-secret-file.")
    if {Verdict.SECRET_WRONG, Verdict.SECRET_NOT_WANTED} <= verdicts:
        message = f"{secret} is wrong, or this app client has none"
        return problem("secret", message, f"{compare}. Leave it out if there is none.")
    if Verdict.SECRET_WRONG in verdicts:
        return problem("secret", f"{secret} is wrong for this app client", f"{compare}.")
    if Verdict.SECRET_NOT_WANTED in verdicts:
        advice = "Leave it out, or specify the app client that it belongs to."
        return problem("secret", f"this app client has none, so {secret} must be left out", advice)
    if not verdicts & {Verdict.ALLOWED, Verdict.NO_TRIGGERS}:
        return note("secret", "can't be checked because no flow is allowed")
    return ok("secret", f"the secret from {file} is right" if choice.client_secret else "not needed")


def _check_flows(choice: ResolvedPool, answers: list[Answer]) -> Iterator[Finding]:
    chosen = choice.auth_flow or "USER_SRP_AUTH"
    usable = [
        flow
        for answer in answers
        if answer.verdict is Verdict.ALLOWED
        for flow in OUR_FLOWS.get(answer.flow, (answer.flow,))
    ]
    others = f" Or use an allowed one with --auth-flow: {', '.join(usable)}." if usable else ""
    for answer in answers:
        subject, is_chosen = f"flow {answer.flow}", AuthFlow(chosen).api_name == answer.flow
        if answer.verdict is Verdict.ALLOWED:
            names = " and ".join(OUR_FLOWS.get(answer.flow, ()))
            for_flag = f" (--auth-flow {names})" if names else ""
            yield ok(subject, f"allowed{for_flag}" + (", and used" if is_chosen else ""))
        elif answer.verdict in _FLOW_FAULTS:
            fault, use, cure = _FLOW_FAULTS[answer.verdict]
            cure = cure.format(answer.flow) + others
            yield problem(subject, fault + use.format(chosen), cure) if is_chosen else note(subject, fault)
        elif is_chosen:
            yield _report_unclear(subject, "couldn't check whether it is allowed", answer)
        else:
            yield note(subject, f"couldn't be checked: {answer.error.message}" if answer.error else "")


def _report_unclear(subject: str, question: str, answer: Answer) -> Finding:
    """Report a question that an answer leaves open, and why."""
    error = answer.error
    if error is None:
        return note(subject, question)
    advice = error.recovery_suggestion or "Try again in a moment."
    quote = f" {quote_service(error.quote)}" if error.quote else ""
    return problem(subject, f"{question}: {error.message}{quote}", advice, status_for(error))
