"""DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER: a remembered device proves itself by SRP."""

from __future__ import annotations

from tui_auth.emulator.after_password import finish
from tui_auth.emulator.challenges import Answer, Reply, ask
from tui_auth.emulator.errors import not_authorized, not_found
from tui_auth.emulator.model import Device
from tui_auth.emulator.password_verifier import claim
from tui_auth.emulator.srp_exchange import parse_public_a
from tui_auth.emulator.state import State


def answer_srp(state: State, answer: Answer) -> Reply:
    """DEVICE_SRP_AUTH."""
    device = _device(answer)
    public_a = parse_public_a(answer.value("SRP_A"))
    sign_in = answer.sign_in
    exchange = state.exchanges.begin(
        sign_in,
        name=device.group_key,
        user=device.key,
        salt=device.salt,
        verifier=device.verifier or 0,
        public_a=public_a,
    )
    parameters = {
        **exchange.parameters(),
        "USERNAME": sign_in.user.username,
        "DEVICE_KEY": device.key,
    }
    return ask(state, sign_in, "DEVICE_PASSWORD_VERIFIER", parameters)


def answer_verifier(state: State, answer: Answer) -> Reply:
    """DEVICE_PASSWORD_VERIFIER."""
    device = _device(answer)
    block, signature, timestamp = claim(answer.responses)
    exchange = state.exchanges.take(block, answer.sign_in.client)
    if exchange is None or exchange.sign_in is not answer.sign_in or exchange.user != device.key:
        raise not_authorized()
    if not state.exchanges.proves(exchange, signature, timestamp):
        raise not_authorized()
    return finish(state, answer.sign_in)


def _device(answer: Answer) -> Device:
    device = answer.sign_in.user.devices.get(answer.value("DEVICE_KEY"))
    if device is None or not device.remembered or device.verifier is None:
        raise not_found("Device does not exist.")
    return device
