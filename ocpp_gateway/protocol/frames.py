"""OCPP-J frames (1.6-J §4.2): `[2, id, action, payload]`, `[3, id, payload]`,
`[4, id, code, description, details]`. Payloads stay raw bytes until their action is known.
"""

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct

LONGEST_ID = 36
BEGUN_CALL = re.compile(r'\s*\[\s*2\s*,\s*"([ !#-\[\]-\ud7ff]{1,36})"\s*[,\]]')


class Call(Struct, array_like=True, tag=2, frozen=True):
    """A request."""

    message_id: str
    action: str
    payload: Raw


class CallResult(Struct, array_like=True, tag=3, frozen=True):
    """The answer to a request."""

    message_id: str
    payload: Raw


class CallError(Struct, array_like=True, tag=4, frozen=True):
    """The refusal of a request; real stations leave the last parts out."""

    message_id: str
    code: str = "GenericError"
    description: str | None = None
    details: Raw = Raw(b"{}")


Frame = Call | CallResult | CallError

_decode = msgspec.json.Decoder(Frame).decode
_encode = msgspec.json.Encoder().encode


class Malformed(Exception):
    """Not a frame. `message_id` is set when the text was a CALL that can be answered."""

    def __init__(self, reason: str, message_id: str | None = None) -> None:
        self.message_id = message_id
        super().__init__(reason)


def parse(text: str) -> Frame:
    """The frame in `text`. Raises Malformed, whatever the text is."""
    try:
        frame: Frame = _decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError) as fault:
        raise Malformed(str(fault), _id_of_call(text)) from None
    if not frame.message_id or len(frame.message_id) > LONGEST_ID:
        raise Malformed("the message id is empty or longer than 36 characters")
    return frame


def _id_of_call(text: str) -> str | None:
    """The id of what was meant to be a CALL, to answer it with a CALLERROR; by its beginning,
    for the rest may be cut off or nested too deeply to read."""
    begun = BEGUN_CALL.match(text)
    return begun[1] if begun else None


def call_text(message_id: str, action: str, payload: Any) -> str:
    return _encode((2, message_id, action, payload)).decode()


def result_text(message_id: str, payload: Any) -> str:
    return _encode((3, message_id, payload)).decode()


def error_text(message_id: str, code: str, description: str) -> str:
    return _encode((4, message_id, code, description[:255], {})).decode()
