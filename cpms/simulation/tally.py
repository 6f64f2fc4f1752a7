"""What happened in a run, counted over all stations."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

REMEMBERED_WAITS = 50_000  # the newest; bounded, for runs of days


@dataclass(slots=True)
class Tally:
    """Messages by action. `errors` are refusals by CALLERROR code and failures to connect by
    kind (`http_401`, `ConnectionRefusedError`, …), `closed` counts close codes, `waits_s` holds
    the seconds from call to answer."""

    sent: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    timed_out: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    given_up: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    sessions_started: int = 0
    sessions_ended: int = 0
    energy_wh: int = 0
    dialled: int = 0
    waits_s: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED_WAITS))

    def as_json(self) -> dict[str, Any]:
        """Every count, and the waits as latencies."""
        by_action = {
            action: {
                name: getattr(self, name)[action]
                for name in ("sent", "acknowledged", "refused", "timed_out", "lost", "given_up")
            }
            for action in sorted(self.sent)
        }
        return {
            "messages": {
                "sent": self.sent.total(),
                "acknowledged": self.acknowledged.total(),
                "by_action": by_action,
            },
            "served": dict(self.served),
            "sessions": {
                "started": self.sessions_started,
                "ended": self.sessions_ended,
                "energy_kwh": round(self.energy_wh / 1000, 3),
            },
            "faults": dict(self.faults),
            "errors": dict(self.errors),
            "connections": {"dialled": self.dialled, "closed": dict(self.closed)},
            "latency_ms": latencies_ms(self.waits_s),
        }


def latencies_ms(waits_s: Iterable[float]) -> dict[str, float | None]:
    """The median, the 95th percentile and the worst; None when nothing was answered."""
    ordered = sorted(waits_s)
    if not ordered:
        return {"p50": None, "p95": None, "max": None}
    last = len(ordered) - 1
    chosen = {"p50": last // 2, "p95": round(last * 0.95), "max": last}
    return {name: round(ordered[place] * 1000, 2) for name, place in chosen.items()}
