"""An input whose text leaves it by one door only."""

from __future__ import annotations

from textual import events
from textual.geometry import Size
from textual.selection import Selection
from textual.widgets import Input

from tui_auth.secret import Secret
from tui_auth.widgets.field import TextInput, pasted_lines


class SecretInput(TextInput):
    """A password, or an answer that may be one: shown as bullets until it is revealed.

    What is typed is kept exactly, blanks at its ends too. It can be neither copied nor cut, stands in no
    message, and goes with the widget. It hides again when the focus leaves and when it is submitted.
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(value, placeholder=placeholder, password=True, id=id)

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
            self.selection = self.selection

    def _position_to_cell(self, position: int) -> int:
        return super()._position_to_cell(position) if self.is_revealed else position

    @property
    def selected_text(self) -> str:
        """Nothing: programs that copy a selection ask for this."""
        return ""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Nothing, however the mouse was dragged."""
        return None

    def action_cut(self) -> None:
        """Delete what is selected, and give it to nobody."""
        self.delete_selection()

    async def action_submit(self) -> None:
        """Hide what was typed, and tell that Enter was pressed."""
        self.conceal()
        await super().action_submit()

    def take_paste(self, text: str) -> None:
        """Put the first line in place of the selection; say so where that is not all that was pasted."""
        super().take_paste(text)
        if len(pasted_lines(text)) > 1:
            self.note = "Only the first line was pasted: a password is one line."

    def _on_blur(self, event: events.Blur) -> None:
        self.conceal()

    def on_unmount(self) -> None:
        """Forget what was typed."""
        self.set_reactive(Input.value, "")
