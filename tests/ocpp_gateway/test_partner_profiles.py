"""Charging profiles of an eMSP: over real OCPI to a real station, and the results back."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async

from booking.models import ChargingSession
from energy.models import SessionProfile
from energy.services import watch_profiles
from ocpi.models import Partner, PartnerCommand
from ocpi.services.changes import spread_changes
from ocpi.services.pushing import push_partner
from ocpi.services.results import tell_results
from stations.models import ChargingStation, StationCommand
from stations.schemas import faults_in
from stations.services import expire_commands
from tests.factories.ocpi import roaming_token
from tests.factories.stations import ConnectorFactory
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import outcome, until

ACCEPTED = {"result": "ACCEPTED", "timeout": 90}
PROFILE = {
    "charging_rate_unit": "A",
    "charging_profile_period": [
        {"start_period": 0, "limit": 16.1},
        {"start_period": 600, "limit": 6},
    ],
}
SCHEDULE = {
    "duration": 1800,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10}],
}
PLANNED = {
    "start_date_time": "2026-06-01T12:00:00Z",
    "charging_profile": {
        "charging_rate_unit": "A",
        "charging_profile_period": [{"start_period": 0, "limit": 10.0}],
        "duration": 1800,
    },
}
PLAN = {
    "status": "Accepted",
    "connectorId": 1,
    "scheduleStart": "2026-06-01T12:00:00Z",
    "chargingSchedule": SCHEDULE,
}
tell = sync_to_async(tell_results)
watch = sync_to_async(watch_profiles)


@pytest.fixture
def driver(emsp):
    return roaming_token(uid="04AA")


@pytest.fixture
def ask(emsp, driver):
    """Asks about a session's profile; `ask.results()` is what the eMSP was told."""

    async def asked(method, session_id, body=None, **query):
        url = f"{emsp.endpoints['chargingprofiles']}/{session_id}"
        where = f"{emsp.url}/emsp/profiles/{method}"
        if method == "PUT":
            body = {"response_url": where, "charging_profile": PROFILE, **(body or {})}
        else:
            url += "?" + urlencode({"response_url": where, **query})
        return await sync_to_async(emsp.ask)(method, url, body, **{"X-Correlation-ID": "C-1"})

    asked.results = lambda: [
        (path.removeprefix("profiles/"), body)
        for _, path, body in emsp.received
        if path.startswith("profiles/")
    ]
    return asked


async def begun(charger, number=1):
    await charger.start("04AA", number, 100)
    return await ChargingSession.objects.aget(evse__number=number)


async def settled():
    await until(_none_open)


async def _none_open():
    return not await StationCommand.objects.filter(settled_at=None).aexists()


async def answered(charger, payload):
    """The station's next request, answered and stored."""
    frame = await charger.next_request()
    await charger.answer(frame, payload)
    await settled()
    return frame[2:]


async def pushed(emsp):
    """What the eMSP is pushed of what stations plan, from now on."""
    before = len(emsp.received)
    await sync_to_async(_push)()
    return [one for one in emsp.received[before:] if one[1].startswith("chargingprofiles")]


def _push():
    now = datetime.now(UTC)
    spread_changes(now=now)
    for partner in Partner.objects.all():
        push_partner(partner_id=partner.pk, clock=lambda: now + timedelta(seconds=1))


async def test_a_profile_is_set_read_and_cleared(server, station, emsp, ask):
    async with connected(server, "CP001", station.password) as charger:
        session = await begun(charger)
        answers = [await ask("PUT", str(session.pk).upper())]
        put = await answered(charger, {"status": "Accepted"})
        answers += [await ask("GET", session.pk, duration=900)]
        get = await answered(charger, PLAN)
        answers += [await ask("DELETE", session.pk)]
        delete = await answered(charger, {"status": "Accepted"})
        transaction = await session.transactions.aget()
        told = await tell()

    profile = await SessionProfile.objects.aget()
    assert [(answer.codes, answer.data) for answer in answers] == [((200, 1000), ACCEPTED)] * 3
    assert put == [
        "SetChargingProfile",
        {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": profile.pk,
                "transactionId": int(transaction.reference),
                "stackLevel": 0,
                "chargingProfilePurpose": "TxProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": {
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [
                        {"startPeriod": 0, "limit": 16.1},
                        {"startPeriod": 600, "limit": 6},
                    ],
                },
            },
        },
    ]
    assert get == [
        "GetCompositeSchedule",
        {"connectorId": 1, "duration": 900, "chargingRateUnit": "A"},
    ]
    assert delete == ["ClearChargingProfile", {"id": profile.pk}]
    assert (told, sorted(ask.results())) == (
        3,
        [
            ("DELETE", {"result": "ACCEPTED"}),
            ("GET", {"result": "ACCEPTED", "profile": PLANNED}),
            ("PUT", {"result": "ACCEPTED"}),
        ],
    )
    assert faults_in("ActiveChargingProfileResult", dict(ask.results())["GET"]) == []
    assert emsp.requests[-1][2]["X-Correlation-ID"] == "C-1"
    assert await tell() == 0


async def test_what_the_station_plans_is_pushed_when_limits_change(server, station, emsp, ask):
    lower = {**SCHEDULE, "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
    theirs = {
        "connectorId": 0,
        "csChargingProfiles": {
            "chargingProfileId": 900,
            "stackLevel": 0,
            "chargingProfilePurpose": "ChargePointMaxProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": lower,
        },
    }
    async with connected(server, "CP001", station.password) as charger:
        session = await begun(charger)
        await ask("PUT", session.pk)
        unanswered = await watch(now=datetime.now(UTC))
        await answered(charger, {"status": "Accepted"})
        looks = [await watch(now=datetime.now(UTC))]
        look = await answered(charger, PLAN)
        looks += [await watch(now=datetime.now(UTC))]
        first = await pushed(emsp)
        looks += [await watch(now=datetime.now(UTC))]
        await outcome(charger, station, "SetChargingProfile", theirs, {"status": "Accepted"})
        looks += [await watch(now=datetime.now(UTC))]
        await answered(charger, {**PLAN, "chargingSchedule": lower})
        looks += [await watch(now=datetime.now(UTC))]
        second = await pushed(emsp)
        again = await pushed(emsp)

    planned = {
        **PLANNED["charging_profile"],
        "charging_profile_period": [{"start_period": 0, "limit": 6.0}],
    }
    path = f"chargingprofiles/{session.pk}"
    assert (unanswered, looks) == (0, [1, 1, 0, 1, 1])
    assert look[1] == {"connectorId": 1, "duration": 1800, "chargingRateUnit": "A"}
    assert (first, second, again) == (
        [("PUT", path, PLANNED)],
        [("PUT", path, {**PLANNED, "charging_profile": planned})],
        [],
    )
    assert faults_in("ActiveChargingProfile", PLANNED) == []


async def test_whose_profile_the_station_did_not_take_is_pushed_nothing(server, station, emsp, ask):
    async with connected(server, "CP001", station.password) as charger:
        session = await begun(charger)
        await ask("PUT", session.pk)
        await answered(charger, {"status": "Rejected"})
        cleared = {"chargingProfilePurpose": "TxDefaultProfile"}
        await outcome(charger, station, "ClearChargingProfile", cleared, {"status": "Accepted"})
        await watch(now=datetime.now(UTC))
        await answered(charger, PLAN)
        await watch(now=datetime.now(UTC))
        news = await pushed(emsp)

    assert (await SessionProfile.objects.aget()).seen_id is not None
    assert news == []


@pytest.mark.parametrize(
    ("method", "said", "expected"),
    [
        ("PUT", {"status": "Rejected"}, {"result": "REJECTED"}),
        ("PUT", {"status": "NotSupported"}, {"result": "REJECTED"}),
        ("PUT", None, {"result": "REJECTED"}),
        ("DELETE", {"status": "Unknown"}, {"result": "UNKNOWN"}),
        ("GET", {"status": "Rejected"}, {"result": "REJECTED"}),
        ("GET", {**PLAN, "chargingSchedule": {"duration": 1}}, {"result": "REJECTED"}),
    ],
)
async def test_what_the_station_says_is_what_the_partner_is_told(
    server, station, ask, method, said, expected
):
    async with connected(server, "CP001", station.password) as charger:
        session = await begun(charger)
        await sync_to_async(SessionProfile.objects.create)(session=session)
        await ask(method, session.pk, duration=900)
        frame = await charger.next_request()
        if said:
            await charger.answer(frame, said)
            await settled()
        else:
            later = datetime.now(UTC) + timedelta(seconds=61)
            await sync_to_async(expire_commands)(now=later)
        await tell()

    assert ask.results() == [(method, expected)]


async def test_without_a_limit_the_plan_is_all_that_the_evse_gives(server, station, ask):
    async with connected(server, "CP001", station.password) as charger:
        session = await begun(charger)
        await sync_to_async(ConnectorFactory)(
            evse=await station.evses.aget(number=1), power_type="DC", max_electric_power=50_000
        )
        await ask("GET", session.pk, duration=60)
        frame = await answered(
            charger, {"status": "Accepted", "scheduleStart": "2026-06-01T12:00:00Z"}
        )
        await tell()

    most = {
        "charging_rate_unit": "W",
        "charging_profile_period": [{"start_period": 0, "limit": 50_000.0}],
        "duration": 60,
    }
    profile = {"start_date_time": "2026-06-01T12:00:00Z", "charging_profile": most}
    assert frame[1]["chargingRateUnit"] == "W"
    assert ask.results() == [("GET", {"result": "ACCEPTED", "profile": profile})]


async def test_clearing_what_was_never_set_finds_nothing(server, station, ask):
    async with connected(server, "CP001", station.password) as charger:
        session = await begun(charger)
        answer = await ask("DELETE", session.pk)
        await tell()

    assert (answer.data, ask.results()) == (ACCEPTED, [("DELETE", {"result": "UNKNOWN"})])
    assert await StationCommand.objects.acount() == 0


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"SupportedFeatureProfiles": "Core"}, "NOT_SUPPORTED"),
        ({"ChargingScheduleMaxPeriods": "1"}, "REJECTED"),
        # its connector is unknown, so amperes cannot be made watts
        ({"ChargingScheduleAllowedChargingRateUnit": "Power"}, "NOT_SUPPORTED"),
    ],
)
async def test_what_a_station_cannot_is_said_at_once(server, station, ask, said, expected):
    configuration = {key: {"value": value, "readonly": True} for key, value in said.items()}
    await ChargingStation.objects.aupdate(configuration=configuration)
    async with connected(server, "CP001", station.password) as charger:
        session = await begun(charger)
        answer = await ask("PUT", session.pk)

    assert answer.data == {"result": expected, "timeout": 90}
    assert await PartnerCommand.objects.acount() == 0
    assert await SessionProfile.objects.acount() == 0


async def test_a_session_that_is_over_or_away_is_refused(server, station, ask):
    async with connected(server, "CP001", station.password) as charger:
        session = await begun(charger)
        transaction = await session.transactions.aget()
    away = await ask("PUT", session.pk)
    async with connected(server, "CP001", station.password) as charger:
        await charger.stop(int(transaction.reference), 200)
        over = await ask("PUT", session.pk)

    assert [answer.data["result"] for answer in (away, over)] == ["REJECTED"] * 2
    assert await PartnerCommand.objects.acount() == 0


async def test_too_many_requests_about_one_session_are_too_often(server, station, ask):
    async with connected(server, "CP001", station.password) as charger:
        session, other = await begun(charger), await begun(charger, 2)
        said = [(await ask("DELETE", session.pk)).data["result"] for _ in range(7)]
        others = (await ask("DELETE", other.pk)).data["result"]
        later = datetime.now(UTC) - timedelta(minutes=1)
        await PartnerCommand.objects.aupdate(created_at=later)
        after = (await ask("DELETE", session.pk)).data["result"]

    assert said == ["ACCEPTED"] * 6 + ["TOO_OFTEN"]
    assert (others, after) == ("ACCEPTED", "ACCEPTED")


async def test_another_partners_session_does_not_exist(server, station, roam, ask):
    await sync_to_async(roam)("EVL")
    await sync_to_async(roaming_token)("EVL", uid="04BB")
    async with connected(server, "CP001", station.password) as charger:
        await charger.start("04BB", 1, 5)
        session = await ChargingSession.objects.aget()
        said = [await ask(method, session.pk, duration=60) for method in ("GET", "PUT", "DELETE")]
        said += [await ask("PUT", "nonsense")]

    assert [answer.data["result"] for answer in said] == ["UNKNOWN_SESSION"] * 4


NO_SENSE = (
    ("PUT", {"charging_profile": {**PROFILE, "charging_rate_unit": "kW"}}, (200, 2001)),
    ("PUT", {"charging_profile": {**PROFILE, "charging_profile_period": []}}, (200, 2001)),
    ("PUT", {"charging_profile": {**PROFILE, "duration": 600}}, (200, 2001)),
    ("PUT", {"charging_profile": {**PROFILE, "min_charging_rate": 6.55}}, (200, 2001)),
    (
        "PUT",
        {"charging_profile": {**PROFILE, "start_date_time": "2026-02-30T12:00:00Z"}},
        (200, 2001),
    ),
    ("PUT", {"response_url": "ftp://x/"}, (200, 2001)),
    ("PUT", {"response_url": None}, (200, 2001)),
    ("GET", {"duration": "0"}, (200, 2001)),
    ("GET", {"duration": "-5"}, (200, 2001)),
    ("GET", {"duration": "99999999999999999999"}, (200, 2001)),
    ("GET", {"duration": "1", "response_url": "https://x/" + "y" * 255}, (200, 2001)),
    ("DELETE", {"response_url": ""}, (200, 2001)),
    ("PATCH", {}, (405, 2000)),
)


async def test_what_makes_no_sense_is_refused_whole(server, station, ask):
    answers = []
    async with connected(server, "CP001", station.password) as charger:
        session = await begun(charger)
        for method, changed, _ in NO_SENSE:
            body, query = (changed, {}) if method == "PUT" else (None, changed)
            answers.append(await ask(method, session.pk, body, **query))

    assert [answer.codes for answer in answers] == [codes for *_, codes in NO_SENSE]
    assert await PartnerCommand.objects.acount() == 0
    assert await StationCommand.objects.acount() == 0
