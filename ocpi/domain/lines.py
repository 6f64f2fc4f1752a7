"""Who may be asked in real time now: so many questions to one partner at once, and none for a
while after it left some unanswered. Known to this process alone, and gone with it."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

MOST_AT_ONCE = 8
DEAD_AFTER = 2  # questions in a row without an answer
DEAD_FOR_S = 15.0


@dataclass(slots=True)
class Line:
    """One partner's: open questions, unanswered ones in a row, until when it counts as dead."""

    asking: int = 0
    unanswered: int = 0
    dead_until: float = 0.0


class Lines:
    """A slow or dead partner costs the others nothing, and its drivers a wait only now and
    then."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._lines: dict[int, Line] = defaultdict(Line)

    def begin(self, partner_id: int) -> bool:
        """Take a place; False: there is none now. What began must `end`."""
        with self._lock:
            line = self._lines[partner_id]
            if line.asking >= MOST_AT_ONCE or line.dead_until > self._clock():
                return False
            line.asking += 1
            return True

    def end(self, partner_id: int, *, was_answered: bool) -> None:
        """Give the place back."""
        with self._lock:
            line = self._lines[partner_id]
            line.asking -= 1
            line.unanswered = 0 if was_answered else line.unanswered + 1
            if line.unanswered >= DEAD_AFTER:
                line.dead_until = self._clock() + DEAD_FOR_S
