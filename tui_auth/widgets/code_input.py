"""The input of a one-time code, which finds the code in what is typed or pasted."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from tui_auth.terminal.clipboard import SEPARATOR, find_code
from tui_auth.widgets.text_input import TextInput, remove_control_characters, split_pasted_lines

_OTHER_DIGITS: Final = "Type the code in the digits 0 to 9."
_NOT_ONE_CODE: Final = "There is not just one code in this: delete the rest."


class CodeInput(TextInput):
    """A one-time code that is typed, pasted in groups, or pasted with the sentence around it.

    The input shows the text as it is typed; ``code`` is the code in it.

    Args:
        digits: The expected length. It helps to find the code in a sentence and is never a limit. None if
            nothing is known about the code.
        takes_letters: Whether the code may have letters. By default, only if ``digits`` is None.
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
        """The code without spaces and, if it has only digits, without dashes."""
        return find_code(self.value, self.digits, self.takes_letters) or self._remove_separators(self.value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace the characters between two positions; reject digits that Cognito doesn't know."""
        if any(character.isdigit() and not character.isascii() for character in text):
            self.note = _OTHER_DIGITS
            self.app.bell()
        else:
            super().replace(text, start, end)

    def take_paste(self, text: str) -> None:
        """Insert the one code in a pasted text, or the first line if it doesn't have one code."""
        text = remove_invisible_characters(text)
        code = find_code(text, self.digits, self.takes_letters)
        is_in_sentence = len(text.split()) > 1 and any(map(str.isalpha, text))
        if code is not None and (is_in_sentence or len(code) == self.digits):
            self.replace(code, 0, len(self.value))
        elif lines := split_pasted_lines(text):
            self.replace(remove_control_characters(lines[0]).strip(), *self.selection)
            if is_in_sentence and not self.takes_letters and not self.note:
                self.note = _NOT_ONE_CODE

    def _remove_separators(self, text: str) -> str:
        return re.sub(r"\s" if self.takes_letters else SEPARATOR, "", text)


def remove_invisible_characters(text: str) -> str:
    """Remove the invisible characters (Unicode category Cf) that messengers add."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf")
