"""Keys that act at once, in the order they were typed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.actions import SkipAction
from textual.widget import Widget

if TYPE_CHECKING:
    Base = Widget
else:
    Base = object


class ImmediateKeys(Base):
    """For a widget whose own bindings shall not wait.

    Textual lets a key with a binding travel up to the App before its action runs; what is typed fast after
    ^u, backspace or an arrow would be there before it. Actions in ``LEFT_TO_THE_SCREEN`` are not touched.
    """

    LEFT_TO_THE_SCREEN: ClassVar[frozenset[str]] = frozenset()

    async def _on_key(self, event: events.Key) -> None:
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if binding.action in self.LEFT_TO_THE_SCREEN:
                return
            event.stop()
            event.prevent_default()
            with suppress(SkipAction):
                await self.run_action(binding.action)
            return
        await super()._on_key(event)
