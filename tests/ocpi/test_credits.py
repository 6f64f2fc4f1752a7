"""Credit CDRs at the eMSP: each once, and never before what they credit."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.services import Correction, correct_cdr, void_cdr
from ocpi.models import OwedPush
from ocpi.services.changes import spread_changes
from ocpi.services.pushing import push_partner
from tests.factories.ocpi import roaming_cdr
from tests.ocpi.emsp import refused

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def push(partner):
    def pushed(after_s=0):
        at = datetime.now(UTC) + timedelta(seconds=after_s)
        spread_changes(now=at)
        return push_partner(partner_id=partner.pk, clock=lambda: at)

    return pushed


def corrected(cdr, **more):
    return correct_cdr(
        cdr=cdr, correction=Correction(energy_wh=5_000), reason="Wrong.", now=NOW, **more
    )


def cdrs(emsp):
    return [body["id"] for _, path, body in emsp.received if path == "cdrs"]


def test_credit_and_new_one_come_once_and_in_order(emsp, endpoints, push):
    first = roaming_cdr()
    push()

    credit, second = corrected(first)
    for seconds in range(0, 40, 6):
        push(seconds)

    wanted = [str(one.pk) for one in (first, credit, second)]
    assert cdrs(emsp) == wanted
    assert [one["id"] for one in emsp.ask("GET", endpoints["cdrs"]).data] == wanted
    shown = emsp.ask("GET", f"{endpoints['cdrs']}/{credit.pk}").data
    assert (shown["credit"], shown["credit_reference_id"]) == (True, wanted[0])
    assert shown["total_cost"]["excl_vat"] == -first.body["total_cost"]["excl_vat"]


def test_while_the_first_is_not_taken_the_others_wait(emsp, endpoints, push):
    emsp.answers["POST", "cdrs"] = refused(500, 3000)
    first = roaming_cdr()
    push()
    credit, second = corrected(first)
    push(6)
    push(90)
    del emsp.answers["POST", "cdrs"]
    for seconds in range(200, 240, 6):
        push(seconds)

    assert cdrs(emsp) == [str(one.pk) for one in (first, credit, second)]


def test_what_was_refused_is_not_credited_but_replaced(emsp, endpoints, push):
    emsp.answers["POST", "cdrs"] = refused(200, 2001, "No such tariff")
    first = roaming_cdr()
    push()
    del emsp.answers["POST", "cdrs"]
    emsp.received.clear()
    _, second = corrected(first)
    for seconds in range(0, 40, 6):
        push(seconds)

    assert cdrs(emsp) == [str(second.pk)]
    assert not OwedPush.objects.filter(module="cdrs", due_at__isnull=False).exists()


def test_a_voided_one_is_credited_alone(emsp, endpoints, push):
    first = roaming_cdr()
    push()
    credit = void_cdr(cdr=first, reason="Kindness.", now=NOW)
    push(6)

    assert cdrs(emsp) == [str(first.pk), str(credit.pk)]


def test_a_completed_session_stays_what_it_was_whatever_becomes_of_its_bill(emsp, endpoints, push):
    first = roaming_cdr()
    push()
    url = f"{endpoints['sessions']}/{first.session_id}"
    before = emsp.ask("GET", url).data

    corrected(first)
    for seconds in range(0, 10, 2):
        push(seconds)

    assert emsp.ask("GET", url).data == before
    assert before["total_cost"]["excl_vat"] == first.body["total_cost"]["excl_vat"]
    told = [body for _, path, body in emsp.received if path.startswith("sessions/")]
    assert told == [before]
