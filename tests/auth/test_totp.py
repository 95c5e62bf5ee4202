"""The setup URI, and the clock offset measured from a code."""

from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from tui_auth.auth.next_step import TOTPSetupDetails, window_offset
from tui_auth.secret import Secret

KEY = Secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSW")
NOW = 1_790_000_000.0


def test_setup_uri_escapes_issuer_and_account() -> None:
    details = TOTPSetupDetails(KEY, "ann+x@example.com/ä")
    uri = details.get_setup_uri("Acme & Söhne: IT").reveal()
    parts = urlsplit(uri)
    assert uri.startswith("otpauth://totp/Acme%20%26%20S%C3%B6hne%20IT:ann%2Bx%40example.com%2F%C3%A4?")
    assert unquote(parts.path) == "/Acme & Söhne IT:ann+x@example.com/ä"
    assert parse_qs(parts.query) == {"secret": [KEY.reveal()], "issuer": ["Acme & Söhne IT"]}


@pytest.mark.parametrize(("app", "account"), [("Acme: IT", "ann"), ("Acme", "corp:ann"), (":", "ann")])
def test_label_has_one_colon_at_most(app: str, account: str) -> None:
    parts = urlsplit(TOTPSetupDetails(KEY, account).get_setup_uri(app).reveal())
    assert unquote(parts.path).count(":") == bool(app.strip(":"))


def test_account_name_can_be_replaced() -> None:
    uri = TOTPSetupDetails(KEY, "ann").get_setup_uri("Acme", "ann (prod)").reveal()
    assert uri.startswith("otpauth://totp/Acme:ann%20%28prod%29?")


def test_pyotp_parses_the_setup_uri() -> None:
    uri = TOTPSetupDetails(KEY, "ann b").get_setup_uri("Acme Ltd").reveal()
    parsed = pyotp.parse_uri(uri)
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.secret, parsed.issuer, parsed.name) == (KEY.reveal(), "Acme Ltd", "ann b")


@pytest.mark.parametrize("steps", [-58, -8, -1, 0, 1, 9, 60, 120, -1560])
def test_code_of_another_time_step_is_recognized(steps: int) -> None:
    code = pyotp.TOTP(KEY.reveal()).at(int(NOW) + 30 * steps)
    assert window_offset(code, KEY, NOW) == 30 * steps


def test_code_of_another_key_has_no_offset() -> None:
    other_code = pyotp.TOTP("KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU").at(int(NOW))
    assert window_offset(other_code, KEY, NOW) is None


@pytest.mark.parametrize("key", ["JBSWY3DPEHPK3PXP", "ABC", "not base32!"])
def test_invalid_key_has_no_offset(key: str) -> None:
    assert window_offset("123456", Secret(key), NOW) is None
