"""The circuit of a partner: when it opens, how long for, and what closes it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ocpi.domain.retrying import Policy, circuit_of, retry_after
from ocpi.enums import Circuit
from ocpi.models import OwedPush, Partner
from ocpi.services.changes import spread_changes
from ocpi.services.pushing import push_partner
from tests.factories.tariffs import TariffFactory
from tests.ocpi.emsp import refused

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def seconds(policy, dice):
    return [policy.wait(failures, dice).total_seconds() for failures in (1, 2, 3, 4, 5, 6, 7, 99)]


def test_waits_double_up_to_the_longest_and_are_spread_below():
    policy = Policy(first_wait=2 * SECOND, longest_wait=40 * SECOND)

    assert seconds(policy, 1) == [2, 4, 8, 16, 32, 40, 40, 40]
    assert seconds(policy, 0) == [1.5, 3, 6, 12, 24, 30, 30, 30]


def test_an_object_that_is_not_taken_is_tried_at_least_once_a_minute():
    assert [retry_after(n).total_seconds() for n in (0, 1, 2, 6, 7, 500)] == [1, 1, 2, 32, 60, 60]


def test_the_circuit_says_what_happens_to_what_is_due():
    assert [
        circuit_of(0, None, NOW),
        circuit_of(1, None, NOW),
        circuit_of(1, NOW + SECOND, NOW),
        circuit_of(1, NOW, NOW),
    ] == [Circuit.CLOSED, Circuit.UNSTEADY, Circuit.OPEN, Circuit.HALF_OPEN]


@pytest.fixture
def three(partner):
    """Three objects are due to the partner."""
    for number in range(3):
        TariffFactory(ocpi_id=f"T{number}")
    spread_changes(now=timezone.now())
    return partner


def asked(emsp):
    return [method for method, path, _ in emsp.requests if "/tariffs/" in path]


def test_it_opens_after_so_many_failures_in_a_row(emsp, three):
    emsp.answers["PUT", "tariffs"] = refused(503, 3000)
    Partner.objects.update(opens_after=2, first_wait_s=30)
    now = timezone.now()

    assert push_partner(partner_id=three.pk, clock=lambda: now) == 0

    held = Partner.objects.get()
    assert (len(asked(emsp)), held.failures, held.last_failure_at) == (2, 2, now)
    assert 45 <= (held.retry_at - now).total_seconds() <= 60
    assert push_partner(partner_id=three.pk, clock=lambda: held.retry_at - SECOND) is None


def test_half_open_one_request_tries_it_and_its_failure_opens_it_again(emsp, three):
    emsp.answers["PUT", "tariffs"] = refused(503, 3000)
    now = timezone.now()
    Partner.objects.update(opens_after=100, failures=1, retry_at=now)

    push_partner(partner_id=three.pk, clock=lambda: now)

    held = Partner.objects.get()
    assert (len(asked(emsp)), held.failures) == (1, 2)
    assert held.circuit(now) == Circuit.OPEN


def test_half_open_one_success_closes_it_and_the_rest_follows(emsp, three):
    now = timezone.now()
    Partner.objects.update(failures=9, retry_at=now, last_error="It was away.")

    assert push_partner(partner_id=three.pk, clock=lambda: now) == 3

    held = Partner.objects.get()
    assert (held.circuit(now), held.failures, held.last_error) == (Circuit.CLOSED, 0, "")
    assert not OwedPush.objects.exclude(due_at=None).exists()


def test_a_partner_is_waited_for_as_long_as_its_policy_says(emsp, three):
    Partner.objects.update(answer_within_s=1)
    emsp.answers["PUT", "tariffs"] = lambda *_: emsp.closed.wait(20)

    push_partner(partner_id=three.pk)

    assert "does not answer" in Partner.objects.get().last_error
    assert len(asked(emsp)) == 1


@pytest.mark.parametrize(
    "nonsense",
    [
        {"opens_after": 0}, {"first_wait_s": 0}, {"first_wait_s": 61}, {"longest_wait_s": 3601},
        {"answer_within_s": 0}, {"answer_within_s": 11},
    ],
)  # fmt: skip
def test_the_database_takes_no_policy_without_sense(db, nonsense):
    Partner.objects.create(name="Roamer")

    with pytest.raises(IntegrityError), transaction.atomic():
        Partner.objects.update(**nonsense)
