"""What a station keeps when its power goes."""

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Transaction:
    """The station's own account of a session. `number` is the station's, `transaction_id` the
    CSMS's: empty until StartTransaction was answered, -1 when it never was (errata 3.18)."""

    number: int
    connector: int
    id_tag: str
    meter_start_wh: int
    started_at: str
    transaction_id: int | None = None
    reservation_id: int | None = None


@dataclass(slots=True)
class Message:
    """A StartTransaction, MeterValues or StopTransaction that is owed to the CSMS."""

    number: int
    action: str
    payload: dict[str, Any]
    transaction: int | None
    attempts: int = 0


@dataclass(slots=True)
class Memory:
    """Everything non-volatile of one station."""

    key: str
    former_key: str = ""
    meters_wh: dict[int, float] = field(default_factory=dict)
    configuration: dict[str, str] = field(default_factory=dict)
    inoperative: list[int] = field(default_factory=list)
    transactions: dict[int, Transaction] = field(default_factory=dict)
    ongoing: list[int] = field(default_factory=list)
    queue: deque[Message] = field(default_factory=deque)
    local_list: dict[str, dict[str, Any]] = field(default_factory=dict)
    local_list_version: int = 0
    last_number: int = 0

    def next_number(self) -> int:
        self.last_number += 1
        return self.last_number

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"queue": [asdict(message) for message in self.queue]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Memory":
        """Raises TypeError or KeyError for what `as_json` did not write."""
        transactions = [Transaction(**entry) for entry in data["transactions"].values()]
        return cls(
            **data
            | {
                "meters_wh": {int(number): wh for number, wh in data["meters_wh"].items()},
                "transactions": {entry.number: entry for entry in transactions},
                "queue": deque(Message(**entry) for entry in data["queue"]),
            }
        )
