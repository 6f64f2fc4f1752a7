"""A site's limit on its way to real stations: over sockets, within the shares of all."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from booking.models import ChargingSession
from cpms.simulation.physics import Car, Outlet
from cpms.simulation.station import Station
from cpms.simulation.world import StationSpec, World
from energy.domain.supply import Limit
from energy.enums import LimitKind
from energy.models import EvsePlace, PowerSharing, SessionShare
from energy.services import keep_defaults, set_fallback, share_due, take_limits
from stations.models import Evse
from tests.factories.energy import SupplySourceFactory
from tests.factories.stations import ConnectorFactory
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import issue, settled, until

ACCEPTED = {"status": "Accepted"}
VOLTS = 230
IN_TIME_S = 5

sweep = sync_to_async(share_due)
now = lambda: datetime.now(UTC)  # noqa: E731


@pytest.fixture
def site(station):
    """32 A on each phase; CP001 has an outlet of 32 A on L1 and one on L2."""
    for evse, rotation in zip(Evse.objects.order_by("number"), ("RST", "STR"), strict=True):
        ConnectorFactory(evse=evse, power_type="AC_1_PHASE")
        EvsePlace.objects.create(evse=evse, rotation=rotation)
    PowerSharing.objects.create(location=station.location, fuse_a=32)
    return SupplySourceFactory(location=station.location, import_limit_kw=64 * VOLTS / 1000)


async def say_limit(source, amperes, kind=LimitKind.IMPORT, reference="R"):
    limit = Limit(amperes * VOLTS / 1000, now() - timedelta(seconds=1), None, kind)
    await sync_to_async(take_limits)(
        source=source, origin="dso", reference=reference, limits=[limit], now=now()
    )


async def told(charger, requests=1):
    """The next limits that the station is told, by connector, once it answered them all."""
    limits = {}
    for _ in range(requests):
        async with asyncio.timeout(IN_TIME_S):
            frame = await charger.next_request()
        assert frame[2] == "SetChargingProfile"
        await charger.answer(frame, ACCEPTED)
        schedule = frame[3]["csChargingProfiles"]["chargingSchedule"]
        limits[frame[3]["connectorId"]] = schedule["chargingSchedulePeriod"][-1]["limit"]
    await until(no_question_is_open)
    return limits


async def no_question_is_open():
    return not await SessionShare.objects.exclude(asked_a=None).aexists()


async def test_a_new_limit_reaches_the_station_at_once(server, station, site, driver):
    async with connected(server, "CP001", station.password) as charger:
        await charger.start()
        await sweep(now=now())
        assert await told(charger) == {1: 32}

        await say_limit(site, 10)
        assert await told(charger) == {1: 10}
        await say_limit(site, 20)
        assert await told(charger) == {1: 20}


async def test_a_dso_that_is_away_leaves_its_fallback(server, station, site, driver):
    async with connected(server, "CP001", station.password) as charger:
        await charger.start()
        await sweep(now=now())
        await told(charger)
        await say_limit(site, 8, LimitKind.FALLBACK_IMPORT)

        away = sync_to_async(set_fallback)
        await away(source=site, origin="dso", on=True, now=now())
        assert await told(charger) == {1: 8}
        await away(source=site, origin="dso", on=False, now=now())
        assert await told(charger) == {1: 32}


async def test_a_second_car_waits_until_the_first_gave_up_its_part(server, station, site, driver):
    await say_limit(site, 32)
    async with connected(server, "CP001", station.password) as charger:
        await charger.start()
        await sweep(now=now())
        assert await told(charger) == {1: 32}

        await charger.start(id_tag="04A1B2C4", number=2)
        await sweep(now=now())
        assert await told(charger, 2) == {1: 16, 2: 0}
        await sweep(now=now() + timedelta(seconds=6))
        assert await told(charger) == {2: 16}


async def test_a_session_that_ends_leaves_its_part(server, station, site, driver):
    await say_limit(site, 32)
    async with connected(server, "CP001", station.password) as charger:
        first = await charger.start()
        await charger.start(id_tag="04A1B2C4", number=2)
        await sweep(now=now())
        assert await told(charger, 2) == {1: 16, 2: 16}

        await charger.stop(first["transactionId"], 0)
        await sweep(now=now())
        assert await told(charger) == {2: 32}


async def test_after_a_boot_the_station_gets_its_safe_default(server, station, site):
    async with connected(server, "CP001", station.password) as charger:
        await charger.boot()
        await until(sync_to_async(lambda: keep_defaults(now=now()) == 1))
        frame = await charger.next_request()

    profile = frame[3]["csChargingProfiles"]
    assert (frame[2], frame[3]["connectorId"]) == ("SetChargingProfile", 0)
    assert profile["chargingProfilePurpose"] == "TxDefaultProfile"
    assert profile["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 6}]


async def test_simulated_stations_hold_to_their_shares(server, station, site, driver):
    """Cars draw what they may, and the station says so itself when it is asked."""
    outlet = Outlet(VOLTS * 32, phases=1)
    spec = StationSpec("CP001", station.password, (outlet, outlet))
    simulated = Station(spec, World(f"{server.ws_url}/ocpp/{{identity}}"))
    async with simulated:
        cars = simulated.charging.connectors
        for number in cars:
            simulated.charging.plug_in(number, Car(60_000, 6_000, VOLTS * 32, phases=1))
            await until(simulated_is_registered(simulated))
            assert await simulated.charging.present(number, driver.uid)
        await until(ChargingSession.objects.filter(evse__number=2).aexists)

        async def power_is(*watts):
            await sweep(now=now() + timedelta(seconds=6))
            return [car.power_w for car in cars.values()] == list(watts)

        await until(lambda: power_is(VOLTS * 32, VOLTS * 32))
        await until(no_question_is_open)  # its sweeps ran ahead of the clock, which orders requests
        await say_limit(site, 20)
        await until(lambda: power_is(VOLTS * 10, VOLTS * 10))
        asked = {"connectorId": 1, "duration": 600, "chargingRateUnit": "A"}
        plan = await settled(await issue(station, "GetCompositeSchedule", asked))

    planned = plan.response["chargingSchedule"]["chargingSchedulePeriod"]
    assert planned == [{"startPeriod": 0, "limit": 10.0}]


def simulated_is_registered(simulated):
    async def is_registered():
        return simulated.registered.is_set()

    return is_registered
