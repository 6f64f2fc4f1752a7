"""Faults as data: what may happen to a fleet, and how often."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from cpms.simulation.clock import Clock
from cpms.simulation.station import Station


def cut(station: Station, dice: Random) -> None:
    """The connection dies; the station is back after its back-off."""
    station.cut()


def go_offline(station: Station, dice: Random) -> None:
    """No network for 5 to 30 s; charging goes on and is told afterwards."""
    station.go_offline(dice.uniform(5, 30))


def lose_answer(station: Station, dice: Random) -> None:
    """The next answer never arrives: the message is sent again under a new id."""
    if station.link is not None:
        station.link.answers_to_lose += 1


def reboot(station: Station, dice: Random) -> None:
    """A power failure."""
    station.spawn(station.reboot("PowerLoss"))


def forget_stop(station: Station, dice: Random) -> None:
    """The next StopTransaction is never sent."""
    station.charging.stops_to_forget = 1


DEEDS: dict[str, Callable[[Station, Random], None]] = {
    deed.__name__: deed for deed in (cut, go_offline, lose_answer, reboot, forget_stop)
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`deed` befalls each station once in `every_s` on average (real seconds), or, when it is
    `for_all`, the whole fleet at once."""

    deed: str
    every_s: float
    only_charging: bool = False
    for_all: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """A way of failing. `clock_drift_s`: clocks are wrong by up to that; `rude_share` of the
    stations (at least one) behave as badly as they can."""

    description: str
    faults: tuple[Fault, ...] = ()
    clock_drift_s: float = 0.0
    rude_share: float = 0.0
    call_timeout_s: float = 30.0


SCENARIOS: dict[str, Scenario] = {
    "normal": Scenario("nothing goes wrong"),
    "flaky": Scenario("connections die at any moment", (Fault("cut", 30),)),
    "offline": Scenario(
        "stations lose their network while charging, charge on and tell it afterwards",
        (Fault("go_offline", 60, only_charging=True),),
    ),
    "lost-answers": Scenario(
        "answers get lost, so messages come again under new ids",
        (Fault("lose_answer", 20),),
        call_timeout_s=5,
    ),
    "reboot": Scenario(
        "power fails while charging; transactions end with PowerLoss after the boot",
        (Fault("reboot", 120, only_charging=True),),
    ),
    "missed-stop": Scenario(
        "some StopTransactions are never sent", (Fault("forget_stop", 120, only_charging=True),)
    ),
    "clock-drift": Scenario("clocks are wrong by up to ten minutes", clock_drift_s=600),
    "storm": Scenario(
        "all connections die at once, all come back", (Fault("cut", 30, for_all=True),)
    ),
    "rude": Scenario("every tenth station breaks every rule it can", rude_share=0.1),
}


async def inflict(fault: Fault, stations: Sequence[Station], dice: Random) -> None:
    """Let `fault` happen, again and again."""
    deed, clock = DEEDS[fault.deed], Clock()
    while stations:
        share = 1 if fault.for_all else len(stations)
        await clock.sleep(
            fault.every_s if fault.for_all else dice.expovariate(share / fault.every_s)
        )
        victims = stations if fault.for_all else [dice.choice(stations)]
        for station in victims:
            if not fault.only_charging or is_charging(station):
                deed(station, dice)


def is_charging(station: Station) -> bool:
    """Whether any transaction runs there."""
    return any(c.transaction is not None for c in station.charging.connectors.values())


def drift(scenario: Scenario, dice: Random) -> timedelta:
    """How wrong a station's clock is."""
    return timedelta(seconds=dice.uniform(-scenario.clock_drift_s, scenario.clock_drift_s))
