"""An input whose text leaves it by one door only."""

from __future__ import annotations

from textual import events
from textual.geometry import Size
from textual.widgets import Input

from tui_auth.secret import Secret
from tui_auth.widgets.field import TextInput


class SecretInput(TextInput):
    """A password, or an answer that may be one: shown as bullets until it is revealed.

    What is typed is kept exactly, blanks at its ends too. It can be neither copied nor cut, stands in no
    message, and goes with the widget. It hides again when the focus leaves, as it does when it is submitted.
    """

    def __init__(
        self,
        value: str = "",
        *,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(value, password=True, id=id)

    @property
    def secret(self) -> Secret:
        """What was typed."""
        return Secret(self.value)

    @property
    def is_revealed(self) -> bool:
        """Whether what was typed can be read on the screen."""
        return not self.password

    def reveal(self) -> None:
        """Show what was typed."""
        self._show(True)

    def conceal(self) -> None:
        """Show bullets."""
        self._show(False)

    def _show(self, reveal: bool) -> None:
        if reveal != self.is_revealed:
            self.password = not reveal
            # Bullets and letters may differ in width; Input measures only when the value changes.
            self.virtual_size = Size(self.content_width, 1)
            if self.has_focus:
                self._watch_selection(self.selection)

    def _position_to_cell(self, position: int) -> int:
        return super()._position_to_cell(position) if self.is_revealed else position

    @property
    def selected_text(self) -> str:
        """Nothing: programs that copy a selection ask for this."""
        return ""

    def action_cut(self) -> None:
        """Delete what is selected, and give it to nobody."""
        self.delete_selection()

    def _on_blur(self, event: events.Blur) -> None:
        self.conceal()

    def on_unmount(self) -> None:
        """Forget what was typed."""
        self.set_reactive(Input.value, "")
