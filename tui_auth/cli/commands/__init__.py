"""The commands. Each is a module with ``add_arguments(parser)`` and ``run(arguments)``."""

COMMANDS = {
    "sign-in": ("sign_in", "sign in to a user pool (tui-auth without a command)"),
    "token": ("token", "print a token that holds, and nothing else"),
    "header": ("header", "print “Authorization: Bearer …” for curl -H @-"),
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
