"""GuestScreen isolates our screens from the program that embeds them: styles, keys, messages.

A host program is a Textual program of somebody else that shows our screens, which are then its guests: its
style sheets don't match our widgets and ours don't match its own, its keys don't disturb ours, and no key
that is part of a secret reaches its handlers. In a program of ours, none of this does anything.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary, WeakSet

from textual.app import App
from textual.containers import Vertical
from textual.css.stylesheet import Stylesheet
from textual.keys import key_to_character
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget

from tui_auth.screens.keys import KEY_TABLE
from tui_auth.terminal.full_screen import FullScreenApp
from tui_auth.themes import HEIGHTS, VARIABLES, WIDTHS, make_readable, style_sheets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from textual import events
    from textual.dom import DOMNode

    from tui_auth.api import Done  # noqa: F401 - in the type of the result
    from tui_auth.screens.screen_context import ScreenContext


class HostProgramSlot(Vertical):
    """Holds widgets of the host program, to which its style sheets apply, and which take no keys."""

    DEFAULT_CSS = """
    HostProgramSlot {
        height: auto;
    }
    """

    def __init__(self, widgets: Widget | Iterable[Widget], id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(*([widgets] if isinstance(widgets, Widget) else widgets), id=id)

    def on_mount(self) -> None:
        """Leave the keys to the form."""
        for widget in self.query("*"):
            widget.can_focus = False


class GuestScreen(Screen[ScreenResultType]):
    """A screen that a host program may show."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    OWN_KEYS: ClassVar[frozenset[str]] = frozenset(
        {"enter", "escape", "tab", "shift+tab", "up", "down", "left", "right", "home", "end"}
        | {"pageup", "pagedown", "backspace", "delete", "space", "ctrl+c", "ctrl+q"}
    )
    """The keys that the host program can't have while our screen is open, besides characters."""

    @property
    def is_guest(self) -> bool:
        """Whether a host program shows this screen, and not a program of ours."""
        return not isinstance(self.app, FullScreenApp)

    def _post_register(self, app: App[Any]) -> None:
        if self.is_guest:
            self._modal = True  # so that a key that we don't bind does nothing in the host program
            self.css_path = []
            Isolation.of(app).add(self)
        super()._post_register(app)

    def on_unmount(self) -> None:
        """Leave the host program as it was, with the last of our screens."""
        if self.is_guest:
            Isolation.of(self.app).remove(self)

    # -- keys ---------------------------------------------------------------------------------------

    def find_taken_keys(self) -> Collection[str]:
        """Return the keys that the host program binds with priority, and so gets unless we reserve them."""
        if not self.is_guest:
            return ()
        bindings = self.app._bindings.copy()
        bindings.apply_keymap(self.app._keymap)
        return {key for key, binding in bindings if binding.priority}

    def reserves(self, key: str) -> bool:
        """Return whether the host program can't have this key now, although it binds it with priority."""
        return key in self.OWN_KEYS or key_to_character(key) is not None

    def on_key(self, event: events.Key) -> None:
        """Keep a character that no field has taken from the host program: it may be of a password."""
        if self.is_guest and event.is_printable:
            event.stop()

    def on_paste(self, event: events.Paste) -> None:
        """Keep a paste that no field has taken from the host program."""
        if self.is_guest:
            event.stop()


class GuestForm(GuestScreen["Done | None"]):
    """What a form has of the host program: texts, keys and widgets. The base of ``FormScreen``."""

    context: ScreenContext
    taken: Collection[str] = ()
    """The keys that the host program binds with priority, as of the last ``update_footer``."""

    @property
    def enabled_keys(self) -> Sequence[str]:
        """The actions of the table that do something."""
        raise NotImplementedError

    def key_label(self, action: str) -> str:
        """Return our label of an action."""
        raise NotImplementedError

    def compose_card(self) -> Iterable[Widget]:
        """Yield everything in the card that is ours."""
        raise NotImplementedError

    def compose_slots(self) -> Iterable[Widget]:
        """Yield everything in the card, between the widgets of the host program."""
        options = self.context.options
        if options.header:
            yield HostProgramSlot(options.header(), id="program-header")
        yield from self.compose_card()
        if options.footer:
            yield HostProgramSlot(options.footer(), id="program-footer")

    @property
    def label_group(self) -> str:
        """The first part of the keys in ``ScreenOptions.labels`` for this screen."""
        return ""

    def label_for(self, part: str, text: str) -> str:
        """Return the host program's text for a part of this screen, or ours."""
        return self.context.options.labels.get(f"{self.label_group}.{part}", text)

    def label_for_key(self, action: str) -> str:
        """Return the label of an action."""
        if action == "submit":
            return self.label_for("submit", self.key_label(action))
        if action == "leave" and self.is_guest:
            return "Stop waiting"
        return self.context.options.labels.get(f"key.{action}", self.key_label(action))

    def reserves(self, key: str) -> bool:
        """Return whether the host program can't have this key: it is the only one left for an action."""
        if super().reserves(key):
            return True
        return any(KEY_TABLE[name].first_of(self.taken) == key for name in self.enabled_keys)

    def spell_keys(self, text: str) -> str:
        """Name the keys in one of our texts that work, if the host program has taken some."""
        for name in self.enabled_keys if self.taken else ():
            text = text.replace(KEY_TABLE[name].display, KEY_TABLE[name].display_without(self.taken))
        return text


NO_TEXT_STYLE = """
Screen {
    text-style: not bold not dim not italic not underline not strike not reverse not overline not blink;
}
"""
"""Ends what our widgets would inherit from the style of the host program's ``App``."""


class Isolation:
    """Keeps our screens and a host program apart, by its ``App`` and its style sheet.

    Textual has one style sheet for a program, and tries the program's priority bindings first even under a
    modal screen. While one of our screens is open, this puts itself in front of both: our style sheets style
    our screens and nothing else, in the colors of the host program's theme, and a key that a screen reserves
    runs only our bindings.
    """

    _of_apps: ClassVar[WeakKeyDictionary[App[Any], Isolation]] = WeakKeyDictionary()

    def __init__(self, app: App[Any]) -> None:
        self._host_styles = app.stylesheet
        self._own_styles = Stylesheet()
        self._variables: dict[str, str] | None = None
        self._own_styles.read_all([*style_sheets()])  # type: ignore[list-item]  # the paths are of type PurePath
        self._own_styles.add_source(
            App.DEFAULT_CSS, read_from=("", "App.DEFAULT_CSS"), is_default_css=True, scope="App"
        )
        self._own_styles.add_source(NO_TEXT_STYLE, read_from=("", "NO_TEXT_STYLE"))
        self._known_types: set[type[DOMNode]] = set()
        self._screens: WeakSet[GuestScreen[Any]] = WeakSet()

    @classmethod
    def of(cls, app: App[Any]) -> Isolation:
        """Return the isolation in this host program."""
        if app not in cls._of_apps:
            cls._of_apps[app] = cls(app)
        return cls._of_apps[app]

    def add(self, screen: GuestScreen[Any]) -> None:
        """Style this screen by our style sheets."""
        self._screens.add(screen)
        vars(self._host_styles)["apply"] = self._apply
        vars(screen.app)["_check_bindings"] = partial(self._check_bindings, screen.app)

    def remove(self, screen: GuestScreen[Any]) -> None:
        """Forget a screen that is closed. After the last one, the host program is as it was."""
        self._screens.discard(screen)
        if not self._screens:
            vars(self._host_styles).pop("apply", None)
            vars(screen.app).pop("_check_bindings", None)

    @staticmethod
    async def _check_bindings(app: App[Any], key: str, priority: bool = False) -> bool:
        screen = app.screen
        if not (priority and isinstance(screen, GuestScreen) and screen.reserves(key)):
            return await type(app)._check_bindings(app, key, priority)
        for node, bindings in reversed(screen._binding_chain):
            for binding in bindings.key_to_bindings.get(key, ()) if node is not app else ():
                if binding.priority and await app.run_action(binding.action, node):
                    return True
        return False

    def _apply(
        self, node: DOMNode, *, animate: bool = False, cache: dict[tuple[Any, ...], Any] | None = None
    ) -> None:
        if not _is_of_a_guest(node):
            Stylesheet.apply(self._host_styles, node, animate=animate, cache=cache)
            return
        self._follow_theme()
        if type(node) not in self._known_types:
            self._known_types.add(type(node))
            for location, css, tie_breaker, scope in node._get_default_css():
                self._own_styles.add_source(
                    css, read_from=location, is_default_css=True, tie_breaker=tie_breaker, scope=scope
                )
        self._own_styles.apply(node, animate=animate, cache=cache)

    def _follow_theme(self) -> None:
        variables = self._host_styles._variables
        if variables is self._variables:
            return
        if not VARIABLES.keys() <= variables.keys():
            self._host_styles.set_variables({**VARIABLES, **variables})  # our widgets' texts need them
        self._variables = self._host_styles._variables
        self._own_styles.set_variables(make_readable(self._variables))
        self._own_styles.reparse()


def _is_of_a_guest(node: DOMNode) -> bool:
    for ancestor in node.ancestors_with_self:
        if isinstance(ancestor, HostProgramSlot) and ancestor is not node:
            return False
        if isinstance(ancestor, Screen):
            return isinstance(ancestor, GuestScreen)
    return False
