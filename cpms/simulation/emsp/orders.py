"""Commands that the eMSP gave to the CPO (2.2.1 §13), and what it heard of them."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

KEPT = 50


@dataclass(slots=True)
class Order:
    """A command: `response` is the CPO's answer, `result` what the station made of it."""

    kind: str
    subject: str
    given_at: datetime
    order_id: str = field(default_factory=lambda: str(uuid4()))
    response: str = ""
    result: str = ""
    message: str = ""
    results: int = 0  # there must be one, at most

    @property
    def state(self) -> str:
        return self.result or (self.response if self.response != "ACCEPTED" else "waiting")


class Orders:
    """The newest orders, by id."""

    def __init__(self) -> None:
        self._orders: deque[Order] = deque(maxlen=KEPT)

    def add(self, order: Order) -> None:
        self._orders.appendleft(order)

    def newest(self) -> list[Order]:
        return list(self._orders)

    def settle(self, order_id: str, body: Any) -> bool:
        """Take a CommandResult. Returns whether there is such an order, and the body is one."""
        order = next((one for one in self._orders if one.order_id == order_id), None)
        if order is None or not isinstance(body, dict) or not isinstance(body.get("result"), str):
            return False
        order.results += 1
        order.result = body["result"]
        order.message = text_of(body.get("message")) or order.message
        return True


def text_of(message: Any) -> str:
    """The words of a list of DisplayText, or of one."""
    entries = message if isinstance(message, list) else [message]
    return " ".join(str(entry.get("text", "")) for entry in entries if isinstance(entry, dict))
