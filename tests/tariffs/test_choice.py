"""Which tariff holds, asked of the database."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from booking.models import ChargingSession
from booking.services import start_transactions
from tariffs.domain.choice import Occasion
from tariffs.domain.places import Place
from tariffs.models import TariffAssignment, TariffVersion
from tariffs.selectors import versions_for, versions_for_everyone
from tariffs.services import Places, assign, hold_at, save_tariff
from tests.factories.booking import NOON, TokenFactory, start_of
from tests.factories.stations import ConnectorFactory, EvseFactory
from tests.factories.tariffs import TariffFactory, body_of_tariff

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
EMS = ("NL", "EMS")


@pytest.fixture
def evse():
    return EvseFactory()


def say(ocpi_id, at=NOON - 24 * HOUR, price=0.4, **more):
    version, _ = save_tariff(body=body_of_tariff(ocpi_id, price, **more), now=at)
    return version


def held(version, **place):
    assign([(version.tariff_id, Place(**place))])
    return version


def winner(evse, at=NOON, **more):
    (offer,) = versions_for([Occasion(evse.pk, evse.location_id, at, **more)])
    return offer and TariffVersion.objects.get(pk=offer.version_id)


def test_the_narrowest_assignment_wins(evse):
    connector = ConnectorFactory(evse=evse)
    places = [
        {"connector_id": connector.pk},
        {"evse_id": evse.pk},
        {"location_id": evse.location_id},
        {},
    ]
    versions = [held(say(f"T{n}"), **place) for n, place in enumerate(places)]

    found = []
    for version in versions:
        found.append(winner(evse))
        TariffAssignment.objects.filter(tariff=version.tariff).delete()

    assert found == versions
    assert winner(evse) is None


def test_an_assignment_reaches_its_place_only(evse):
    other = EvseFactory(location=evse.location)
    held(say("HERE"), evse_id=other.pk)
    held(say("THERE"), location_id=EvseFactory().location_id)
    held(say("PLUG"), connector_id=ConnectorFactory(evse=other).pk)

    assert winner(evse) is None


def test_the_newest_version_that_was_said_and_began_by_the_start_prices_it(evse):
    first = held(say("T", NOON - 2 * HOUR, 0.1), evse_id=evse.pk)
    second = say("T", NOON - HOUR, 0.2)
    coming = say("T", NOON - HOUR / 2, 0.3, start_date_time="2026-06-01T13:00:00Z")
    later = say("T", NOON + 2 * HOUR, 0.4)

    found = {hours: winner(evse, NOON + hours * HOUR) for hours in (-1.5, -1, 0, 1, 2)}

    assert found == {-1.5: first, -1: second, 0: second, 1: coming, 2: later}


def test_a_version_that_ended_is_not_followed_by_an_older_one(evse):
    held(say("T", NOON - 2 * HOUR, 0.1), evse_id=evse.pk)
    ending = say("T", NOON - HOUR, 0.2, end_date_time="2026-06-01T12:30:00Z")

    assert winner(evse, NOON) == ending
    assert winner(evse, NOON + HOUR) is None


def test_a_session_from_before_any_price_was_known_bears_the_first(evse):
    first = held(say("T", NOON + HOUR, 0.1), evse_id=evse.pk)
    say("T", NOON + 2 * HOUR, 0.2)

    assert winner(evse, NOON) == first


def test_what_is_to_begin_does_not_price_a_session_from_before(evse):
    held(say("T", NOON + HOUR, 0.1, start_date_time="2026-06-01T12:00:01"), evse_id=evse.pk)

    assert winner(evse, NOON) is None
    assert winner(evse, NOON + HOUR) is not None


def test_type_and_partner_are_asked_of_what_the_version_says(evse):
    regular = held(say("R", type="REGULAR"), evse_id=evse.pk)
    fast = held(say("F", type="PROFILE_FAST"), evse_id=evse.pk)
    agreed = held(say("P"), location_id=evse.location_id, party=EMS)

    assert [
        winner(evse),
        winner(evse, kind="PROFILE_FAST"),
        winner(evse, kind="AD_HOC_PAYMENT"),
        winner(evse, party=EMS),
    ] == [regular, fast, regular, agreed]


def test_many_are_answered_in_order_by_one_query(evse):
    other, bare = EvseFactory.create_batch(2)
    one = held(say("ONE"), evse_id=evse.pk)
    two = held(say("TWO"), location_id=other.location_id)
    asked = [Occasion(e.pk, e.location_id, NOON) for e in (bare, other, evse, other)]

    with CaptureQueriesContext(connection) as queries:
        offers = versions_for(asked)

    assert [offer and offer.version_id for offer in offers] == [None, two.pk, one.pk, two.pk]
    assert len(queries) == 1
    assert versions_for([]) == []
    assert versions_for_everyone([evse, other, bare], NOON) == {evse.pk: one, other.pk: two}


def test_a_session_gets_the_tariff_of_its_start_and_of_its_token(evse):
    other, third = EvseFactory.create_batch(2, location=evse.location)
    TokenFactory(uid="EMSP", country_code="nl", party_id="ems", valid=True)
    TokenFactory(uid="GUEST", type="AD_HOC_USER")
    old = held(say("T", NOON - HOUR, 0.1), location_id=evse.location_id)
    say("T", NOON + HOUR, 0.2)
    agreed = held(say("P"), location_id=evse.location_id, party=EMS)
    guests = held(say("G", type="AD_HOC_PAYMENT"), location_id=evse.location_id)

    start_transactions(
        facts=[
            start_of(evse, id_token="WHO"),
            start_of(other, id_token="emsp"),
            start_of(third, id_token="GUEST"),
        ],
        now=NOON + 2 * HOUR,
    )

    rows = ChargingSession.objects.values_list("id_token", "tariff_version", "currency")
    assert set(rows) == {
        ("WHO", old.pk, "EUR"), ("emsp", agreed.pk, "EUR"), ("GUEST", guests.pk, "EUR")
    }  # fmt: skip


def test_places_are_replaced_as_far_as_said(evse):
    tariff = TariffFactory()
    everyone = [Place(location_id=evse.location_id), Place(evse_id=evse.pk)]
    hold_at(tariff=tariff, places=Places([*everyone, Place(party=EMS)]))

    hold_at(tariff=tariff, places=Places([Place()], lambda place: place.is_whole_location))
    kept = {row.place for row in tariff.assignments.all()}
    hold_at(tariff=tariff, places=Places([Place(), Place()]))

    assert kept == {Place(evse_id=evse.pk), Place(party=EMS), Place()}
    assert [row.place for row in tariff.assignments.all()] == [Place()]


def test_a_place_is_assigned_once(evse):
    tariff = TariffFactory()
    pairs = [(tariff.pk, Place(evse_id=evse.pk)), (tariff.pk, Place(evse_id=evse.pk, party=EMS))]

    assert [assign(pairs), assign(pairs * 2)] == [2, 0]
    assert tariff.assignments.count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"party_id": "EMS"},
        {"country_code": "nl", "party_id": "EMS"},
        {"evse_id": 1, "location_id": 1},
    ],
)
def test_an_assignment_that_says_two_things_cannot_be_stored(wrong):
    with pytest.raises(IntegrityError):
        TariffAssignment.objects.create(tariff=TariffFactory(), **wrong)


def test_the_type_of_a_version_is_one_of_ocpis():
    version = say("T", type="REGULAR")

    with pytest.raises(IntegrityError):
        TariffVersion.objects.filter(pk=version.pk).update(kind="LOVE")


@pytest.mark.parametrize("name", ["kind", "starts_at", "ends_at"])
def test_what_a_version_said_stays_once_it_priced_a_session(name):
    version = say("T")
    TariffVersion.objects.filter(pk=version.pk).update(used_at=NOON)

    with pytest.raises(IntegrityError):
        TariffVersion.objects.filter(pk=version.pk).update(
            **{name: "REGULAR" if name == "kind" else NOON}
        )


def test_the_migration_reads_type_and_time_from_what_versions_say():
    dated = {"start_date_time": "2026-06-01T12:00:00", "end_date_time": "2026-06-01T14:00:00Z"}
    typed, bare = say("T", type="REGULAR", **dated), say("B")
    TariffVersion.objects.update(kind="", starts_at=None, ends_at=None)
    migration = import_module("tariffs.migrations.0004_versions_know_their_type_and_time")

    with connection.cursor() as cursor:
        cursor.execute(migration.FILL)

    rows = TariffVersion.objects.values_list("pk", "kind", "starts_at", "ends_at")
    assert set(rows) == {
        (typed.pk, "REGULAR", NOON, NOON + 2 * HOUR),
        (bare.pk, "", None, None),
    }
