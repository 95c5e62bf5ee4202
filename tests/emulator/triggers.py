"""Triggers of a user pool under test: the three Lambda functions of a custom challenge."""

from __future__ import annotations

from typing import Any

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:challenge"
LAMBDAS = {"DefineAuthChallenge": ARN, "CreateAuthChallenge": ARN, "VerifyAuthChallengeResponse": ARN}
Event = dict[str, Any]


class Triggers:
    """Triggers that ask ``rounds`` questions and record their events."""

    def __init__(self, rounds: int = 2, challenge: str = "CUSTOM_CHALLENGE") -> None:
        self.rounds, self.challenge = rounds, challenge
        self.events: list[Event] = []
        self.retries = False

    def define_auth_challenge(self, event: Event, context: Any) -> Event:
        self.events.append(event)
        session = event["request"]["session"]
        response = event["response"]
        if session and session[-1]["challengeName"] == "SRP_A":
            response.update(challengeName="PASSWORD_VERIFIER", issueTokens=False, failAuthentication=False)
            return event
        answers = [entry for entry in session if entry["challengeName"] == self.challenge]
        is_failed = bool(answers) and not answers[-1]["challengeResult"] and not self.retries
        is_done = sum(entry["challengeResult"] for entry in answers) >= self.rounds
        response.update(failAuthentication=is_failed, issueTokens=is_done and not is_failed)
        if not is_failed and not is_done:
            response["challengeName"] = self.challenge
        return event

    def create_auth_challenge(self, event: Event, context: Any) -> Event:
        self.events.append(event)
        number = len(event["request"]["session"])
        event["response"]["publicChallengeParameters"] = {"hint": f"round {number}"}
        event["response"]["privateChallengeParameters"] = {"answer": "rex"}
        event["response"]["challengeMetadata"] = f"META_{number}"
        return event

    def verify_auth_challenge_response(self, event: Event, context: Any) -> Event:
        self.events.append(event)
        expected = event["request"]["privateChallengeParameters"]["answer"]
        event["response"]["answerCorrect"] = event["request"]["challengeAnswer"] == expected
        return event

    def events_of(self, source: str) -> list[Event]:
        return [event for event in self.events if event["triggerSource"] == f"{source}_Authentication"]
