"""The demo's triggers: three questions for quinn, a challenge of the future for luna.

Each function is like a Lambda trigger of a user pool: ``(event, context) -> event``.
"""

from __future__ import annotations

from typing import Any

QUESTIONS = (
    ("Your first pet?", "Its name was rex.", "rex"),
    ("Your favourite colour?", "It is the sky's: blue.", "blue"),
    ("Your home town?", "Its musicians are famous: bremen.", "bremen"),
)
FUTURE_CHALLENGE = "MOON_PHASE"
MOON = {"phase": "●", "hint": "The moon is full. Answer: full"}
MOON_ANSWER = "full"


def define_auth_challenge(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Ask for the password if one is sent, then for the next answer, until the last one."""
    rounds, response = event["request"]["session"], event["response"]
    answered = [entry for entry in rounds if entry["challengeName"] not in ("SRP_A", "PASSWORD_VERIFIER")]
    is_from_future = event["userName"] == "luna"
    response["issueTokens"] = response["failAuthentication"] = False
    if rounds and rounds[-1]["challengeName"] == "SRP_A":
        response["challengeName"] = "PASSWORD_VERIFIER"
    elif event["request"].get("userNotFound") or (answered and not answered[-1]["challengeResult"]):
        response["failAuthentication"] = True
    elif len(answered) == (1 if is_from_future else len(QUESTIONS)):
        response["issueTokens"] = True
    else:
        response["challengeName"] = FUTURE_CHALLENGE if is_from_future else "CUSTOM_CHALLENGE"
    return event


def create_auth_challenge(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the question for the user and the answer for the verify trigger."""
    response = event["response"]
    if event["request"]["challengeName"] == FUTURE_CHALLENGE:
        response["publicChallengeParameters"] = dict(MOON)
        response["privateChallengeParameters"] = {"answer": MOON_ANSWER}
        return event
    number = sum(entry["challengeName"] == "CUSTOM_CHALLENGE" for entry in event["request"]["session"])
    question, hint, answer = QUESTIONS[number]
    response["publicChallengeParameters"] = {
        "question": question,
        "hint": hint,
        "round": f"{number + 1} of {len(QUESTIONS)}",
    }
    response["privateChallengeParameters"] = {"answer": answer}
    response["challengeMetadata"] = f"QUESTION_{number + 1}"
    return event


def verify_auth_challenge_response(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Accept the right answer, whatever its case and the spaces around it."""
    answer = event["request"]["challengeAnswer"].strip().casefold()
    event["response"]["answerCorrect"] = answer == event["request"]["privateChallengeParameters"]["answer"]
    return event
