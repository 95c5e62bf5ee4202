"""The house style of every text that a user can see: see ``python -m tests.messages``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from textwrap import dedent, wrap
from typing import Final

import pytest

from tests.messages import PLACEHOLDER, Message, find_messages, read_messages
from tui_auth.auth import botocore_adapter, error_catalog
from tui_auth.auth.error_catalog import ErrorText
from tui_auth.cli.help import COMMANDS

LONGEST: Final = 25
"""Words of ours in a message."""
FORM_WIDTH: Final = 76
"""Columns of a form in a terminal of 80."""

BANNED: Final = {
    r"anew|once more": "again",
    r"blanks?": "spaces",
    r"shall": "should, must, or nothing",
    r"whoever|whom": "anyone who",
    r"people|persons?|nobody|somebody": "users, no one, someone",
    r"stands?": "is",
    r"(?:is|are|be) kept|kept (?:as|in)|keep as|a place to keep": "is stored",
    r"runs? out|ran out|has run out": "expires",
    r"refus\w+": "rejects",
    r"demand\w*": "requires",
    r"stand-in|embedded pool": "local emulator",
    r"names (?:an?|no|the|another|more|other|it)": "specifies",
    r"(?:is|are) named": "is specified",
    r"of (?:its|their|your|our|his|her) own|of (?:yours|ours|theirs)": "own, custom",
    r"passed by|thrown away|left alone": "ignored, discarded, not changed",
    r"lies": "is",
    r"told|is said|goes on|do(?:es)? no harm": "is reported, continues, is ignored",
    r"there (?:is|are) no such|knows no such": "no … has, doesn't exist",
    r"make it yours|close it:|put that right": "take ownership, make it private, correct it",
    r"cannot|(?:is|are|was|were|do|does|did|has|have|could|should) not": "a contraction",
    r"any more": "anymore",
    r"machines?": "computer, device",
    r"e-mails?": "email",
    r"log-?in|logins|log-?out|signin|signout|sign-?on": "sign in, sign out",
    r"upper-case|lower-case": "uppercase, lowercase",
    r"begins? again": "start again",
    r"in in a": "sign in with a",
    r"set-ups?": "setup",
    r"colours?|behaviours?|cancelled|centres?|licence|grey": "American spelling",
    r"(?:author|recogn|organ|initial)is\w+": "American spelling",
}
"""Patterns of whole words that aren't used, and what is."""

ALLOWED: Final = {
    "the connection was refused": "the operating system's term for ECONNREFUSED",
    "was not received": "a message of Cognito, by which it is recognized",
    "login asks": "a value of --prompt",
    "managed login": "a name in the Cognito console",
    "login pages": "a name in the Cognito console",
    "cannot be updated": "a message of Cognito, by which it is recognized",
    "has not been enabled": "a message of Cognito, by which it is recognized",
    "Cannot overwrite a value": "a message of tomllib, by which it is recognized",
    "1 and !": "the list of password rules ends with the sign",
    "Press ^r": "a hint beside a field, whose last word is the key to click",
    "Cannot declare": "a message of tomllib, by which it is recognized",
}
"""Fragments in which a banned word is right, and why."""

PROPER: Final = frozenset(
    {
        *("Amazon", "AWS", "Amplify", "Cognito", "Lambda", "Linux", "Python", "Textual", "Unicode"),
        *("Ctrl", "Enter", "Esc", "Tab"),
        *("AcmeSSO", "Google", "Auth"),
        *("Access", "App", "Authentication", "Token", "Authorization", "Bearer", "Username"),
        *("Application", "Berlin", "Europe", "Library", "Support"),
    }
)
"""Words with a capital inside a sentence: names, keys, and labels of the Cognito console."""

LONG: Final = {
    "screens/": "explanations in the help of a screen, which scrolls",
    "demo/": "introduction to the demo",
    "flow/account_": "explanations in the help of an account page",
    "cli/commands/account.py": "description and exit codes in --help",
    "cli/help.py": "the page of --help",
    "cli/commands/doctor.py": "description and exit codes in --help",
}
"""Modules with texts of more words, and why."""

_CODE: Final = re.compile(
    r"`[^`]*`|--type id|\$ .*|\$\([^)]*\)|--[\w-]+|\S*[_=/]\S*|tui-auth sign-(?:in|out)"
)
_VERB: Final = re.compile(
    r"\b(?:and|then|must|can|can't|please|or) (?:sign-in|sign-out|sign-up|set-up)\b", re.IGNORECASE
)
_NOUN: Final = re.compile(
    r"\b(?:an?|the|this|each|another|new|next|later|last|your) (?:sign in|sign out|sign up|set up)\b",
    re.IGNORECASE,
)
_CAPITAL: Final = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+\b")
_TWO_SENTENCES: Final = re.compile(r"[a-z)”][.?] [A-Z]")


def banned_words(message: Message) -> Iterator[str]:
    text = _prose(message.text)
    for pattern, better in BANNED.items():
        if wrong := re.search(rf"(?<![\w-])(?:{pattern})(?![\w-])", text, re.IGNORECASE):
            yield f"“{wrong[0]}”: write {better}"


def lower_case_id(message: Message) -> Iterator[str]:
    if wrong := re.search(r"(?<![\w=“-])ids?(?![\w=:-])", _prose(message.text)):
        yield f"“{wrong[0]}”: write ID"


def sign_in_as_noun_and_verb(message: Message) -> Iterator[str]:
    text = _prose(message.text)
    if wrong := _VERB.search(text) or _NOUN.search(text):
        yield f"“{wrong[0]}”: sign in is the verb, sign-in the noun"


def doubled(message: Message) -> Iterator[str]:
    if wrong := re.search(
        r"(?<!\.)\.\.(?!\.)|[.!?…]”?\.(?=\s|$)|[!?][!?]|(?<![\w-])(?!in in\b)([a-z]+) \1\b", message.text
    ):
        yield f"doubled: {wrong[0]!r}"


def sentence_case(message: Message) -> Iterator[str]:
    if wrong := [word for word in _CAPITAL.findall(_prose(message.text)) if word not in PROPER]:
        yield f"capital inside a sentence: {wrong}"


def endings(message: Message) -> Iterator[str]:
    text = message.text.rstrip()
    if text.endswith(tuple(ALLOWED)):
        return
    if text.endswith("!"):
        yield "an exclamation mark"
    if message.kind == "error" and not text.endswith((".", PLACEHOLDER)):
        yield "an error ends with a period"
    if message.kind == "help" and (text.endswith(".") or _is_sentence(text)):
        yield "help for a flag begins with a small letter and has no period"
    if _TWO_SENTENCES.search(_prose(text)) and not text.endswith((*".?:…”)`", PLACEHOLDER)):
        yield "the last of two sentences has no period"


def _is_sentence(text: str) -> bool:
    return text[0].isupper() and text.split()[0] not in PROPER


def length(message: Message) -> Iterator[str]:
    count = len(re.findall(r"[A-Za-z]", " ".join(word[:1] for word in _prose(message.text).split())))
    if count > LONGEST and not message.module.startswith(tuple(LONG)):
        yield f"{count} words: write at most {LONGEST}"


def _prose(text: str) -> str:
    """Return a text without commands, flags, paths and what is allowed."""
    for fragment in ALLOWED:
        text = text.replace(fragment, "")
    return _CODE.sub("", text)


def error_texts() -> Iterator[ErrorText]:
    """Yield the text of each error of Cognito and of the connection."""
    values = [value for module in (error_catalog, botocore_adapter) for value in vars(module).values()]
    while values:
        match values.pop():
            case ErrorText() as text:
                yield text
            case dict() as texts:
                values += texts.values()
            case tuple() as rules:
                values += rules
            case value if isinstance(getattr(value, "text", None), ErrorText):
                yield value.text
            case _:
                pass


RULES: Final[tuple[Callable[[Message], Iterator[str]], ...]] = (
    banned_words,
    lower_case_id,
    sign_in_as_noun_and_verb,
    doubled,
    sentence_case,
    endings,
    length,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_message_follows_the_rule(rule: Callable[[Message], Iterator[str]]) -> None:
    wrong = [f"{message}\n    {found}" for message in find_messages() for found in rule(message)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (banned_words, "The token runs out soon."),
        (banned_words, "Write it without blanks."),
        (banned_words, "There is no such file."),
        (banned_words, "It does not answer."),
        (banned_words, "Send an E-mail to ann."),
        (lower_case_id, "Compare the client id."),
        (sign_in_as_noun_and_verb, "You can sign-in now."),
        (sign_in_as_noun_and_verb, "After the next sign in"),
        (doubled, "It says: “Wrong.”."),
        (doubled, "It ended.."),
        (doubled, "Ask the the user."),
        (sentence_case, "Choose a User Pool"),
        (endings, "It ended. Sign in again"),
        (endings, "Signed in!"),
        (length, " ".join(["word"] * (LONGEST + 1))),
    ],
)
def test_rule_finds_a_violation(rule: Callable[[Message], Iterator[str]], text: str) -> None:
    assert list(rule(Message("auth/auth.py", 1, text)))


def test_rules_leave_commands_and_names_alone() -> None:
    text = (
        "Run `tui-auth token --type id`, then sign in to Cognito. Press Enter or Esc, or see ~/.no/machine."
    )
    assert not [found for rule in RULES for found in rule(Message("auth/auth.py", 1, text))]


@pytest.mark.parametrize("text", ["Nobody is signed in", "It ended."])
def test_flag_help_is_no_sentence_and_an_error_is_one(text: str) -> None:
    kind = "error" if not text.endswith(".") else "help"
    assert list(endings(Message("cli/parser.py", 1, text, kind)))


LIBRARY: Final = (
    *("account/", "auth/", "integrations/", "passkeys/", "storage/", "widgets/"),
    *("api.py", "session_api.py", "textual.py", "screens/browser.py", "screens/sign_in.py"),
)
"""Modules whose texts are read in programs that have no command line."""


def test_no_text_of_the_library_names_a_flag() -> None:
    texts = [message for message in find_messages() if message.module.startswith(LIBRARY)]
    flags = re.compile(r"(?<![\w-])--[a-z]")
    wrong = [
        message for message in texts if flags.search(re.sub(r"`[^`]*`|pip install --\w+", "", message.text))
    ]
    assert not wrong, "\n".join(map(str, wrong))


def test_every_exception_is_needed() -> None:
    allowed = [fragment for fragment in ALLOWED if fragment != "login pages"]
    assert not [
        fragment for fragment in allowed if not any(fragment in message.text for message in find_messages())
    ]
    long = [message for message in find_messages() if len(message.text.split()) > LONGEST]
    assert not [module for module in LONG if not any(message.module.startswith(module) for message in long)]


def test_table_has_help_errors_values_and_no_docstring() -> None:
    source = '''
        def run(name: "not a message") -> None:
            """Not a message either."""
            parser.add_argument("--all", help="end all sessions")
            if "Cognito says so" in text:
                raise AuthError(KIND, f"No user is named {name}.", "Sign in again.")
    '''
    messages = read_messages("cli/run.py", dedent(source))
    assert {(message.text, message.kind) for message in messages} == {
        ("end all sessions", "help"),
        ("No user is named {…}.", "error"),
        ("Sign in again.", "error"),
    }


def test_table_has_what_help_and_completion_print() -> None:
    texts = {message.text for message in find_messages()}
    assert {summary for _, summary in COMMANDS.values()} <= texts


@pytest.mark.parametrize("text", dict.fromkeys(error_texts()), ids=lambda text: text.message)
def test_error_and_its_cure_fit_two_lines_of_a_form(text: ErrorText) -> None:
    assert len(wrap(f"{text.message} {text.suggestion}", FORM_WIDTH)) <= 2
