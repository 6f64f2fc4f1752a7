"""One station's conversation: what arrives means what, what may be sent when.

OCPP-J §4.1.1: at most one CALL of each side is unanswered. The station's calls are answered in
order by the caller of `receive`; ours wait their turn here.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from ocpp_gateway.protocol.frames import (
    Call,
    CallError,
    CallResult,
    Malformed,
    call_text,
    error_text,
    parse,
)

REMEMBERED_ANSWERS = 8


class Repeated(Struct, frozen=True):
    """The same request again under the same id: here is the answer it got."""

    text: str


class Answered(Struct, frozen=True):
    """The station answered our request `key` with a result or an error."""

    key: Any
    frame: CallResult | CallError


class Fault(Struct, frozen=True):
    """Something that is no message. `text` is the CALLERROR to send, if one can be."""

    reason: str
    text: str | None = None


Event = Call | Repeated | Answered | Fault


@dataclass(slots=True)
class Outgoing:
    """One request of ours."""

    key: Any
    action: str
    payload: Any
    give_up_at: float
    message_id: str = ""


@dataclass(slots=True)
class Session:
    """The state of one socket. `formation_code` is the version's word for a malformed frame."""

    formation_code: str
    prefix: str
    _counter: int = 0
    _waiting: "deque[Outgoing]" = field(default_factory=deque)
    _in_flight: Outgoing | None = None
    _answers: "OrderedDict[str, tuple[int, str]]" = field(default_factory=OrderedDict)

    def receive(self, text: str) -> Event:
        """What one text frame means; a Call is a request to be answered. Never raises."""
        try:
            frame = parse(text)
        except Malformed as fault:
            reply = None
            if fault.message_id is not None:
                reply = error_text(fault.message_id, self.formation_code, str(fault))
            return Fault(str(fault), reply)
        if isinstance(frame, Call):
            return self._incoming(frame)
        return self._answered(frame)

    def _incoming(self, call: Call) -> Event:
        known = self._answers.get(call.message_id)
        if known is None:
            return call
        if known[0] == _content(call):
            return Repeated(known[1])
        return Fault(
            "message id used twice",
            error_text(call.message_id, "GenericError", "This message id was used before."),
        )

    def remember(self, call: Call, answer: str) -> None:
        """Keep the answer for a request that may be repeated under the same id. Of the request
        only a hash is kept: ten thousand sockets remember eight each."""
        self._answers[call.message_id] = (_content(call), answer)
        if len(self._answers) > REMEMBERED_ANSWERS:
            self._answers.popitem(last=False)

    def _answered(self, frame: CallResult | CallError) -> Event:
        asked = self._in_flight
        if asked is None or asked.message_id != frame.message_id:
            return Fault("answer to a request that is not open")
        self._in_flight = None
        return Answered(asked.key, frame)

    def ask(self, key: Any, action: str, payload: Any, give_up_at: float) -> None:
        """Queue a request; `data_to_send` hands it out when its turn comes."""
        self._waiting.append(Outgoing(key, action, payload, give_up_at))

    def data_to_send(self) -> list[str]:
        """The next request of ours, if none is unanswered."""
        if self._in_flight is not None or not self._waiting:
            return []
        self._in_flight = self._waiting.popleft()
        self._counter += 1
        self._in_flight.message_id = f"{self.prefix}{self._counter}"
        sent = self._in_flight
        return [call_text(sent.message_id, sent.action, sent.payload)]

    def overdue(self, now: float) -> list[Any]:
        """The keys of requests whose time is over; they are open no more."""
        keys = [asked.key for asked in self._waiting if asked.give_up_at <= now]
        self._waiting = deque(asked for asked in self._waiting if asked.give_up_at > now)
        if self._in_flight is not None and self._in_flight.give_up_at <= now:
            keys.append(self._in_flight.key)
            self._in_flight = None
        return keys

    def is_idle(self) -> bool:
        """Whether a request of ours could be sent at once."""
        return self._in_flight is None and not self._waiting

    def is_asking(self) -> bool:
        """Whether a request of ours is unanswered."""
        return self._in_flight is not None

    def in_flight_message_id(self) -> str:
        return self._in_flight.message_id if self._in_flight else ""


def _content(call: Call) -> int:
    """What was asked, whatever the message id; keyed anew in every process."""
    return hash((call.action, bytes(call.payload)))
