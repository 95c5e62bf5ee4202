"""What the help says of the commands: their names, summaries and examples."""

from __future__ import annotations

COMMANDS = {
    "sign-in": ("sign_in", "sign in to a user pool (tui-auth without a command)"),
    "token": ("token", "print a token that holds, and nothing else"),
    "header": ("token", "print “Authorization: Bearer …” for curl -H @-"),
    "exec": ("exec", "run a command with a token in its environment"),
    "aws-credentials": ("aws_credentials", "print AWS credentials of the identity pool"),
    "kube-credential": ("kube_credential", "print an ExecCredential for kubectl"),
    "status": ("status", "tell who is signed in, where, and for how long"),
    "sign-out": ("sign_out", "end the session, at Cognito and here"),
    "profile": ("profile", "keep pools under names, and show what is set"),
    "doctor": ("doctor", "look at pool, network and terminal, and say what to do"),
    "completion": ("completion", "print what makes bash, zsh or fish complete tui-auth"),
    "demo": ("demo", "try every sign-in step on a pool inside this program"),
    "pool": ("pool", "serve the embedded user pool here, for tests and scripts"),
}
"""The module of each command and its summary in the help."""

Examples = tuple[tuple[str, str], ...]
"""Pairs of a shell line and what it does; empty where the line is clear without."""

_IDS = "--user-pool-id eu-west-1_Ab12Cd34E --client-id 1example23456789"

PROGRAM_EXAMPLES: Examples = (
    ("tui-auth", "sign in: to the project here, or asks for a pool"),
    ("tui-auth --profile acme", "sign in to a pool kept under a name"),
    ("tui-auth demo", "try every step; no AWS account is needed"),
    ("tui-auth doctor", "find out why it does not work"),
    ("tui-auth header | curl -H @- https://api.example.com/orders", ""),
)

COMMAND_EXAMPLES: dict[str, Examples] = {
    "sign-in": (
        ("tui-auth sign-in", "to the Amplify project here, or asks for a pool"),
        ("tui-auth sign-in --profile acme --username ann", ""),
        (f"tui-auth {_IDS}", ""),
        ("pass acme | tui-auth sign-in --username ann --password-stdin", ""),
    ),
    "token": (
        ("TOKEN=$(tui-auth token)", "signs in where that is needed"),
        ("tui-auth token --type id --min-ttl 10m", ""),
        ("tui-auth token --profile acme --login never", "4 where no session stands"),
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
        ("tui-auth status --json --online", "asks Cognito whether the session still counts"),
    ),
    "sign-out": (
        ("tui-auth sign-out", "here, and at Cognito"),
        ("tui-auth sign-out --everywhere", "on every machine"),
    ),
    "profile": (
        ("tui-auth profile import amplify_outputs.json", ""),
        (f"tui-auth profile add acme \\\n    {_IDS}", ""),
        ("tui-auth profile use acme", "the default from now on"),
        ("tui-auth profile show --origin", "what a command would use here, and why"),
    ),
    "profile list": (("tui-auth profile list --json", ""),),
    "profile add": (
        (f"tui-auth profile add acme \\\n    {_IDS}", ""),
        (f"tui-auth profile add acme --force --auth-flow USER_AUTH \\\n    {_IDS}", ""),
    ),
    "profile use": (
        ("tui-auth profile use acme", ""),
        ("tui-auth profile use --none", "no default any more"),
    ),
    "profile show": (
        ("tui-auth profile show acme", "what is written"),
        ("tui-auth profile show --origin", "what a command would use here, and why"),
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
        ("tui-auth completion zsh > ~/.zsh/completions/_tui-auth", "a folder on $fpath"),
        ("tui-auth completion fish > ~/.config/fish/completions/tui-auth.fish", ""),
    ),
    "demo": (("tui-auth demo", ""), ("tui-auth demo --play tess", "a sample user signs in by itself")),
    "pool": (
        ("tui-auth pool", "prints one line of JSON: its address, its ids"),
        ("tui-auth pool --port 9229 --demo-users", ""),
    ),
}


def format_examples(examples: Examples) -> str:
    """Return the examples one a line, with their explanations in a second column."""
    width = max((len(line) for line, explanation in examples if explanation), default=0)
    return "".join(f"  {line:<{width}}  {explanation}".rstrip() + "\n" for line, explanation in examples)
