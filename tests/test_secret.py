"""A Secret is never shown."""

import copy
import logging
import pickle

import pytest

from tui_auth.secret import Secret

CANARY = "hunter2-canary"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format, "{!s:>30}".format, lambda s: f"{s}"])
def test_printing_never_shows_the_secret(show: object) -> None:
    assert callable(show)
    assert CANARY not in show(Secret(CANARY))


def test_secret_cannot_be_pickled_or_read_from_attributes() -> None:
    secret = Secret(CANARY)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    assert not hasattr(secret, "__dict__")
    assert not hasattr(secret, "value")


def test_log_record_does_not_show_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("%s %r", Secret(CANARY), {"password": Secret(CANARY)})
    assert CANARY not in caplog.text


def test_reveal_returns_text_and_bytes() -> None:
    assert Secret("pä").reveal_bytes() == "pä".encode()
    assert Secret(b"p").reveal() == "p"


def test_only_equal_secrets_are_equal() -> None:
    assert Secret("a") == Secret(b"a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert not Secret("")
