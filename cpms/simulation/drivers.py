"""The people: they arrive, plug in, hold their card to the reader, and leave."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random

from cpms.simulation.connector import Connector
from cpms.simulation.physics import Car
from cpms.simulation.replay import Visit, car_for
from cpms.simulation.station import Station

PLUG_S = 0.3  # real seconds from the plug to the reader
WALK_S = 1.5  # from the reader to the plug
REMOTE_STAY_S = 45 * 60


async def come_and_go(
    station: Station, number: int, visits: Iterator[Visit], id_tags: Sequence[str], dice: Random
) -> None:
    """Everybody who ever comes to one connector, one after the other."""
    await station.registered.wait()
    for planned in visits:
        await station.clock.sleep_until(planned.arrives_at)
        visit = planned.rest(station.clock.now())
        connector = station.charging.connectors[number]
        if visit.stay_s > 0 and connector.status == "Available":
            car = car_for(visit, connector.outlet, dice)
            await _visit(station, connector, car, visit, dice.choice(id_tags))


async def _visit(
    station: Station, connector: Connector, car: Car, visit: Visit, id_tag: str
) -> None:
    """Plug in, card, charge until it is time or somebody ended it, card, unplug."""
    station.charging.plug_in(connector.number, car)
    await asyncio.sleep(PLUG_S)
    if await station.charging.present(connector.number, id_tag):
        await station.clock.wait(connector.idle, visit.leaves_at)
        if connector.transaction is not None:
            await station.charging.present(connector.number, id_tag)
        await station.clock.sleep(WALK_S)
    station.charging.unplug(connector.number)


def bring_car(station: Station, connector: Connector) -> None:
    """Somebody started this connector by app and stands there with a car."""
    station.spawn(_remote_visit(station, connector))


async def _remote_visit(station: Station, connector: Connector) -> None:
    await station.clock.sleep(WALK_S + station.dice.uniform(0, 2))
    if connector.car is not None or connector.permit is None:
        return
    battery_wh = 58_000.0
    station.charging.plug_in(connector.number, Car(battery_wh, 0.35 * battery_wh))
    leaves_at = station.clock.now() + timedelta(seconds=REMOTE_STAY_S)
    await station.clock.wait(connector.idle, leaves_at)
    await station.clock.sleep(2 * WALK_S)
    station.charging.unplug(connector.number)
