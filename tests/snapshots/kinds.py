"""One view of each kind of screen, by its name in the gallery."""

from __future__ import annotations

PICTURED = (
    *("sign-in", "sign-in-locked", "sign-up", "choice-of-factor", "code-by-sms", "code-by-sms-refused"),
    *("code-from-app", "totp-set-up", "question", "unknown-step", "new-password", "reset-with-code"),
    *("done-where-to-keep", "done-kept", "choose-pool", "choose-pool-flow", "demo", "help"),
)
