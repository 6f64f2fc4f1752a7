"""OCPP 1.6 certification of a Central System, Local Authorization List Management."""

from datetime import UTC, datetime

import pytest
from asgiref.sync import sync_to_async

from booking.models import LocalList, Token
from booking.services import manage_list, sync_local_lists
from stations.models import ChargingStation
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import outcome, until

ENTRY = {"idTag": "04A1B2C3", "idTagInfo": {"status": "Accepted"}}
LIMITS = {"LocalAuthListEnabled": "true", "LocalAuthListMaxLength": "10",
          "SendLocalListMaxLength": "10"}  # fmt: skip


@pytest.mark.parametrize(("case", "version"), [("TC_042_1 not supported", -1), ("TC_042_2", 0)])
async def test_tc_042_get_local_list_version(server, station, case, version):
    async with connected(server, "CP001", station.password) as charger:
        said = {"listVersion": version}
        stored = await outcome(charger, station, "GetLocalListVersion", {}, said)

    assert stored == ("accepted", {"listVersion": version}, None)


@pytest.mark.parametrize(
    ("case", "kind", "answer", "status"),
    [
        ("TC_043_1", "Full", "NotSupported", "rejected"),
        ("TC_043_3", "Full", "Failed", "rejected"),
        ("TC_043_4", "Full", "Accepted", "accepted"),
        ("TC_043_5", "Differential", "Accepted", "accepted"),
    ],
)
async def test_tc_043_send_local_list(server, station, case, kind, answer, status):
    payload = {"listVersion": 1, "updateType": kind, "localAuthorizationList": [ENTRY]}
    async with connected(server, "CP001", station.password) as charger:
        said = {"status": answer}
        stored = await outcome(charger, station, "SendLocalList", payload, said)

    known = [row async for row in LocalList.objects.values_list("version", "entries")]
    assert stored == (status, {"status": answer}, None)
    assert known == ([(1, {"04A1B2C3": ENTRY})] if status == "accepted" else [])


@pytest.fixture
def listing(station):
    """The station has told how long its list may be."""
    said = {name: {"value": value, "readonly": True} for name, value in LIMITS.items()}
    ChargingStation.objects.update(configuration=said)


async def asked(charger, answer):
    """What the server asks next, answered."""
    frame = await charger.next_request()
    await charger.answer(frame, answer)
    return frame[2], frame[3]


async def test_the_server_keeps_a_list_and_tells_what_changes(server, station, driver, listing):
    """TC_043_4 and TC_043_5, as they come about: the version grows with each request."""
    async with connected(server, "CP001", station.password) as charger:
        await sync_to_async(manage_list)(station=station, is_managed=True, now=datetime.now(UTC))
        first = [
            await asked(charger, {"listVersion": 0}),
            await asked(charger, {"status": "Accepted"}),
        ]
        await until(LocalList.objects.filter(command=None, version=1).aexists)
        await Token.objects.aupdate(status="Blocked")
        await sync_to_async(sync_local_lists)(now=datetime.now(UTC))
        second = await asked(charger, {"status": "Accepted"})
        await until(LocalList.objects.filter(command=None, version=2).aexists)

    blocked = {"idTag": "04A1B2C3", "idTagInfo": {"status": "Blocked"}}
    assert first == [
        ("GetLocalListVersion", {}),
        (
            "SendLocalList",
            {"listVersion": 1, "updateType": "Full", "localAuthorizationList": [ENTRY]},
        ),
    ]
    assert second == (
        "SendLocalList",
        {"listVersion": 2, "updateType": "Differential", "localAuthorizationList": [blocked]},
    )


async def test_a_list_that_failed_is_sent_whole(server, station, driver, listing):
    """TC_043_3: after Failed the server sends the whole list, with another version."""
    async with connected(server, "CP001", station.password) as charger:
        await sync_to_async(manage_list)(station=station, is_managed=True, now=datetime.now(UTC))
        await asked(charger, {"listVersion": 4})
        _, refused = await asked(charger, {"status": "Accepted"})
        await until(LocalList.objects.filter(command=None, version=5).aexists)
        await Token.objects.aupdate(status="Blocked")
        await sync_to_async(sync_local_lists)(now=datetime.now(UTC))
        kinds = [(await asked(charger, {"status": said}))[1] for said in ("Failed", "Accepted")]
        await until(LocalList.objects.filter(command=None, is_certain=True).aexists)

    told = [(one["updateType"], one["listVersion"]) for one in (refused, *kinds)]
    assert told == [("Full", 5), ("Differential", 6), ("Full", 6)]
