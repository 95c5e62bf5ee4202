"""Tests that the search finds a secret in each place and form, and nothing else."""

from __future__ import annotations

import base64
import html
import json
import random
import resource
import string
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.security.canary import canaries
from tests.security.canary.canaries import Canary
from tests.security.canary.leak_places import LeakPlaces
from tests.security.canary.process_watch import ProcessWatch
from tests.terminal.pty_program import PtyProgram

PASSWORD = canaries.password()
SECRET = PASSWORD.text

LEAKS = {
    "stdout": "print(secret)",
    "stderr": "print(secret, file=sys.stderr)",
    "terminal: bytes": "tty(secret)",
    "terminal: text": "tty(''.join(f'\\x1b[3{n % 8}m{c}' for n, c in enumerate(secret)))",
    "terminal: screen": "tty(''.join(f'{c}\\x1b[{n + 2}G' for n, c in enumerate(secret)))",
    "left on the terminal: screen": "tty('\\x1b[?1049h\\x1b[?1049l' + secret)",
    "left on the terminal: title": "tty(f'\\x1b]2;{secret}\\x07')",
    "clipboard": "tty(f'\\x1b]52;c;{base64.b64encode(secret.encode()).decode()}\\x07')",
    "home: note": "home.joinpath('note').write_text(secret)",
    "home: tmp/crash/core": "file('tmp/crash/core').write_bytes(b'\\0\\xff' * 9000 + secret.encode())",
    "home: .cache/log": "file('.cache/log').write_text(base64.b64encode(secret.encode()).decode())",
    "home: .config/": "file('.config/' + secret.replace('/', '')).touch()",
    "home: run/link": "os.symlink(secret, home / 'run' / 'link')",
    "/proc files": "file('tmp/soon-gone').write_text(secret); after = lambda: file('tmp/soon-gone').unlink()",
    "/proc cmdline": "child = subprocess.Popen([*waits, secret], stdin=-1); after = child.communicate",
    "/proc environ": (
        "child = subprocess.Popen(waits, stdin=-1, env={'PASSWORD': secret}); after = child.communicate"
    ),
    "/proc comm": "open('/proc/self/comm', 'w').write(secret)",
}
_LEAKING_PROGRAM = """
import base64, os, subprocess, sys
from pathlib import Path
secret, home = Path(sys.argv[1]).read_text(), Path.home()
waits = [sys.executable, '-S', '-c', 'input()']
after = lambda: None
def tty(text):
    with open('/dev/tty', 'w') as terminal:
        terminal.write(text)
def file(name):
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
{leak}
tty('\\r\\nready')
input()
after()
"""


LeakingProgram = Callable[[str], LeakPlaces]


@pytest.fixture
def leaking_process(tmp_path: Path) -> LeakingProgram:
    """Return a function that runs a leaking program and returns the places to search."""

    def run(leak: str) -> LeakPlaces:
        secret_file, home = tmp_path / "secret", tmp_path / "home"
        secret_file.write_text(SECRET)
        stdout, stderr = tmp_path / "stdout", tmp_path / "stderr"
        command = ["-c", _LEAKING_PROGRAM.format(leak=leak), str(secret_file)]
        with PtyProgram(command, home=home, stdout=stdout, stderr=stderr) as program:
            screens = []
            with ProcessWatch(program.pid, home / "tmp") as watch:
                program.wait_for("ready")
                screens.append(program.screen_text())
                samples = watch.samples
                program.wait_for(lambda _: watch.samples > samples + 1)
                program.press("enter")
                assert program.wait_exit() == 0, stderr.read_text()
            places = LeakPlaces()
            places.add_terminal(program, screens)
            watch.add_to(places)
        places.add_folder("home", home)
        places.add_file("stdout", stdout)
        places.add_file("stderr", stderr)
        return places

    return run


@pytest.fixture
def terminal_program(tmp_path: Path) -> Iterator[Callable[[str], PtyProgram]]:
    """Return a function that starts Python code on a terminal; it ends with the test."""
    with ExitStack() as stack:
        yield lambda code: stack.enter_context(PtyProgram(["-c", code], home=tmp_path))


@pytest.mark.parametrize("place", LEAKS)
def test_search_finds_a_leak_in_each_place(leaking_process: LeakingProgram, place: str) -> None:
    places = leaking_process(LEAKS[place])
    found_places = {finding.place for finding in places.search([PASSWORD])}
    assert any(name.startswith(place) for name in found_places), found_places


def test_search_finds_nothing_in_a_clean_program(leaking_process: LeakingProgram) -> None:
    places = leaking_process("")
    assert places.count > 10
    assert not places.search(
        [PASSWORD, *canaries.totp_key("ABCD2345" * 6 + "ABCD"), canaries.code("c", "123456")]
    )


def test_search_reports_an_open_core_limit(terminal_program: Callable[[str], PtyProgram]) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    set_core_limit = "import resource; resource.setrlimit(resource.RLIMIT_CORE, ({0}, {0}))"
    limit_text = "unlimited" if hard == resource.RLIM_INFINITY else str(hard)
    program = terminal_program(set_core_limit.format(hard) + "; input()")
    with ProcessWatch(program.pid) as watch:
        program.wait_for(lambda _: limit_text in watch.core_limits)


FORMS: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    "base64 in the middle of something": lambda text: base64.b64encode(f"pw={text};".encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(b"?" + text.encode()).decode(),
    "base32": lambda text: base64.b32encode(text.encode()).decode().rstrip("="),
    "base32 in the middle of something": lambda text: base64.b32encode(f"abc{text}".encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "HEXADECIMAL": lambda text: text.encode().hex().upper(),
    "he xa de ci mal": lambda text: text.encode().hex(" "),
    "URL": lambda text: quote(text, safe=""),
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps({"password": text})),
    "repr": repr,
    "ascii": ascii,
    "HTML": html.escape,
    "upper case": str.upper,
    "UTF-16": lambda text: text.encode("utf-16-le").decode("latin-1"),
    "backwards": lambda text: text[::-1],
    "a piece of six": lambda text: text[5:11],
    "a piece of six backwards": lambda text: text[5:11][::-1],
    "one character a line": "\n".join,
    "key by key": lambda text: "\n".join(f"Key(key='x', character={c!r}, name='x')" for c in text),
}


@pytest.mark.parametrize("form", FORMS)
def test_password_is_found_in_every_encoding(form: str) -> None:
    places = LeakPlaces()
    written = FORMS[form](SECRET)
    content = written.encode("latin-1") if form == "UTF-16" else written.encode()
    places.add("log: a", b"2026-11-24 10:00:00,123 DEBUG sent " + content + b" in 0.2 s\n")
    assert [finding.canary for finding in places.search([PASSWORD])][:1] == ["password"]


@pytest.mark.parametrize(
    "shape", ["123456", "123 456", "123-456", "code=123456;", "654321", '"123456"', "MTIzNDU2"]
)
def test_code_is_found_as_a_whole_word(shape: str) -> None:
    places = LeakPlaces()
    places.add("log: a", f"INFO {shape} INFO")
    assert places.search([canaries.code("code", "123456")])


@pytest.mark.parametrize("number", ["1123456", "1763942400.1234567", "1763942400.123456", "abc123456def"])
def test_longer_number_is_not_a_code(number: str) -> None:
    places = LeakPlaces()
    places.add("log: a", f"INFO {number} INFO")
    assert not places.search([canaries.code("code", "123456")])


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "=", '{"', "é: ", "ünö?"])
@pytest.mark.parametrize("glued", ["", "A", "AB", "/v1/", "codes/", "\\u003d", "%22", "pw="])
def test_code_is_found_in_base64_at_each_alignment(
    encode: Callable[[bytes], bytes], before: str, glued: str
) -> None:
    for after in ("", '"', ';"}', " is your code"):
        places = LeakPlaces()
        encoded = encode(f"{before}123456{after}".encode()).rstrip(b"=")
        places.add("log: a", b"sent " + glued.encode() + encoded + b"\\n in 0.2 s\n")
        findings = places.search([canaries.code("code", "123456")])
        assert [finding.form for finding in findings] == ["base64"]


@pytest.mark.parametrize(
    "value",
    [
        "0a123456-89ab-4cde-8f01-23456789abcd",
        "89abcdef-0123-456a-bcde-f01234567890",
        1123456,
        1763123456,
        1763942400.123456,
        "abc123456",
    ],
)
def test_longer_value_in_a_jwt_is_not_a_code(value: object) -> None:
    for shift in range(4):
        payload = json.dumps({"s" * shift: 0, "sub": value, "iat": 1763942400})
        encoded = base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")
        places = LeakPlaces()
        places.add("home: session", f'{{"id_token": "eyJhbGciOiJSUzI1NiJ9.{encoded}.c2lnbmF0dXJl"}}')
        assert not places.search([canaries.code("code", "123456")], token_places=("home",))


def test_code_in_a_jwt_is_found() -> None:
    encoded = base64.urlsafe_b64encode(b'{"sub": "1", "code": "123456"}').decode().rstrip("=")
    places = LeakPlaces()
    places.add("home: session", f"eyJhbGciOiJSUzI1NiJ9.{encoded}.c2lnbmF0dXJl")
    (finding,) = places.search([canaries.code("code", "123456")], token_places=("home",))
    assert finding.form == "base64"


def test_palindromic_code_is_found_once() -> None:
    places = LeakPlaces()
    places.add("terminal: text", "Code [123321    ]")
    assert [finding.form for finding in places.search([canaries.code("code", "123321")])] == ["as it is"]


@pytest.mark.parametrize("make_canary", [canaries.password, canaries.answer])
def test_every_piece_of_a_canary_has_a_character_no_token_has(make_canary: Callable[[], Canary]) -> None:
    text = make_canary().text
    token_characters = {*string.ascii_letters, *string.digits, *"+/=_-."}
    assert all(set(text[at : at + 6]) - token_characters for at in range(len(text) - 5))


def test_no_piece_of_a_long_code_occurs_in_a_timestamp() -> None:
    now = int(time.time())
    for moment in (now, now - 3600, now + 30 * 86400):
        for at in range(3):
            assert canaries.is_in_timestamp(str(moment)[at : at + 8])
    value = canaries.digits().text
    pieces = [digits[at : at + 8] for digits in (value, value[::-1]) for at in range(len(value) - 7)]
    assert not any(map(canaries.is_in_timestamp, pieces))


def test_totp_key_is_found_in_groups_and_as_bytes() -> None:
    key = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    places = LeakPlaces()
    places.add("terminal: text", "JBSW Y3DP EHPK 3PXP")
    places.add("file: raw", base64.b32decode(key))
    found_places = places.search(canaries.totp_key(key))
    assert {(finding.canary, finding.place) for finding in found_places} == {
        ("key", "terminal: text"),
        ("key's bytes", "file: raw"),
    }


def test_token_is_found_by_shape_and_by_part() -> None:
    token = "".join(random.Random(1).choices(string.ascii_letters, k=900))
    places = LeakPlaces()
    places.add("stderr", f"Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6.eyJzdWIiOiJzdWIt{token}")
    places.add("file: a", token[300:360])
    found_places = places.search([Canary("refresh_token", token, piece=30)])
    assert {finding.place for finding in found_places} == {"stderr", "file: a"}
    assert {finding.canary for finding in found_places} == {"a token", "refresh_token"}


def test_secret_allowed_on_the_terminal_may_not_be_copied() -> None:
    places = LeakPlaces()
    places.add("terminal: text", SECRET)
    assert not places.search([PASSWORD], allowed_places={"password": "terminal"})
    places.add("terminal: bytes", base64.b64encode(SECRET.encode()))
    places.add("home: x", SECRET)
    found_places = places.search([PASSWORD], allowed_places={"password": "terminal"})
    assert {finding.place for finding in found_places} == {"terminal: bytes", "home: x"}


def test_finding_does_not_show_the_secret() -> None:
    places = LeakPlaces()
    places.add("home: x", SECRET)
    assert SECRET not in repr(places.search([PASSWORD]))
