"""CodeInput finds a typed or pasted code, and keeps the text if there is none."""

from __future__ import annotations

import pytest

from tests.pilot import paste, press, settle
from tests.widgets.host import Host
from tui_auth.widgets.code_input import CodeInput


async def paste_into_field(text: str, *, digits: int | None = 6, letters: bool | None = None) -> CodeInput:
    """Paste a text into a new field and return the field."""
    app = Host(lambda: CodeInput(digits=digits, takes_letters=letters))
    async with app.run_test() as pilot:
        await paste(pilot, text)
        return app.query_one(CodeInput)


@pytest.mark.parametrize(
    "text",
    [
        "123456",
        "123 456",
        "123-456",
        "12 34 56",
        "1 2 3 4 5 6",
        "12345 6",
        " 123456",
        "123456 ",
        "\n123456",
        "\r\n123456\r\n",
        "123\u2011456",
        "123\u00a0456",
        "\u200b123\u200b456\ufeff",
        "Your code is 123456",
        "Your code is \u2068123\u200b456\u2069.",
        "Code 123456; lost it? Call +44 654321",
        "code 123456 24 hours left",
        "Order 12 123456 is your code",
        "Your code is 123456. Do not share it.",
        "Ihr Code:123456",
        "G-123456",
        "G-123456 is your Google verification code.",
        "code 123456 expires 2026",
        "code 123 456 (valid for 10 minutes)",
        "Sent 2026-11-23 10:22: code 123456",
        "123456 is your code; call +1 555 555 0123 if you did not ask",
        "Pay 1,234.56? Then type 123456",
        "<#> 123456 is your code\nFA+9qCX9VSu",
        "Hello,\n\nyour code:\n123456\n\nGoodbye",
        "رمزك هو 123456",
    ],
)
async def test_code_is_found_in_a_paste(text: str) -> None:
    assert (await paste_into_field(text)).code == "123456"


async def test_only_the_code_of_a_pasted_sentence_is_inserted() -> None:
    assert (await paste_into_field("Your code is 123456. Do not share it.")).value == "123456"


@pytest.mark.parametrize("text", ["12345678", "1234 5678", "Your code is 12345678."])
async def test_code_of_an_unexpected_length_is_accepted(text: str) -> None:
    assert (await paste_into_field(text)).code == "12345678"


async def test_paste_with_two_possible_codes_stays_with_a_note() -> None:
    field = await paste_into_field("123456 or 654321")
    assert field.value == "123456 or 654321"
    assert field.note


async def test_phone_number_is_not_a_code() -> None:
    assert (await paste_into_field("call +1 555 555 0123")).value == "call +1 555 555 0123"


async def test_pasted_sentence_replaces_a_partly_typed_code() -> None:
    app = Host(lambda: CodeInput(digits=6))
    async with app.run_test() as pilot:
        await press(pilot, "1", "2")
        await paste(pilot, "Your code is 123456.")
        assert app.query_one(CodeInput).value == "123456"


async def test_pasted_part_is_inserted_at_the_cursor() -> None:
    app = Host(lambda: CodeInput(digits=6))
    async with app.run_test() as pilot:
        await press(pilot, "1", "2", "3")
        await paste(pilot, "456")
        assert app.query_one(CodeInput).value == "123456"


@pytest.mark.parametrize("digits", ["١٢٣٤٥٦", "１２３４５６", "१२३४५६"])
async def test_digits_of_every_script_are_taken_as_0_to_9(digits: str) -> None:
    field = await paste_into_field(digits)
    assert (field.value, field.code) == ("123456", "123456")
    app = Host(lambda: CodeInput(digits=6))
    async with app.run_test() as pilot:
        await press(pilot, "9", digits[0])
        assert app.query_one(CodeInput).value == "91"


async def test_input_shows_the_text_and_returns_the_code() -> None:
    app = Host(lambda: CodeInput(digits=6))
    async with app.run_test() as pilot:
        await press(pilot, *"482", "space", *"913")
        assert app.query_one(CodeInput).value == "482 913"
        assert app.query_one(CodeInput).code == "482913"


@pytest.mark.parametrize("text", ["1234567 8", "123456 7", "12345", "12-345-6789-0"])
async def test_no_typed_digit_is_ever_dropped(text: str) -> None:
    app = Host(lambda: CodeInput(text, digits=6))
    async with app.run_test():
        assert app.query_one(CodeInput).code == "".join(filter(str.isdigit, text))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("AB12CD", "AB12CD"),
        ("AB12 CD34", "AB12CD34"),
        ("ABCD 123456", "ABCD123456"),
        (" k-9_x! ", "k-9_x!"),
        ("Your code is AB12CD.", "AB12CD"),
        ("Your confirmation code is 123456", "123456"),
        ("123456", "123456"),
    ],
)
async def test_code_of_unknown_form_may_be_any_word(text: str, code: str) -> None:
    assert (await paste_into_field(text, digits=None)).code == code


async def test_letters_can_be_allowed_with_an_expected_length() -> None:
    assert (await paste_into_field("AB-12-CD", letters=True)).code == "AB-12-CD"
    assert (await paste_into_field("Your code is 123456.", letters=True)).code == "123456"


async def test_program_can_set_the_code() -> None:
    app = Host(lambda: CodeInput(digits=6))
    async with app.run_test() as pilot:
        field = app.query_one(CodeInput)
        field.value = "482913"
        await settle(pilot)
        assert field.code == "482913"


async def test_typing_replaces_a_selected_code() -> None:
    app = Host(lambda: CodeInput("111111", digits=6))
    async with app.run_test() as pilot:
        await press(pilot, "end")
        app.query_one(CodeInput).select_all()
        await press(pilot, "2")
        assert app.query_one(CodeInput).value == "2"
