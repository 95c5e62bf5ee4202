"""The demo's custom authentication: three questions for quinn, a step from the future for luna.

Each function is what a Lambda trigger of a user pool is: ``(event, context) -> event``.
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
    """After the password, if one is sent: the next question, or the end."""
    rounds, response = event["request"]["session"], event["response"]
    answered = [one for one in rounds if one["challengeName"] not in ("SRP_A", "PASSWORD_VERIFIER")]
    from_the_future = event["userName"] == "luna"
    response["issueTokens"] = response["failAuthentication"] = False
    if rounds and rounds[-1]["challengeName"] == "SRP_A":
        response["challengeName"] = "PASSWORD_VERIFIER"
    elif event["request"].get("userNotFound") or (answered and not answered[-1]["challengeResult"]):
        response["failAuthentication"] = True
    elif len(answered) == (1 if from_the_future else len(QUESTIONS)):
        response["issueTokens"] = True
    else:
        response["challengeName"] = FUTURE_CHALLENGE if from_the_future else "CUSTOM_CHALLENGE"
    return event


def create_auth_challenge(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The question, for all to see, and its answer, for the verify trigger only."""
    response = event["response"]
    if event["request"]["challengeName"] == FUTURE_CHALLENGE:
        response["publicChallengeParameters"] = dict(MOON)
        response["privateChallengeParameters"] = {"answer": MOON_ANSWER}
        return event
    number = sum(one["challengeName"] == "CUSTOM_CHALLENGE" for one in event["request"]["session"])
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
    """Right, whatever the case and the spaces around."""
    given = event["request"]["challengeAnswer"].strip().casefold()
    event["response"]["answerCorrect"] = given == event["request"]["privateChallengeParameters"]["answer"]
    return event
