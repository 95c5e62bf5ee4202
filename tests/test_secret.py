"""A Secret is never shown."""

import copy
import logging
import pickle
import traceback
from collections.abc import Callable

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


def test_secrets_with_lone_surrogates_are_compared() -> None:
    secret = Secret(CANARY + "\ud800")
    assert secret == Secret(CANARY + "\ud800")
    assert secret != Secret(CANARY + "\udfff")
    assert secret != Secret(CANARY)
    assert secret != Secret(CANARY.encode())
    assert Secret(b"\xff") == Secret(b"\xff")
    assert Secret(b"\xff") != Secret("\xff")


@pytest.mark.parametrize(
    "reveal", [Secret(CANARY + "\ud800").reveal_bytes, Secret(CANARY.encode() + b"\xff").reveal]
)
def test_error_of_a_secret_that_is_not_unicode_does_not_contain_it(reveal: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="UTF-8") as caught:
        reveal()
    error = caught.value
    assert type(error) is ValueError
    assert error.__context__ is None
    assert CANARY not in f"{error!r} {vars(error)} {''.join(traceback.format_exception(error))}"


def test_text_with_a_lone_surrogate_is_revealed_as_it_is() -> None:
    assert Secret("p\ud800").reveal() == "p\ud800"
