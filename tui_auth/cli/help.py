"""The texts of ``--help``: commands, their synonyms and examples. Every command imports it."""

from __future__ import annotations

PROGRAM = "tui-auth"
COMMANDS = {
    "sign-in": ("sign_in", "sign in to a user pool; the default command"),
    "token": ("token", "print a valid token and nothing else"),
    "header": ("token", "print “Authorization: Bearer …” for curl -H @-"),
    "exec": ("exec", "run a command with a token in its environment"),
    "aws-credentials": ("aws_credentials", "print AWS credentials from the identity pool"),
    "kube-credential": ("token", "print an ExecCredential for kubectl"),
    "status": ("status", "show who is signed in, to which pool, and for how long"),
    "account": ("account", "show and change your account: password, factors, devices"),
    "sign-out": ("sign_out", "end the session at Cognito and on this computer"),
    "profile": ("profile", "manage named pool configurations"),
    "doctor": ("doctor", "check the pool, network and terminal, and suggest fixes"),
    "completion": ("completion", "print the completion script for bash, zsh or fish"),
    "demo": ("demo", "try every sign-in step with a local user pool"),
    "pool": ("pool", "run a local user pool for tests and scripts"),
}
"""The module of each command and its summary in the help."""

SYNONYMS = {
    **dict.fromkeys(("login", "log-in", "signin", "auth"), "sign-in"),
    **dict.fromkeys(("logout", "log-out", "signout"), "sign-out"),
    **dict.fromkeys(("whoami", "who", "info", "session", "list"), "status"),
    **dict.fromkeys(("help", "?"), "--help"),
    **dict.fromkeys(("version", "-v"), "--version"),
    **dict.fromkeys(("profiles", "config", "configure"), "profile"),
    **dict.fromkeys(("run", "env"), "exec"),
    **dict.fromkeys(("emulator", "server", "serve"), "pool"),
    "refresh": "token --force-refresh",
    "credentials": "aws-credentials",
    "kubectl": "kube-credential",
    "check": "doctor",
}
"""What other programs call these commands and flags."""

Examples = tuple[tuple[str, str], ...]
"""Pairs of a shell line and what it does; empty where the line is clear without."""

_IDS = "--user-pool-id eu-west-1_Ab12Cd34E --client-id 1example23456789"

PROGRAM_EXAMPLES: Examples = (
    ("tui-auth", "sign in to this project's pool, or choose one"),
    ("tui-auth --profile acme", "sign in to a named pool"),
    ("tui-auth demo", "try every step; needs no AWS account"),
    ("tui-auth doctor", "find out what is wrong"),
    ("tui-auth header | curl -H @- https://api.example.com/orders", ""),
)

COMMAND_EXAMPLES: dict[str, Examples] = {
    "sign-in": (
        ("tui-auth sign-in", "to the pool of this Amplify project, or choose one"),
        ("tui-auth sign-in --profile acme --username ann", ""),
        (f"tui-auth {_IDS}", ""),
        ("pass acme | tui-auth sign-in --username ann --password-stdin", ""),
    ),
    "token": (
        ("TOKEN=$(tui-auth token)", "sign in first if necessary"),
        ("tui-auth token --type id --min-ttl 10m", ""),
        ("tui-auth token --profile acme --login never", "fail if not signed in"),
    ),
    "header": (
        ("tui-auth header | curl -H @- https://api.example.com/orders", ""),
        ("tui-auth header --type id --profile acme", ""),
    ),
    "exec": (
        ("tui-auth exec -- ./deploy.sh", "with the access token in ACCESS_TOKEN"),
        ("tui-auth exec --env API_TOKEN=id -- make upload", ""),
    ),
    "aws-credentials": (
        ('eval "$(tui-auth aws-credentials --format env)"', ""),
        ("tui-auth aws-credentials --profile acme --format json", ""),
        ("tui-auth aws-credentials", "for credential_process in ~/.aws/config"),
    ),
    "kube-credential": (("tui-auth kube-credential --profile acme", "for exec in ~/.kube/config"),),
    "status": (
        ("tui-auth status", ""),
        ("tui-auth status --json --online", "ask Cognito whether the session is valid"),
    ),
    "sign-out": (
        ("tui-auth sign-out", "on this computer"),
        ("tui-auth sign-out --everywhere", "on all devices"),
    ),
    "account": (
        ("tui-auth account", "open your account"),
        ("tui-auth account show --json", ""),
        ("tui-auth account set email=ann@example.com --verify", ""),
        ("tui-auth account sessions revoke --others", "end all sessions but this one"),
        ('printf \'%s\\n\' "$OLD" "$NEW" | tui-auth account password --stdin', ""),
    ),
    "account show": (("tui-auth account show --json", ""),),
    "account set": (
        ('tui-auth account set name="Ann Example"', ""),
        ("tui-auth account set email=ann@example.com --verify", ""),
    ),
    "account verify": (
        ("tui-auth account verify email", ""),
        ("echo 123456 | tui-auth account verify email --stdin", "the code you got"),
    ),
    "account mfa": (
        ("tui-auth account mfa", "list them"),
        ("tui-auth account mfa on sms", ""),
        ("tui-auth account mfa prefer app", ""),
        ("tui-auth account mfa replace-app", "set up a new authenticator app"),
    ),
    "account devices": (
        ("tui-auth account devices --json", ""),
        ("tui-auth account devices forget this", "this computer"),
    ),
    "account sessions": (
        ("tui-auth account sessions", "where you are signed in"),
        ("tui-auth account sessions revoke --others", "end all sessions but this one"),
    ),
    "account passkeys": (("tui-auth account passkeys --json", ""),),
    "account password": (
        ("tui-auth account password", "asks on the terminal"),
        ('printf \'%s\\n\' "$OLD" "$NEW" | tui-auth account password --stdin', ""),
    ),
    "account delete": (
        ("tui-auth account delete", "asks for your user name"),
        ("tui-auth account delete --yes-delete ann", "for scripts"),
    ),
    "profile": (
        ("tui-auth profile import amplify_outputs.json", ""),
        (f"tui-auth profile add acme \\\n    {_IDS}", ""),
        ("tui-auth profile use acme", "make it the default"),
        ("tui-auth profile show --origin", "the settings used here, and their source"),
    ),
    "profile list": (("tui-auth profile list --json", ""),),
    "profile add": (
        (f"tui-auth profile add acme \\\n    {_IDS}", ""),
        (f"tui-auth profile add acme --force --auth-flow USER_AUTH \\\n    {_IDS}", ""),
    ),
    "profile use": (
        ("tui-auth profile use acme", ""),
        ("tui-auth profile use --none", "have no default"),
    ),
    "profile show": (
        ("tui-auth profile show acme", "the settings of a profile"),
        ("tui-auth profile show --origin", "the settings used here, and their source"),
    ),
    "profile remove": (("tui-auth profile remove acme", ""),),
    "profile import": (
        ("tui-auth profile import amplify_outputs.json", "named after the project's folder"),
        ("tui-auth profile import src/aws-exports.js --name acme", ""),
    ),
    "doctor": (
        ("tui-auth doctor", ""),
        ("tui-auth doctor --profile acme --json", ""),
    ),
    "completion": (
        ("source <(tui-auth completion bash)", "in ~/.bashrc"),
        ("tui-auth completion zsh > ~/.zsh/completions/_tui-auth", "in $fpath"),
        ("tui-auth completion fish > ~/.config/fish/completions/tui-auth.fish", ""),
    ),
    "demo": (("tui-auth demo", ""), ("tui-auth demo --play tess", "watch a sample user sign in")),
    "pool": (
        ("tui-auth pool", "print its address, IDs and users"),
        ("tui-auth pool --port 9229 --demo-users", ""),
        ("tui-auth pool --seed shop --state shop.json", "the same IDs and users each time"),
    ),
}

_HELP = """\
{examples}
Sign in to an Amazon Cognito user pool from a terminal, through every step the
pool asks for.

commands:
{commands}

Run `tui-auth COMMAND --help` for more about a command.
Run `tui-auth --version` for what a bug report needs.
"""


def program_help() -> str:
    """Return what ``tui-auth --help`` prints: the examples first, then the commands."""
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items())
    return _HELP.format(examples=format_examples(PROGRAM_EXAMPLES), commands=lines)


def format_examples(examples: Examples) -> str:
    """Return the examples one a line, with their explanations in a second column."""
    width = max((len(line) for line, explanation in examples if explanation), default=0)
    return "".join(f"  {line:<{width}}  {explanation}".rstrip() + "\n" for line, explanation in examples)
