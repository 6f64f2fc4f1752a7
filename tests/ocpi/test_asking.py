"""A session whose issuer did not answer in time gets its owner when the issuer does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booking.domain.asking import is_due_again
from booking.models import ChargingSession
from booking.services import ask_again
from ocpi.domain.lines import Lines
from ocpi.services import inquiring
from ocpi.services.changes import spread_changes
from ocpi.services.pushing import push_partner
from tests.factories.booking import SessionFactory
from tests.factories.ocpi import token_body
from tests.factories.stations import ConnectorFactory
from tests.ocpi.emsp import ok, refused

SECOND = timedelta(seconds=1)
ALLOWED = ok({"allowed": "ALLOWED", "token": token_body(), "authorization_reference": "REF-9"})


@pytest.fixture
def orphan(partner, monkeypatch):
    """A running session of nobody's, half a minute old."""
    monkeypatch.setattr(inquiring, "_lines", Lines())
    return SessionFactory(
        evse=ConnectorFactory().evse,
        token=None,
        id_token="04AA",
        flags=["not_authorized"],
        created_at=timezone.now() - 31 * SECOND,
    )


def asked(emsp):
    return [path for method, path, _ in emsp.requests if "/authorize" in path]


def owner_of(session):
    found = ChargingSession.objects.select_related("token").get(pk=session.pk)
    return found.token and found.token.party_id, found.authorization_reference, found.flags


def test_it_is_asked_again_and_its_owner_is_told(emsp, partner, orphan):
    emsp.answers["POST", "tokens"] = ALLOWED

    assert ask_again(now=timezone.now()) == 1

    assert owner_of(orphan) == ("RMR", "REF-9", [])
    spread_changes(now=timezone.now())
    push_partner(partner_id=partner.pk)
    told = [body for method, path, body in emsp.received if path.startswith("sessions/")]
    assert [(one["id"], one["cdr_token"]["uid"]) for one in told] == [(str(orphan.pk), "04AA")]
    assert ask_again(now=timezone.now()) == 0  # it has one
    assert len(asked(emsp)) == 1


@pytest.mark.parametrize("answer", [refused(503, 3000), refused(404, 2004), ok({"allowed": "?"})])
def test_without_an_answer_it_stays_nobodys_and_is_asked_again_later(emsp, orphan, answer):
    emsp.answers["POST", "tokens"] = answer

    assert ask_again(now=timezone.now()) == 0

    assert owner_of(orphan) == (None, "", ["not_authorized"])
    emsp.answers["POST", "tokens"] = ALLOWED
    assert ask_again(now=orphan.created_at + 61 * SECOND) == 1


def test_one_that_is_over_keeps_the_bill_that_it_has(emsp, orphan):
    ChargingSession.objects.update(status="COMPLETED", ended_at=timezone.now())

    assert (ask_again(now=timezone.now()), asked(emsp)) == (0, [])


def test_less_and_less_often():
    sweeps = [seconds for seconds in range(0, 4000, 30) if is_due_again(seconds * SECOND)]

    assert sweeps == [30, 60, 120, 240, 480, 960, 1920, 3840]
