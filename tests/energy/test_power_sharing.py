"""Sharing a location's power, live: what stations are asked for, in which order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from energy.domain.profiles import ChargingProfile, Step
from energy.domain.supply import Limit
from energy.enums import LimitKind, PhaseRotation, RateUnit
from energy.models import (
    DispatchPlan,
    EvsePlace,
    PowerSharing,
    SessionPreferences,
    SessionShare,
    StationDefault,
)
from energy.services import (
    keep_defaults,
    limit_session,
    release_session,
    share,
    share_due,
    take_limits,
)
from stations.models import ChargingStation, StationCommand, StationConnection
from stations.services import settle_command
from tests.factories.booking import SessionFactory, TransactionFactory
from tests.factories.energy import BatteryFactory, SupplySourceFactory
from tests.factories.stations import ConnectorFactory, EvseFactory, LocationFactory, StationFactory

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
ACCEPTED = {"status": "Accepted"}
SINGLE = {"power_type": "AC_1_PHASE", "max_amperage": 32}


class Site:
    """A location with a fuse; `charge` lets a car come, `answer` lets stations answer."""

    def __init__(self, fuse_a=32, **more):
        self.location = LocationFactory()
        self.sharing = PowerSharing.objects.create(
            location=self.location, fuse_a=fuse_a, due_at=NOW - timedelta(days=1), **more
        )
        self.now = NOW

    def charge(self, rotation="RST", started_at=NOW, **connector):
        station = StationFactory(location=self.location)
        StationConnection.objects.filter(station=station).update(
            connected_at=NOW, subprotocol="ocpp1.6", gateway="here"
        )
        evse = EvseFactory(station=station, number=1)
        EvsePlace.objects.create(evse=evse, rotation=rotation)
        ConnectorFactory(evse=evse, **connector)
        session = SessionFactory(evse=evse, started_at=started_at)
        TransactionFactory(session=session)
        return session

    def share(self, seconds=0):
        self.now += timedelta(seconds=seconds)
        return share(location_id=self.location.pk, now=self.now)

    def answer(self, response=ACCEPTED, sessions=None):
        """Each open request is answered."""
        waiting = StationCommand.objects.filter(station__location=self.location, status="queued")
        if sessions is not None:
            waiting = waiting.filter(station__in=[one.evse.station for one in sessions])
        for command in waiting.order_by("created_at"):
            settle_command(command_id=command.pk, now=self.now, response=response)

    def settle(self, *sessions):
        """Share and answer until nothing is left to say; the shares."""
        for _ in range(10):
            self.share(10)
            self.answer()
        return [SessionShare.objects.get(session=one).offered_a for one in sessions]

    def measured(self, session, *amperes):
        for drawn_a in amperes:
            self.now += timedelta(seconds=10)
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO booking_metersample (evse_id, measured_at, content_hash,"
                    " received_at, session_id, context, current_l1_a)"
                    " VALUES (%s, %s, 0, %s, %s, 0, %s)",
                    [session.evse_id, self.now, self.now, session.pk, drawn_a],
                )
            type(session).objects.filter(pk=session.pk).update(last_meter_at=self.now)


def asked(session):
    """The limits that its station was asked for, oldest first."""
    commands = StationCommand.objects.filter(station=session.evse.station).order_by("created_at")
    found = []
    for command in commands.filter(action="SetChargingProfile"):
        schedule = command.payload["csChargingProfiles"]["chargingSchedule"]
        found.append([period["limit"] for period in schedule["chargingSchedulePeriod"]])
    return found


def limited(site, kw, **more):
    source = site.location.supply_sources.first() or SupplySourceFactory(location=site.location)
    said = Limit(kw, NOW, None, LimitKind.IMPORT, **more)
    take_limits(source=source, origin="dso", reference="R", limits=[said], now=site.now)


def test_cars_share_the_fuse():
    site = Site(fuse_a=40)
    cars = [site.charge(**SINGLE), site.charge(**SINGLE), site.charge("STR", **SINGLE)]

    assert site.settle(*cars) == [20, 20, 32]


def test_a_new_limit_is_told_at_once_and_lower_shares_come_first(
    django_capture_on_commit_callbacks,
):
    site = Site(fuse_a=64)
    cars = [site.charge(**SINGLE), site.charge(**SINGLE)]
    assert site.settle(*cars) == [32, 32]

    with django_capture_on_commit_callbacks(execute=True):
        limited(site, 230 * 20 / 1000)

    assert [asked(one)[-1] for one in cars] == [[10], [10]]


def test_nobody_gets_more_before_others_gave_it_up():
    site = Site(fuse_a=32)
    first = site.charge(**SINGLE)
    assert site.settle(first) == [32]
    second = site.charge(**SINGLE)

    site.share(1)
    assert (asked(first), asked(second)) == ([[32], [16]], [[0]])
    site.answer()
    assert site.share(1) == 0  # the first car still follows
    site.share(5)
    assert asked(second) == [[0], [16]]


def test_a_station_that_does_not_answer_is_counted_at_what_it_had():
    site = Site(fuse_a=32)
    first = site.charge(**SINGLE)
    site.settle(first)
    second = site.charge(**SINGLE)

    site.share(1)
    site.answer(sessions=[second])
    for _ in range(5):
        site.share(10)

    assert (asked(first), asked(second)) == ([[32], [16]], [[0]])


def test_what_an_ended_session_had_goes_to_others():
    site = Site(fuse_a=32)
    cars = [site.charge(**SINGLE), site.charge(**SINGLE)]
    assert site.settle(*cars) == [16, 16]

    type(cars[0]).objects.filter(pk=cars[0].pk).update(status="COMPLETED", ended_at=site.now)

    assert share_due(now=site.now) == 1
    site.answer()
    assert asked(cars[1])[-1] == [32]
    assert SessionShare.objects.count() == 1


def test_what_a_car_does_not_take_goes_to_others():
    site = Site(fuse_a=32)
    cars = [site.charge(**SINGLE), site.charge(**SINGLE)]
    site.settle(*cars)

    site.measured(cars[0], 7.8, 7.9)

    assert site.settle(*cars) == [10, 22]


def test_one_that_takes_more_than_it_may_is_flagged_and_counted_at_that():
    site = Site(fuse_a=32)
    cars = [site.charge(**SINGLE), site.charge(**SINGLE)]
    site.settle(*cars)

    site.measured(cars[0], 24.0, 24.2)

    site.share(1)
    assert SessionShare.objects.get(session=cars[0]).ignores
    assert asked(cars[1])[-1] == [7]
    site.measured(cars[0], 16.0, 16.0)
    assert site.settle(*cars) == [16, 16]
    assert not SessionShare.objects.get(session=cars[0]).ignores


def test_one_whose_station_is_away_keeps_what_it_had():
    site = Site(fuse_a=32)
    cars = [site.charge(**SINGLE), site.charge(**SINGLE)]
    site.settle(*cars)

    StationConnection.objects.filter(station=cars[0].evse.station).update(disconnected_at=site.now)
    limited(site, 230 * 24 / 1000)

    site.share(1)
    assert [asked(one)[-1] for one in cars] == [[16], [8]]


def test_a_station_that_takes_no_profile_is_counted_at_all_it_can_give():
    site = Site(fuse_a=40)
    stubborn, other = site.charge(**SINGLE), site.charge(**SINGLE)
    site.share()
    site.answer({"status": "Rejected"}, [stubborn])
    site.answer()

    site.share(10)

    assert asked(other)[-1] == [8]


def test_three_phases_count_on_each_and_direct_current_by_its_power():
    site = Site(fuse_a=63)
    three, dc = (
        site.charge(max_amperage=16),
        site.charge(power_type="DC", max_voltage=500, max_amperage=125, max_electric_power=50_000),
    )

    shares = site.settle(three, dc)

    assert shares == [16, 47]
    assert asked(dc)[-1] == [30159.9]


def test_departures_and_needs_count():
    site = Site(fuse_a=20)
    relaxed, pressed = site.charge(**SINGLE), site.charge(**SINGLE)
    for one, hours in ((relaxed, 20), (pressed, 1)):
        SessionPreferences.objects.create(
            session=one,
            profile_type="REGULAR",
            departs_at=site.now + timedelta(hours=hours),
            energy_need_wh=7_000,
        )

    assert site.settle(relaxed, pressed) == [0, 20]


def test_what_an_emsp_wants_holds_within_the_share():
    site = Site(fuse_a=32)
    cars = [site.charge(**SINGLE), site.charge(**SINGLE)]
    site.settle(*cars)
    wanted = ChargingProfile(RateUnit.AMPERE, (Step(0, Decimal(10)), Step(600, Decimal(30))))

    limit_session(session=cars[0], profile=wanted, now=site.now, origin="emsp")
    site.answer()

    assert asked(cars[0])[-1] == [10, 16]
    site.settle(*cars)
    assert (asked(cars[0])[-1], asked(cars[1])[-1]) == ([10, 10], [22])
    release_session(session=cars[0], now=site.now, origin="emsp")
    assert asked(cars[0])[-1] == [10]
    site.answer()
    assert site.settle(*cars) == [16, 16]


def test_one_profile_is_replaced_and_never_cleared():
    site = Site(fuse_a=32)
    cars = [site.charge(**SINGLE), site.charge(**SINGLE)]
    site.settle(*cars)
    limited(site, 230 * 12 / 1000)
    site.settle(*cars)

    sent = StationCommand.objects.filter(station=cars[0].evse.station)
    assert set(sent.values_list("action", flat=True)) == {"SetChargingProfile"}
    ids = {one.payload["csChargingProfiles"]["chargingProfileId"] for one in sent}
    assert len(ids) == 1


def test_the_fuse_holds_whatever_a_source_could_give_and_phases_have_limits_of_their_own():
    site = Site(fuse_a=63)
    cars = [site.charge(phases, **SINGLE) for phases in ("RST", "STR", "TRS")]
    limited(site, 230 * 10 / 1000, phase="L2")

    assert site.settle(*cars) == [32, 10, 32]


def test_what_the_battery_is_planned_to_give_cars_may_take():
    site = Site(fuse_a=63)
    cars = [site.charge(**SINGLE)]
    limited(site, 230 * 10 / 1000)
    starts_at = site.now.replace(minute=site.now.minute // 15 * 15, second=0, microsecond=0)
    DispatchPlan.objects.create(
        location=site.location, made_at=site.now, starts_at=starts_at, policy="AUTOMATIC",
        currency="EUR", cost=0, cost_otherwise=0, body={"battery_kw": [230 * 8 / 1000] * 3},
    )  # fmt: skip
    before = site.settle(*cars)
    later = site.now + timedelta(hours=1)
    BatteryFactory(location=site.location, power_kw=230 * 8 / 1000, read_at=later)

    assert (before, site.settle(*cars)) == ([10], [18])


def test_shares_are_looked_at_when_a_limit_begins():
    site = Site(fuse_a=32)
    car = site.charge(**SINGLE)
    source = SupplySourceFactory(location=site.location)
    begins = site.now + timedelta(seconds=120)
    said = Limit(230 * 8 / 1000, begins, None, LimitKind.IMPORT)
    take_limits(source=source, origin="dso", reference="R", limits=[said], now=site.now)

    site.settle()
    site.share(1)
    site.sharing.refresh_from_db()
    assert site.now < site.sharing.due_at <= begins
    assert share_due(now=begins) == 1
    assert asked(car)[-1] == [8]


def test_a_location_that_does_not_share_is_left_alone():
    site = Site(is_enabled=False)
    car = site.charge(**SINGLE)

    assert (site.share(), share_due(now=NOW), keep_defaults(now=NOW), asked(car)) == (0, 0, 0, [])


# --- the safe default ---


def test_every_station_gets_a_safe_default_and_again_after_a_boot():
    site = Site(default_a=8)
    station = site.charge().evse.station

    assert (keep_defaults(now=site.now), keep_defaults(now=site.now)) == (1, 0)
    command = StationCommand.objects.get(station=station)
    assert command.payload == {
        "connectorId": 0,
        "csChargingProfiles": {
            "chargingProfileId": 2_000_000_000,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}],
            },
        },
    }
    site.answer()
    assert StationDefault.objects.get().is_held
    ChargingStation.objects.filter(pk=station.pk).update(booted_at=site.now)
    assert keep_defaults(now=site.now) == 1
    PowerSharing.objects.update(default_a=6)
    assert (keep_defaults(now=site.now), keep_defaults(now=site.now)) == (1, 0)


def test_a_car_that_cannot_be_told_is_counted_at_the_default_that_its_station_holds():
    site = Site(fuse_a=20, default_a=6)
    first = site.charge(**SINGLE)
    site.settle(first)
    second = site.charge(**SINGLE)
    StationDefault.objects.create(station=second.evse.station, asked_a=6, is_held=True)
    StationConnection.objects.filter(station=second.evse.station).update(disconnected_at=NOW)

    site.share(1)

    assert (asked(first)[-1], asked(second)) == ([14], [])


@pytest.mark.parametrize(("answer", "told_again"), [({"status": "Rejected"}, 0), (None, 1)])
def test_a_default_that_got_no_answer_is_told_again(answer, told_again):
    site = Site()
    site.charge()
    keep_defaults(now=site.now)
    error = None if answer else {"code": "timed_out", "description": ""}
    settle_command(
        command_id=StationCommand.objects.get().pk, now=site.now, response=answer, error=error
    )

    assert keep_defaults(now=site.now) == told_again
    assert not StationDefault.objects.get().is_held


def test_a_phase_rotation_is_one_of_six():
    assert [PhaseRotation(one).label[:2] for one in ("RST", "STR", "TRS")] == ["L1", "L2", "L3"]
