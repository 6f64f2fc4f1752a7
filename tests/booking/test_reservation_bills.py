"""What a reservation costs: used, not used, cancelled too late."""

from datetime import timedelta

import pytest

from booking.models import Cdr, ChargingSession, Reservation
from booking.portal.costs import cost_lines
from booking.services import (
    cancel_reservation,
    end_reservations,
    hold_due_reservations,
    issue_missing_cdrs,
    price_running_sessions,
    start_transactions,
    stop_transactions,
)
from stations.models import StationConnection
from tariffs.models import TariffAssignment, TariffVersion
from tests.factories.booking import NOON, ReservationFactory, TokenFactory, start_of, stop_of
from tests.factories.stations import EvseFactory
from tests.factories.tariffs import TariffFactory

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def component(kind, price):
    return {"type": kind, "price": price, "vat": 20.0, "step_size": 1}


def for_reservations(kind, *components):
    return {
        "price_components": list(components),
        "restrictions": {"reservation": kind},
    }


ENERGY = {"price_components": [component("ENERGY", 0.4)]}
RESERVATION = for_reservations("RESERVATION", component("TIME", 6.0), component("FLAT", 1.0))
EXPIRES = for_reservations("RESERVATION_EXPIRES", component("TIME", 3.0), component("FLAT", 4.0))


@pytest.fixture
def evse():
    made = EvseFactory()
    StationConnection.objects.update(connected_at=NOON, gateway="g")
    TokenFactory(uid="04A1B2C3")
    return made


def priced(evse, *elements):
    tariff = TariffFactory(elements=list(elements))
    TariffVersion.objects.update(valid_from=NOON - timedelta(days=1))
    TariffAssignment.objects.create(tariff=tariff, evse=evse)


def booked(evse):
    """From noon on; held."""
    made = ReservationFactory(
        evse=evse, token=None, id_token="04A1B2C3", starts_at=NOON, cancel_until=NOON
    )
    hold_due_reservations(now=NOON - 10 * MINUTE)
    return made


def charged(evse, after):
    """The car comes so many minutes after noon and takes 10 kWh in an hour."""
    began = NOON + after * MINUTE
    (begun,) = start_transactions(facts=[start_of(evse, started_at=began)], now=began)
    ended = began + 60 * MINUTE
    stop_transactions(facts=[stop_of(evse, begun.reference, stopped_at=ended)], now=ended)
    return Cdr.objects.get().body


def lines(cdr):
    """The bill as the portal shows it, from the CDR."""
    found = cost_lines(cdr.session, cdr, NOON)
    return [(str(line.label), float(line.quantity), float(line.amount)) for line in found]


def test_the_cdr_of_a_used_reservation_has_its_time_and_fee(evse):
    priced(evse, ENERGY, RESERVATION, EXPIRES)
    booked(evse)

    body = charged(evse, after=20)

    assert [body[name] for name in ("start_date_time", "end_date_time", "total_time")] == [
        "2026-06-01T12:00:00Z",
        "2026-06-01T13:20:00Z",
        1.0,
    ]
    assert body["charging_periods"] == [
        {
            "start_date_time": "2026-06-01T12:00:00Z",
            "dimensions": [{"type": "RESERVATION_TIME", "volume": 0.3333}],
            "tariff_id": body["tariffs"][0]["id"],
        },
        {
            "start_date_time": "2026-06-01T12:20:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 10.0}, {"type": "TIME", "volume": 1.0}],
            "tariff_id": body["tariffs"][0]["id"],
        },
    ]
    assert body["total_reservation_cost"] == {"excl_vat": 3.0, "incl_vat": 3.6}
    assert body["total_energy_cost"] == {"excl_vat": 4.0, "incl_vat": 4.8}
    assert body["total_cost"] == {"excl_vat": 7.0, "incl_vat": 8.4}
    assert lines(Cdr.objects.get()) == [
        ("Reservation", pytest.approx(1 / 3), 2.0),
        ("Reservation fee", 1.0, 1.0),
        ("Energy", 10.0, 4.0),
    ]


def test_who_comes_early_pays_the_fee_and_no_time(evse):
    priced(evse, ENERGY, RESERVATION, EXPIRES)
    booked(evse)

    body = charged(evse, after=-5)

    assert body["total_reservation_cost"] == {"excl_vat": 1.0, "incl_vat": 1.2}
    assert body["start_date_time"] == "2026-06-01T11:55:00Z"
    assert lines(Cdr.objects.get()) == [("Reservation fee", 1.0, 1.0), ("Energy", 10.0, 4.0)]


def test_where_reservations_have_no_price_the_cdr_says_when_it_was_reserved(evse):
    priced(evse, ENERGY)
    booked(evse)

    body = charged(evse, after=20)

    assert body["total_cost"] == {"excl_vat": 4.0, "incl_vat": 4.8}
    assert [period["dimensions"][0]["type"] for period in body["charging_periods"]] == [
        "RESERVATION_TIME",
        "ENERGY",
    ]


def test_the_tariff_is_the_one_that_held_when_the_hold_began(evse):
    priced(evse, ENERGY, RESERVATION)
    booked(evse)
    version = ChargingSession.objects.get().tariff_version
    tariff = version.tariff
    TariffVersion.objects.create(
        tariff=tariff,
        number=version.number + 1,
        body={**version.body, "elements": [ENERGY]},
        currency="EUR",
        valid_from=NOON - 5 * MINUTE,
    )

    assert charged(evse, after=20)["total_cost"] == {"excl_vat": 7.0, "incl_vat": 8.4}


def test_a_reserved_session_that_runs_costs_its_reservation_so_far(evse):
    priced(evse, ENERGY, RESERVATION)
    booked(evse)
    began = NOON + 20 * MINUTE
    start_transactions(facts=[start_of(evse, started_at=began)], now=began)

    price_running_sessions(now=began + MINUTE)

    assert ChargingSession.objects.get().total_cost == 3


def test_a_no_show_gets_a_cdr_of_its_own(evse):
    priced(evse, ENERGY, RESERVATION, EXPIRES)
    booked(evse)
    session = ChargingSession.objects.get()

    end_reservations(now=NOON + 45 * MINUTE)  # the sweep is late

    cdr = Cdr.objects.get()
    session.refresh_from_db()
    assert (cdr.session, cdr.started_at, cdr.ended_at) == (
        session,
        NOON,
        NOON + 30 * MINUTE,
    )
    assert (session.status, session.started_at, session.ended_at, session.total_cost) == (
        "COMPLETED",
        NOON,
        NOON + 30 * MINUTE,
        cdr.total_excl_vat,
    )
    assert cdr.body["charging_periods"] == [
        {
            "start_date_time": "2026-06-01T12:00:00Z",
            "dimensions": [{"type": "RESERVATION_TIME", "volume": 0.5}],
            "tariff_id": cdr.body["tariffs"][0]["id"],
        }
    ]
    assert (cdr.body["total_energy"], cdr.body["total_time"]) == (0.0, 0.0)
    assert cdr.body["total_reservation_cost"] == {"excl_vat": 5.5, "incl_vat": 6.6}
    assert cdr.body["total_cost"] == {"excl_vat": 5.5, "incl_vat": 6.6}
    assert lines(cdr) == [("Reservation", 0.5, 1.5), ("Reservation fee", 1.0, 4.0)]
    assert TariffVersion.objects.get().used_at is not None


@pytest.mark.parametrize("elements", [[ENERGY], []])
def test_a_no_show_that_costs_nothing_gets_no_cdr_then_or_later(evse, elements):
    if elements:
        priced(evse, *elements)
    booked(evse)

    end_reservations(now=NOON + 30 * MINUTE)
    issue_missing_cdrs(now=NOON + 60 * MINUTE)

    assert Cdr.objects.count() == 0
    assert ChargingSession.objects.values_list("status", "total_cost").get() == ("COMPLETED", None)


@pytest.mark.parametrize(
    ("by", "at", "expected"),
    [
        ("EMSP", 0, None),  # as agreed: until noon for nothing
        ("EMSP", 10, 2.0),  # ten minutes at 6.00 an hour, and the fee
        ("CPO", 10, None),
    ],
)
def test_who_cancels_too_late_pays_for_the_time_it_was_reserved(evse, by, at, expected):
    priced(evse, ENERGY, RESERVATION, EXPIRES)
    reservation = booked(evse)

    cancel_reservation(reservation=reservation, by=by, now=NOON + at * MINUTE)

    costs = [float(cdr.total_excl_vat) for cdr in Cdr.objects.all()]
    assert costs == ([] if expected is None else [expected])
    assert ChargingSession.objects.get().status == "COMPLETED"
    if expected:
        assert lines(Cdr.objects.get()) == [
            ("Reservation", pytest.approx(1 / 6), 1.0),
            ("Reservation fee", 1.0, 1.0),
        ]


def test_who_cancels_too_late_but_before_the_start_pays_the_fee(evse):
    priced(evse, ENERGY, RESERVATION)
    reservation = ReservationFactory(
        evse=evse, token=None, id_token="04A1B2C3", cancel_until=NOON - MINUTE
    )

    cancel_reservation(reservation=reservation, by="EMSP", now=NOON)

    cdr = Cdr.objects.get()
    assert (cdr.started_at, cdr.ended_at, float(cdr.total_excl_vat)) == (NOON, NOON, 1.0)


def test_what_could_not_be_kept_costs_nothing(evse):
    priced(evse, ENERGY, RESERVATION, EXPIRES)
    booked(evse)
    StationConnection.objects.update(disconnected_at=NOON)

    end_reservations(now=NOON + 30 * MINUTE)

    assert (Reservation.objects.get().status, Cdr.objects.count()) == ("FAILED", 0)
