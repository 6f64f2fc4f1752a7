"""What opens an alert, what closes it, and that each is open once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from alerts import services
from alerts.enums import Kind, Severity
from alerts.models import Alert
from alerts.selectors import problems
from dso.models import PriceFeed
from dso.services import keeping
from ocpi.models import OwedPush, Partner
from stations.models import Evse, StationCommand, StationConnection
from tests.factories.alerts import NOON, AlertFactory
from tests.factories.booking import SessionFactory
from tests.factories.energy import (
    BatteryFactory,
    EnergyPriceFactory,
    PriceListFactory,
    SupplyContractFactory,
)
from tests.factories.stations import EvseFactory, StationFactory

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.django_db


def gone_since(since, **more):
    station = StationFactory(**more)
    StationConnection.objects.filter(station=station).update(
        connected_at=NOON - DAY, disconnected_at=since
    )
    return station


def found(kind, now=NOON):
    return [(one.subject, one.severity, one.since) for one in problems.FINDERS[kind](now)]


def open_alerts():
    return list(Alert.objects.open().order_by("subject").values_list("kind", "subject"))


def test_a_station_that_was_here_and_is_away_for_too_long():
    gone_since(NOON - 5 * MINUTE, identity="GONE")
    gone_since(NOON - 4 * MINUTE, identity="JUST-NOW")
    gone_since(None, identity="HERE")
    gone_since(NOON - HOUR, identity="OUT", availability="Inoperative")
    StationFactory(identity="NEVER-CAME")

    assert found(Kind.STATION_OFFLINE) == [("GONE", Severity.CRITICAL, NOON - 5 * MINUTE)]


def test_a_station_that_reports_an_error_of_its_own():
    StationFactory(identity="BAD", station_error_code="InternalError")
    StationFactory(identity="GOOD", station_error_code="NoError")

    assert found(Kind.STATION_FAULT) == [("BAD", Severity.WARNING, None)]


def test_an_evse_that_is_faulted_with_what_its_vendor_says():
    fault = {"status": "Faulted", "status_at": NOON - MINUTE, "error_code": "GroundFailure"}
    EvseFactory(uid="E1", **fault, error_info="Leak", vendor_error_code="0x17")
    EvseFactory(uid="OUT", **fault, availability="Inoperative")
    EvseFactory(uid="REMOVED", **fault, removed_at=NOON)
    EvseFactory(uid="BLIP", **fault | {"status_at": NOON - timedelta(seconds=29)})
    EvseFactory(uid="FREE")

    (one,) = problems.faulty_evses(NOON)

    assert (one.subject, one.severity, one.since) == ("E1", Severity.CRITICAL, NOON - MINUTE)
    assert one.facts["error"] == "GroundFailure"
    assert (one.facts["info"], one.facts["vendor_error"]) == ("Leak", "0x17")


def test_a_session_whose_meter_says_nothing_at_a_station_that_is_here():
    quiet = SessionFactory(last_meter_at=NOON - 30 * MINUTE, started_at=NOON - HOUR)
    never = SessionFactory(started_at=NOON - 2 * HOUR)
    SessionFactory(last_meter_at=NOON - 29 * MINUTE, started_at=NOON - 9 * HOUR)
    SessionFactory(started_at=NOON - HOUR)
    away = gone_since(NOON - HOUR)
    SessionFactory(evse=EvseFactory(station=away), started_at=NOON - 9 * HOUR)
    SessionFactory(ended=True, last_meter_at=NOON - HOUR)

    assert sorted(found(Kind.SESSION_STALLED)) == sorted(
        [
            (str(quiet.pk), Severity.WARNING, NOON - 30 * MINUTE),
            (str(never.pk), Severity.WARNING, NOON - 2 * HOUR),
        ]
    )


def test_a_session_of_the_last_days_that_looks_wrong():
    odd = SessionFactory(ended=True, flags=["meter_jump"], last_updated=NOON)
    SessionFactory(ended=True, flags=["meter_jump"], last_updated=NOON - 4 * DAY)
    SessionFactory(ended=True, last_updated=NOON)

    assert found(Kind.SESSION_FLAGGED) == [(str(odd.pk), Severity.NOTICE, NOON + HOUR)]


def test_a_command_of_staff_that_failed_until_a_later_one_went_through():
    user = User.objects.create(email="op@example.com", role="operator")
    station = StationFactory(identity="CP1")

    def command(status, *, ago=HOUR, by=user, action="Reset"):
        StationCommand.objects.create(
            station=station, action=action, status=status, issued_by=by, created_at=NOON - ago,
            settled_at=NOON - ago, deadline_at=NOON, error={"description": "No."},
        )  # fmt: skip

    command("failed")
    command("failed", by=None, action="Heartbeat")
    command("timed_out", ago=2 * DAY, action="UnlockConnector")
    assert found(Kind.COMMAND_FAILED) == [("CP1 Reset", Severity.NOTICE, NOON - HOUR)]

    command("accepted", ago=MINUTE)
    assert found(Kind.COMMAND_FAILED) == []


def test_partners_that_refuse_cdrs_or_are_behind():
    partner = Partner.objects.create(name="eMSP", state="connected", last_error="It is down.")
    OwedPush.objects.create(partner=partner, module="cdrs", object_id="1", refused="HTTP 400")
    OwedPush.objects.create(
        partner=partner, module="locations", object_id="1", due_at=NOON,
        owed_since=NOON - 10 * MINUTE,
    )  # fmt: skip
    quick = Partner.objects.create(name="Quick", state="connected")
    OwedPush.objects.create(
        partner=quick, module="locations", object_id="1", due_at=NOON, owed_since=NOON - MINUTE
    )

    assert found(Kind.PUSH_REFUSED) == [(str(partner.pk), Severity.CRITICAL, None)]
    assert found(Kind.PARTNER_BEHIND) == [(str(partner.pk), Severity.WARNING, NOON - 10 * MINUTE)]


def test_grid_operators_and_prices_that_are_stale():
    dso = keeping.add_peer(name="Grid", base_url="https://dso.example", token_a="t", now=NOON)
    type(dso).objects.update(alarm="away", alarm_since=NOON - HOUR)
    feed = PriceFeed.objects.create(
        price_list=PriceListFactory(), area="10YNL----------L", is_stale=True, until=NOON - DAY
    )

    assert found(Kind.DSO_ALARM) == [(str(dso.pk), Severity.CRITICAL, NOON - HOUR)]
    assert found(Kind.PRICES_STALE) == [(str(feed.pk), Severity.WARNING, NOON - DAY)]


def test_a_list_that_files_or_people_fill_is_stale_where_a_contract_needs_it():
    stale = SupplyContractFactory(spot=True).price_list
    PriceListFactory()
    quiet, fresh = EnergyPriceFactory(starts_at=NOON), EnergyPriceFactory(starts_at=NOON)
    type(quiet).objects.filter(pk=quiet.pk).update(received_at=NOON - 2 * DAY)
    type(fresh).objects.filter(pk=fresh.pk).update(received_at=NOON)
    for price in (quiet, fresh):
        SupplyContractFactory(spot=True, price_list=price.price_list)

    assert found(Kind.PRICES_STALE) == [
        (f"list {one.pk}", Severity.WARNING, None)
        for one in sorted((stale, quiet.price_list), key=lambda one: one.name)
    ]


def test_batteries_out_of_plan_unless_staff_switched_them_off():
    battery = BatteryFactory(out_of_plan="no_answer", read_at=NOON - HOUR)
    BatteryFactory(out_of_plan="switched_off")
    BatteryFactory(out_of_plan="not_read", is_enabled=False)
    BatteryFactory()

    assert found(Kind.BATTERY_OUT) == [(str(battery.pk), Severity.WARNING, NOON - HOUR)]


def test_an_alert_opens_once_and_closes_when_it_is_over():
    station = gone_since(NOON - HOUR, identity="GONE")

    assert services.notice_all(now=NOON) == 1
    assert services.notice_all(now=NOON + MINUTE) == 0
    (alert,) = Alert.objects.all()
    assert (alert.since, alert.opened_at) == (NOON - HOUR, NOON)
    assert (alert.location, alert.facts) == (station.location, {"station": "GONE"})

    StationConnection.objects.update(disconnected_at=None)
    assert services.notice_all(now=NOON + HOUR) == 1
    assert open_alerts() == []
    assert Alert.objects.get().closed_at == NOON + HOUR


def test_what_goes_on_is_brought_up_to_date_and_stays_taken_on():
    user = User.objects.create(email="op@example.com", role="operator")
    EvseFactory(uid="E1", status="Faulted", status_at=NOON - HOUR, error_code="GroundFailure")
    services.notice_all(now=NOON)
    services.take_on(alert_id=Alert.objects.get().pk, user=user, now=NOON, note="On my way")

    Evse.objects.update(error_code="OverCurrentFailure")
    assert services.notice_all(now=NOON + MINUTE) == 0

    (alert,) = Alert.objects.all()
    assert alert.facts["error"] == "OverCurrentFailure"
    assert (alert.note, alert.acknowledged_by) == ("On my way", user)


def test_what_fails_for_one_kind_leaves_the_others_alone(monkeypatch):
    gone_since(NOON - HOUR, identity="GONE")
    before = AlertFactory(kind="dso_alarm", subject="1")

    def broken(now):
        Alert.objects.raw("SELECT nonsense")[0]

    monkeypatch.setitem(problems.FINDERS, Kind.DSO_ALARM, broken)
    services.notice_all(now=NOON)

    assert open_alerts() == [("dso_alarm", "1"), ("station_offline", "GONE")]
    assert Alert.objects.get(pk=before.pk).closed_at is None


def test_the_database_holds_one_open_alert_for_a_subject_and_a_kind():
    AlertFactory(subject="CP1", closed_at=NOON)
    AlertFactory(subject="CP1")
    AlertFactory(subject="CP1", kind="station_fault")

    with pytest.raises(IntegrityError, match="alert_open_once"):
        AlertFactory(subject="CP1")


def test_the_cost_does_not_grow_with_what_is_the_matter():
    def cost():
        with CaptureQueriesContext(connection) as queries:
            services.notice_all(now=NOON)
        return len(queries)

    gone_since(NOON - HOUR)
    few = cost()
    Alert.objects.all().delete()
    for _number in range(20):
        gone_since(NOON - HOUR)

    assert cost() == few


@pytest.mark.django_db(transaction=True)
def test_two_that_look_at_once_open_each_alert_once():
    for number in range(10):
        gone_since(NOON - HOUR, identity=f"CP{number}")

    def look(_):
        try:
            return services.notice_all(now=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(look, range(8)))

    assert sum(opened) == 10
    assert len(open_alerts()) == 10
