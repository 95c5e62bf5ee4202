"""One field for a code that is used once, however it is pasted."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from tui_auth.terminal.pasted_code import SEPARATOR, code_in
from tui_auth.widgets.field import TextInput, pasted_lines, without_controls

_OTHER_DIGITS: Final = "Type the code in the digits 0 to 9."
_NOT_ONE_CODE: Final = "There is not just one code in this: delete the rest."


class CodeInput(TextInput):
    """A one-time code: typed, pasted in groups, or pasted with the sentence it came in.

    ``digits`` is how long the code is expected to be: a hint for finding it in a sentence, never a limit.
    None means that nothing is known; it may then hold letters too, unless ``takes_letters`` says otherwise.
    What is typed is shown as it is typed; ``code`` is the code in it.
    """

    FIELD_CLASS = "-code"

    def __init__(
        self,
        value: str = "",
        *,
        digits: int | None = None,
        takes_letters: bool | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
    ) -> None:
        super().__init__(value, id=id)
        self.digits = digits
        self.takes_letters = digits is None if takes_letters is None else takes_letters

    @property
    def code(self) -> str:
        """The code without blanks and, where it has digits only, without dashes."""
        return code_in(self.value, self.digits, self.takes_letters) or self._joined(self.value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace the characters between two positions; refuse digits that Cognito would not know."""
        if any(character.isdigit() and not character.isascii() for character in text):
            self.note = _OTHER_DIGITS
            self.app.bell()
        else:
            super().replace(text, start, end)

    def take_paste(self, text: str) -> None:
        """Take the one code out of a pasted text; where there is none, or more than one, the first line."""
        text = without_invisible(text)
        code = code_in(text, self.digits, self.takes_letters)
        is_in_words = len(text.split()) > 1 and any(map(str.isalpha, text))
        if code is not None and (is_in_words or len(code) == self.digits):
            self.replace(code, 0, len(self.value))
        elif lines := pasted_lines(text):
            self.replace(without_controls(lines[0]).strip(), *self.selection)
            if is_in_words and not self.takes_letters and not self.note:
                self.note = _NOT_ONE_CODE

    def _joined(self, text: str) -> str:
        return re.sub(r"\s" if self.takes_letters else SEPARATOR, "", text)


def without_invisible(text: str) -> str:
    """The text without characters that take no room (category Cf), as messengers add them."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")
