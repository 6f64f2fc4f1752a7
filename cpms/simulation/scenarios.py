"""Faults as data: what may happen to a fleet, and how often."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from cpms.simulation.station import Station

TRANSACTION_MESSAGES = ("StartTransaction", "MeterValues", "StopTransaction")
IMPATIENT = {"TransactionMessageRetryInterval": "1"}


def cut(station: Station, dice: Random) -> None:
    """The connection dies; the station is back after its back-off."""
    station.cut()


def go_offline(station: Station, dice: Random) -> None:
    """No network for 5 to 20 s; charging goes on and is told afterwards."""
    station.go_offline(dice.uniform(5, 20))


def lose_answer(station: Station, dice: Random) -> None:
    """The answer to one message gets lost: the message comes again under a new id."""
    station.answers_to_lose[dice.choice(TRANSACTION_MESSAGES)] = 1


def lose_start_answer(station: Station, dice: Random) -> None:
    """The answer to the next StartTransaction never arrives."""
    station.answers_to_lose["StartTransaction"] = 1


def reboot(station: Station, dice: Random) -> None:
    """A power failure."""
    station.spawn(station.reboot("PowerLoss"))


def forget_stop(station: Station, dice: Random) -> None:
    """The next StopTransaction is never sent."""
    station.charging.stops_to_forget = 1


def stop_first(station: Station, dice: Random) -> None:
    """The next StartTransaction comes after its StopTransaction."""
    station.outbox.starts_to_hold = 1


Deed = Callable[[Station, Random], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`deed` befalls each station once in `every_s` on average, or, when it is `for_all`, the
    whole fleet at once; `at_start` it befalls everybody (real seconds)."""

    deed: Deed
    every_s: float
    only_charging: bool = False
    for_all: bool = False
    at_start: bool = False

    def wait_s(self, stations: int, dice: Random) -> float:
        """Until it happens again to somebody."""
        return self.every_s if self.for_all else dice.expovariate(stations / self.every_s)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A way of failing. `clock_drift_s`: clocks are wrong by up to that; `presets` are
    configuration values that stations come with; `is_rude`: the last station breaks every rule
    it can, the others watch."""

    description: str
    faults: tuple[Fault, ...] = ()
    clock_drift_s: float = 0.0
    call_timeout_s: float = 30.0
    presets: Mapping[str, str] = field(default_factory=dict)
    is_rude: bool = False


SCENARIOS: dict[str, Scenario] = {
    "normal": Scenario("nothing goes wrong"),
    "offline-replay": Scenario(
        "sockets die while charging; stations charge on without network and tell it on return",
        (Fault(go_offline, 40, only_charging=True),),
    ),
    "reboot-while-charging": Scenario(
        "power fails while charging; transactions end with PowerLoss after the boot",
        (Fault(reboot, 60, only_charging=True),),
    ),
    "missed-stop": Scenario(
        "some StopTransactions are never sent",
        (Fault(forget_stop, 60, at_start=True),),
    ),
    "retries": Scenario(
        "answers get lost: the same content comes again under new message ids",
        (Fault(lose_answer, 15),),
        call_timeout_s=2,
        presets=IMPATIENT,
    ),
    "transaction-minus-one": Scenario(
        "StartTransactions are given up unanswered; what follows bears transactionId -1",
        (Fault(lose_start_answer, 30, at_start=True),),
        call_timeout_s=2,
        presets={"TransactionMessageAttempts": "1"},
    ),
    "stop-before-start": Scenario(
        "some StopTransactions (with transactionId -1) come before their StartTransactions",
        (Fault(stop_first, 30, at_start=True),),
    ),
    "reconnect-storm": Scenario(
        "all connections die at once, every 10 s, and all come back",
        (Fault(cut, 10, for_all=True),),
    ),
    "flaky": Scenario("connections die at any moment", (Fault(cut, 20),)),
    "clock-drift": Scenario("clocks are wrong by up to ten minutes", clock_drift_s=600),
    "rude": Scenario(
        "one station breaks every rule it can, one after the other, and reports what the server "
        "did about it",
        is_rude=True,
    ),
}


async def inflict(fault: Fault, stations: Sequence[Station], dice: Random) -> None:
    """Let `fault` happen, again and again."""
    if fault.at_start:
        _befall(fault, stations, dice)
    while stations:
        await asyncio.sleep(fault.wait_s(len(stations), dice))
        victims = stations if fault.for_all else [dice.choice(stations)]
        _befall(fault, victims, dice)


def _befall(fault: Fault, victims: Sequence[Station], dice: Random) -> None:
    for station in victims:
        if not fault.only_charging or is_charging(station):
            station.world.tally.faults[fault.deed.__name__] += 1
            fault.deed(station, dice)


def is_charging(station: Station) -> bool:
    """Whether any transaction runs there."""
    return any(c.transaction is not None for c in station.charging.connectors.values())


def drift(scenario: Scenario, dice: Random) -> timedelta:
    """How wrong a station's clock is."""
    return timedelta(seconds=dice.uniform(-scenario.clock_drift_s, scenario.clock_drift_s))
