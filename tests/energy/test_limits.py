"""Capacity limits: what is said, what holds, what cannot be."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from cpms.kernel import events
from energy import selectors, services
from energy.domain.supply import Limit
from energy.enums import LimitKind, Phase
from energy.errors import BadLimits
from energy.events import SupplyChanged
from energy.models import CapacityLimit, SiteLimit, SupplySource
from tests.factories.energy import HOUR, NOON, SupplySourceFactory
from tests.factories.stations import LocationFactory

pytestmark = pytest.mark.django_db


def take(source, *limits, reference="event 1", now=NOON):
    return services.take_limits(
        source=source, origin="dso", reference=reference, limits=limits, now=now
    )


def standing():
    rows = CapacityLimit.objects.order_by("starts_at", "pk")
    return [(row.starts_at, row.ends_at, row.kw) for row in rows]


@pytest.fixture
def news(monkeypatch, django_capture_on_commit_callbacks):
    """The locations that were told of, once the transaction is stored."""
    told = []
    monkeypatch.setitem(events._subscribers, SupplyChanged, [told.append])

    def heard(act):
        told.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return [one.location_id for one in told]

    return heard


def test_a_limit_holds_for_its_time_and_never_above_the_contract():
    source = SupplySourceFactory()
    take(source, Limit(40, NOON, NOON + HOUR), Limit(500, NOON + HOUR, None))

    limits = [selectors.limit_kw(source, NOON + step * HOUR) for step in (-1, 0, 0.99, 1, 30)]

    assert limits == [100, 40, 40, 100, 100]


def test_what_is_said_anew_takes_the_place_of_what_has_not_been_and_cuts_what_is():
    source = SupplySourceFactory()
    take(source, Limit(40, NOON, NOON + 2 * HOUR), Limit(50, NOON + 2 * HOUR, NOON + 3 * HOUR))
    take(source, Limit(30, NOON, None), reference="event 2")

    take(source, Limit(60, NOON + HOUR, NOON + 4 * HOUR), now=NOON + HOUR)

    assert standing() == [
        (NOON, NOON + HOUR, 40),
        (NOON, None, 30),
        (NOON + HOUR, NOON + 4 * HOUR, 60),
    ]


def test_the_same_again_changes_nothing_and_wakes_nobody(news):
    source = SupplySourceFactory()
    limit = Limit(40, NOON, NOON + HOUR)

    first = news(lambda: take(source, limit))
    again = news(lambda: take(source, limit, now=NOON + HOUR / 2))

    assert (first, again) == ([source.location_id], [])
    assert standing() == [(NOON, NOON + HOUR, 40)]


def test_dropped_limits_hold_no_longer(news):
    source = SupplySourceFactory()
    take(source, Limit(40, NOON - HOUR, NOON + HOUR), Limit(50, NOON + HOUR, None))

    def drop():
        services.drop_limits(source=source, origin="dso", reference="event 1", now=NOON)

    assert (news(drop), news(drop)) == ([source.location_id], [])
    assert standing() == [(NOON - HOUR, NOON, 40)]
    assert selectors.limit_kw(source, NOON) == 100


def test_of_several_limits_the_lowest_holds_and_wishes_do_not_count():
    source = SupplySourceFactory()
    take(source, Limit(40, NOON), Limit(10, NOON, kind=LimitKind.EXPORT))
    take(source, Limit(30, NOON), Limit(5, NOON, kind=LimitKind.OPTIMUM), reference="2")
    take(source, Limit(20, NOON, binding=False), reference="3")

    assert selectors.limit_kw(source, NOON) == 30


def test_fallback_limits_hold_while_the_dso_is_away(news):
    source = SupplySourceFactory()
    take(source, Limit(40, NOON), Limit(15, NOON, kind=LimitKind.FALLBACK_IMPORT))

    def away(on):
        return news(
            lambda: services.set_fallback(source=source, origin="dso", on=on, now=NOON)
        ), selectors.limit_kw(source, NOON)

    place = source.location_id
    assert [away(on) for on in (True, True, False)] == [([place], 15), ([], 15), ([place], 40)]


def test_a_limit_on_one_phase_leaves_the_others_their_third():
    source = SupplySourceFactory(import_limit_kw=90)
    take(source, Limit(10, NOON, phase=Phase.L1), Limit(60, NOON))

    assert selectors.limit_kw(source, NOON) == 10 + 20 + 20
    assert selectors.phase_limits_kw(source, NOON) == {Phase.L1: 10}


def test_a_location_draws_what_its_sources_give_and_no_more_than_its_own_limit():
    location = LocationFactory()
    none = selectors.site_limit_kw(location, NOON)
    first = SupplySourceFactory(location=location)
    SupplySourceFactory(location=location, import_limit_kw=50)
    take(first, Limit(20, NOON))

    both = selectors.site_limit_kw(location, NOON)
    SiteLimit.objects.create(location=location, import_limit_kw=65)

    assert (none, both, selectors.site_limit_kw(location, NOON)) == (None, 70, 65)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (Limit(-1, NOON), "kw must be from 0 to 100000: -1"),
        (Limit(10_000_000, NOON), "kw must be from 0 to 100000: 1e+07"),
        (Limit(float("nan"), NOON), "kw must be a number"),
        (Limit(float("inf"), NOON), "kw must be a number"),
        (Limit(40, NOON, NOON), "must end after it starts"),
        (Limit(40, NOON + timedelta(days=400)), "begins in more than a year"),
        (
            Limit(40, datetime(2026, 10, 25, 2, 30)),
            "times must say their zone: local ones mean nothing when clocks change",
        ),
    ],
)
def test_absurd_limits_are_refused_and_what_held_still_holds(limit, reason):
    source = SupplySourceFactory()
    take(source, Limit(40, NOON))

    with pytest.raises(BadLimits) as refusal:
        take(source, Limit(50, NOON), limit)

    assert refusal.value.facts["errors"] == [f"1: {reason}"]
    assert standing() == [(NOON, None, 40)]


def test_odd_limits_hold_and_are_told_of():
    source = SupplySourceFactory()
    past = Limit(10, NOON - 2 * HOUR, NOON - HOUR)
    wide, narrow = Limit(40, NOON, NOON + 3 * HOUR), Limit(30, NOON + HOUR, NOON + 2 * HOUR)

    doubts = take(source, past, wide, narrow)

    assert doubts == [
        "2026-06-01T10:00:00+00:00/2026-06-01T11:00:00+00:00: is in the past",
        (
            "2026-06-01T13:00:00+00:00/2026-06-01T14:00:00+00:00: overlaps "
            "2026-06-01T12:00:00+00:00/2026-06-01T15:00:00+00:00; the lower one holds"
        ),
    ]
    assert standing() == [(NOON, NOON + 3 * HOUR, 40), (NOON + HOUR, NOON + 2 * HOUR, 30)]


@pytest.mark.parametrize("kw", [-1, float("nan"), float("inf"), 1e7])
def test_the_database_holds_no_absurd_power(kw):
    with pytest.raises(IntegrityError), transaction.atomic():
        SupplySourceFactory(import_limit_kw=kw)

    assert not SupplySource.objects.exists()
