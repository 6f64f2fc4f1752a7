"""The rude station against the real gateway: its sockets may be closed, nothing else may change."""

import asyncio

import pytest

from booking.models import ChargingSession, MeterSample
from cpms.simulation.rude import RUDENESSES, Door
from cpms.simulation.rude.report import observe
from stations.models import Evse, StationConnection
from tests.factories.stations import EvseFactory, StationFactory
from tests.ocpp_gateway.charger import connected

QUICK = [name for name in RUDENESSES if name != "answer_late"]


@pytest.fixture
def rude(station):
    """RUDE1, at the same location as CP001."""
    made = StationFactory(identity="RUDE1", location=station.location)
    EvseFactory(station=made, location=made.location, number=1, uid="RUDE1-1")
    return made


async def own(station):
    """What must not change of a well-behaved station."""
    link = await StationConnection.objects.aget(station=station)
    evse = await Evse.objects.aget(station=station, number=1)
    session = await ChargingSession.objects.aget(evse=evse)
    samples = await MeterSample.objects.filter(evse_id=evse.pk).acount()
    state = (session.status, session.energy_wh, session.flags, samples)
    return link.epoch, link.is_connected, evse.status, *state


async def test_no_rudeness_gets_through_to_anybody(server, station, rude, driver):
    async with connected(server, "CP001", station.password) as charger:
        begun = await charger.start(meter_start=0)
        await charger.status(1, "Charging")
        await charger.meter(begun["transactionId"], 500)
        before = await own(station)
        door = Door(
            f"{server.ws_url}/ocpp/{{identity}}",
            "RUDE1",
            rude.password,
            id_tag="04A1B2C3",
            foreign_transaction_id=begun["transactionId"],
            patience_s=0.1,
        )

        verdicts = [one async for one in observe(door, lambda: charger.ask("Heartbeat", {}), QUICK)]

        assert [one.line() for one in verdicts if one.wrongs] == []
        assert [one.name for one in verdicts] == QUICK
        assert await own(station) == before


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("unknown_action", {"NotImplemented": 3, "NotSupported": 1}),
        ("depth_that_fits", {"FormationViolation": 1}),
        ("nested_values", {"FormationViolation": 3}),
        ("nulls_everywhere", {"OccurenceConstraintViolation": 3, "CALLRESULT": 2}),
    ],
)
async def test_a_rudeness_is_answered_in_the_words_of_1_6(server, rude, name, answers):
    door = Door(f"{server.ws_url}/ocpp/{{identity}}", "RUDE1", rude.password)

    await RUDENESSES[name](door)

    (socket,) = door.sockets
    said = [frame[2] if frame[0] == 4 else "CALLRESULT" for frame in socket.heard[1:]]
    await door.leave()
    assert {word: said.count(word) for word in said} == answers


@pytest.mark.parametrize("name", ["empty_fragments", "ten_megabyte_frame", "endless_fragments"])
async def test_a_message_without_an_end_is_too_big(server, rude, name):
    door = Door(f"{server.ws_url}/ocpp/{{identity}}", "RUDE1", rude.password)

    try:
        await RUDENESSES[name](door)
    except OSError:
        await door.sockets[0].listen(1)

    assert door.sockets[0].close_code in {1009, 1006}  # 1006: our own writes broke first
    await door.leave()


async def test_a_late_answer_changes_nothing(server, rude, monkeypatch):
    from cpms.simulation.rude import conduct  # noqa: PLC0415 -- to hurry it
    from tests.ocpp_gateway.operator import issue, settled  # noqa: PLC0415 -- here alone

    door = Door(f"{server.ws_url}/ocpp/{{identity}}", "RUDE1", rude.password, patience_s=5)
    work = asyncio.create_task(conduct.answer_late(door, delay_s=0.5))
    async with asyncio.timeout(10):
        while not door.sockets or not door.sockets[0].heard:  # noqa: ASYNC110 -- as it comes
            await asyncio.sleep(0.01)
    from datetime import timedelta  # noqa: PLC0415 -- here alone

    command = await issue(rude, "Reset", {"type": "Soft"}, deadline=timedelta(seconds=0.2))
    row = await settled(command)
    await work
    await door.leave()

    await command.arefresh_from_db()
    assert (row.status, row.error["code"]) == ("timed_out", "timed_out")
    assert (command.status, command.settled_at) == (row.status, row.settled_at)
