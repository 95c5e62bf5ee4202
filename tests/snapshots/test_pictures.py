"""One picture of each kind of screen, as last reviewed.

``test_every_screen.py`` checks every screen in every state.

After an intended change, review ``snapshot_report.html``, then run this file with ``--snapshot-update``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import textual

from tests.snapshots.gallery import VIEWS, View

if TYPE_CHECKING:
    from collections.abc import Callable

PINNED = "8.2.8"
"""The version of Textual that drew the pictures; other versions draw them differently."""

pytestmark = pytest.mark.skipif(
    textual.__version__ != PINNED,
    reason=f"needs Textual {PINNED}, which drew the pictures: pip install textual=={PINNED} "
    f"(installed is {textual.__version__})",
)

VIEWS_WITH_PICTURE = (
    *("sign-in", "sign-in-locked", "sign-up", "choice-of-factor", "code-by-sms", "code-by-sms-refused"),
    *("code-from-app", "totp-set-up", "question", "unknown-step", "new-password", "reset-with-code"),
    *("done-where-to-keep", "done-kept", "choose-pool", "choose-pool-flow", "demo", "help"),
    *("passkey-pin", "passkey-touch", "browser", "sign-in-with-providers"),
)


@pytest.mark.parametrize(
    "view", [view for view in VIEWS if view.name in VIEWS_WITH_PICTURE], ids=lambda view: view.name
)
def test_screen_looks_like_its_picture(view: View, snap_compare: Callable[..., bool]) -> None:
    assert snap_compare(view.app(), terminal_size=(80, 23), run_before=view.reach)
