"""What was acknowledged is stored, once, however often the web process is killed."""

import asyncio
import random

import psycopg
import pytest

from bench.servers import free_port
from tests.reliability.conftest import WEB
from tests.reliability.stations import Station

TRANSACTIONS = """
SELECT station.identity, begun.reference, begun.started_at, begun.meter_start_wh,
       session.meter_stop_wh, session.status, session.energy_wh, count(cdr.id),
       coalesce(sum(cdr.energy_wh), 0)::bigint
FROM booking_transaction AS begun
JOIN stations_chargingstation AS station ON station.id = begun.station_id
JOIN booking_chargingsession AS session ON session.id = begun.session_id
LEFT JOIN booking_cdr AS cdr ON cdr.session_id = session.id
GROUP BY station.identity, begun.id, session.id
"""
READINGS = """
SELECT station.identity, sample.measured_at, sample.energy_wh, sample.transaction_reference
FROM booking_metersample AS sample
JOIN stations_evse AS evse ON evse.id = sample.evse_id
JOIN stations_chargingstation AS station ON station.id = evse.station_id
"""


async def charge_and_kill(lab, stations, kills):
    """The stations, after their web process was killed so often while they charged."""
    port, enough = free_port(), asyncio.Event()
    server = await asyncio.to_thread(lab.serve, *WEB, port=port)
    try:
        fleet = [Station(port, number) for number in range(stations)]
        charging = [asyncio.create_task(one.charge_until(enough)) for one in fleet]
        for _ in range(kills):
            await asyncio.sleep(0.5 + random.random() * 2)
            server.process.kill()
            await asyncio.to_thread(server.process.wait)
            server = await asyncio.to_thread(lab.serve, *WEB, port=port)
        await asyncio.sleep(2)
        enough.set()
        await asyncio.wait_for(asyncio.gather(*charging), 120)
    finally:
        await asyncio.to_thread(server.__exit__)
    return fleet


def stored(lab, query):
    with psycopg.connect(lab.environment["DATABASE_URL"]) as connection:
        return sorted(connection.execute(query).fetchall())


@pytest.mark.parametrize(
    ("stations", "kills"),
    [
        pytest.param(40, 2, id="a few"),
        pytest.param(200, 20, id="many", marks=pytest.mark.slow),
    ],
)
async def test_every_acknowledged_message_is_stored_once(lab, stations, kills):
    before = [set(stored(lab, TRANSACTIONS)), set(stored(lab, READINGS))]

    fleet = await charge_and_kill(lab, stations, kills)

    accounts = [one.account for one in fleet]
    transactions = sorted(
        (*entry, "COMPLETED", entry[4] - entry[3], 1, entry[4] - entry[3])
        for account in accounts
        for entry in account.transactions
    )
    readings = sorted(entry for account in accounts for entry in account.readings)
    assert sum(account.repeats for account in accounts) >= stations  # they did lose answers
    assert [row for row in stored(lab, TRANSACTIONS) if row not in before[0]] == transactions
    assert [row for row in stored(lab, READINGS) if row not in before[1]] == readings
    assert [refusal for account in accounts for refusal in account.refusals] == []
    print(
        f"\n{kills} kills, {stations} stations: {len(transactions)} transactions and "
        f"{len(readings)} readings acknowledged, all stored once"
    )
