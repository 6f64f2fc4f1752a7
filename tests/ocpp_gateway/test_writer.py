"""The writer on a real database: what is answered is stored, and one fact's fault is its own."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection

from booking.domain.facts import MeterReading
from booking.models import MeterSample
from ocpp_gateway import writer as module
from ocpp_gateway.database import connection_parameters
from ocpp_gateway.writer import LONGEST_QUEUE, NotStored, Refused, StaleSocket, Writer
from stations.domain.facts import Disconnection, Exchange, QuirkUse, StatusReport
from stations.models import Evse, OcppMessage, StationConnection, StationQuirk
from tests.ocpp_gateway.operator import until

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
END_GATEWAYS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"


@pytest.fixture
async def writer(station):
    from asgiref.sync import sync_to_async  # noqa: PLC0415 -- here alone

    await StationConnection.objects.filter(station=station).aupdate(epoch=3, connected_at=NOW)
    await sync_to_async(_empty_log)()
    running = Writer()
    running.start()
    yield running
    await running.stop()


def _empty_log():
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE booking_metersample, stations_ocppmessage")


@pytest.fixture
def status(station):
    return StatusReport(station.pk, 3, 1, "Charging", NOW)


@pytest.fixture
def reading(station):
    return MeterReading(
        station_id=station.pk,
        epoch=3,
        evse_number=1,
        measured_at=NOW,
        received_at=NOW,
        content_hash=1,
        energy_wh=5,
    )


async def outcomes(writer, facts):
    stored = await asyncio.gather(*[writer.store([fact]) for fact in facts], return_exceptions=True)
    return [type(one) if one is not None else None for one in stored]


async def statuses():
    return [row async for row in Evse.objects.order_by("number").values_list("status", flat=True)]


@pytest.mark.parametrize("nonsense", [{"evse_number": 2**40}, {"reported_at": "noon"}])
async def test_a_fact_that_cannot_be_stored_fails_alone(writer, status, reading, nonsense):
    facts = [status, replace(status, **nonsense), replace(status, evse_number=2), reading]

    assert await outcomes(writer, facts) == [None, Refused, None, None]
    assert await statuses() == ["Charging", "Charging"]
    assert await MeterSample.objects.acount() == 1


async def test_a_replaced_socket_stores_nothing(writer, status):
    assert await outcomes(writer, [replace(status, epoch=2), status]) == [StaleSocket, None]


async def test_nothing_to_store_is_stored(writer):
    await writer.store([])


async def test_nobody_is_told_that_it_is_stored_while_the_database_is_away_and_then_it_heals(
    writer, status, station
):
    await writer.store([replace(status, status="Preparing")])
    name = connection_parameters()["application_name"]
    async with await psycopg.AsyncConnection.connect(
        **{**connection_parameters(), "application_name": "a test"}, autocommit=True
    ) as other:
        await other.execute(END_GATEWAYS, [name])

    assert await outcomes(writer, [status]) == [NotStored]
    assert await outcomes(writer, [status]) == [None]
    assert (await statuses())[0] == "Charging"


async def test_a_server_that_falls_silent_is_away(writer, status, monkeypatch):
    monkeypatch.setattr(module, "COMMIT_WITHIN_S", 0.3)
    await writer.store([status])
    async with await psycopg.AsyncConnection.connect(**connection_parameters()) as other:
        await other.execute("LOCK stations_evse IN ACCESS EXCLUSIVE MODE")

        assert await outcomes(writer, [status]) == [NotStored]

        await other.rollback()
    assert await outcomes(writer, [status]) == [None]


async def test_a_lost_race_for_locks_is_run_again(writer, status):
    """A deadlock: the other has EVSE 2 and wants 1, the writer has 1 and wants 2."""
    async with await psycopg.AsyncConnection.connect(**connection_parameters()) as other:
        await other.execute("SET deadlock_timeout = '20s'")
        await other.execute("UPDATE stations_evse SET floor_level = '1' WHERE number = 2")
        storing = asyncio.create_task(writer.store([status, replace(status, evse_number=2)]))
        await asyncio.sleep(0.3)
        await other.execute("UPDATE stations_evse SET floor_level = '1' WHERE number = 1")
        await other.commit()

    await storing
    assert await statuses() == ["Charging", "Charging"]


async def test_what_nobody_waits_for_is_written_too(writer, station):
    writer.note(Exchange(NOW, station.pk, "in", "Heartbeat", "1", "{}", "a\tb\\", NOW, "c\td"))
    writer.note_quirk(QuirkUse(station.pk, "null_field", NOW))
    writer.note_quirk(QuirkUse(station.pk, "null_field", NOW))
    writer.note_left(Disconnection(station.pk, 3, NOW))
    await until(StationQuirk.objects.aexists)

    (message,) = [row async for row in OcppMessage.objects.values("action", "answer", "error_code")]
    assert message == {"action": "Heartbeat", "answer": "a\tb\\", "error_code": "c\td"}
    assert (await StationQuirk.objects.aget()).count == 2
    assert (await StationConnection.objects.aget(station=station)).disconnected_at == NOW


async def test_a_log_that_waits_for_the_database_has_an_end(station):
    idle = Writer()

    for _ in range(3000):
        idle.note(Exchange(NOW, station.pk, "in", "DataTransfer", "1", "x" * 60_000))
    for _ in range(LONGEST_QUEUE + 5):
        idle.note_quirk(QuirkUse(station.pk, "null_field", NOW))
        idle.note_seen(station.pk, 3, NOW)

    assert sum(len(one.request) for one in idle._extras.exchanges) <= module.MOST_LOGGED_CHARACTERS
    assert len(idle._extras.quirks) == LONGEST_QUEUE
    assert len(idle._seen) == 1
