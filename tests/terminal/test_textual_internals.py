"""The private names of Textual that this program uses still exist and are still called."""

from __future__ import annotations

import inspect

import pytest
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import WorkerFailed

PRIVATE_METHODS = [
    (LinuxDriver, "_get_terminal_size"),
    (LinuxDriver, "_run_input_thread"),
    (LinuxDriver, "_sigcont_application"),
    (LinuxDriver, "_sigtstp_application"),
    (App, "_close_messages_no_wait"),
    (App, "_fatal_error"),
    (App, "_handle_exception"),
    (App, "_print_error_renderables"),
    (App, "_check_bindings"),
    (DOMNode, "_get_default_css"),
    (Screen, "_pop_result_callback"),
    (Widget, "_post_register"),
]
PRIVATE_ATTRIBUTES = [
    (LinuxDriver, "_file"),
    (LinuxDriver, "_key_thread"),
    (LinuxDriver, "_must_signal_resume"),
    (LinuxDriver, "_writer_thread"),
    (LinuxDriver, "fileno"),
    (LinuxDriver, "input_tty"),
    (Driver, "_app"),
    (Driver, "_auto_restart"),
    (Driver, "_debug"),
    (Driver, "_loop"),
    (Driver, "_size"),
    (App, "_driver"),
    (App, "_exception"),
    (App, "_exit_renderables"),
    (App, "_exit"),
    (App, "_keymap"),
    (DOMNode, "_bindings"),
    (Screen, "_modal"),
    (Screen, "_result_callbacks"),
    (Stylesheet, "_variables"),
]


@pytest.mark.parametrize(("owner", "name"), PRIVATE_METHODS)
def test_private_method_exists(owner: type, name: str) -> None:
    assert callable(getattr(owner, name))


@pytest.mark.parametrize(("owner", "name"), PRIVATE_ATTRIBUTES)
def test_private_attribute_is_set(owner: type, name: str) -> None:
    assert f"self.{name}" in inspect.getsource(owner)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (LinuxDriver, "_get_terminal_size"),
        (LinuxDriver, "_run_input_thread"),
        (LinuxDriver, "_sigcont_application"),
        (LinuxDriver, "_sigtstp_application"),
        (App, "_fatal_error"),
        (App, "_print_error_renderables"),
        (App, "_check_bindings"),
    ],
)
def test_textual_uses_what_is_overridden(owner: type, name: str) -> None:
    assert inspect.getsource(owner).count(f"self.{name}") >= 1


def test_parser_turns_characters_into_events() -> None:
    parser = XTermParser(False)
    assert [event.__class__.__name__ for event in parser.feed("a")] == ["Key"]
    assert list(parser.tick()) == []


def test_failed_worker_carries_its_error() -> None:
    error = ValueError("code")
    assert WorkerFailed(error).error is error
