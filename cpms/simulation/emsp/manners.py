"""How well an eMSP behaves: real ones fail in these ways."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Mood(StrEnum):
    """What it does with a request, and what its peers must cope with."""

    HONEST = "honest"
    ERROR = "error"  # HTTP 500, nothing kept
    HANG = "hang"  # no answer, nothing kept
    DROP = "drop"  # kept, and the connection is cut before the answer
    REJECT = "reject"  # HTTP 200 with OCPI status 2001


DESCRIPTIONS = {
    Mood.HONEST: "does as the specification says",
    Mood.ERROR: "answers HTTP 500",
    Mood.HANG: "does not answer",
    Mood.DROP: "takes the message and hangs up before the answer",
    Mood.REJECT: "refuses with OCPI status 2001",
}


@dataclass(slots=True)
class Manners:
    """Shows `mood` to a share of the requests, and is honest to the others."""

    dice: Random
    mood: Mood = Mood.HONEST
    share: float = 1.0

    def now(self) -> Mood:
        return self.mood if self.dice.random() < self.share else Mood.HONEST
