"""A session whose issuer did not answer in time gets its owner when the issuer does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booking.domain.asking import GIVEN_UP_AFTER, is_due_again
from booking.models import Cdr, ChargingSession
from booking.services import ask_again, settle_question, weigh_session
from ocpi.domain.lines import Lines
from ocpi.services import inquiring
from ocpi.services.changes import spread_changes
from ocpi.services.pushing import push_partner
from tariffs.domain.choice import Occasion
from tariffs.domain.places import EVERYONE, Place
from tariffs.selectors import versions_for
from tariffs.services import assign
from tests.factories.booking import CdrFactory, SessionFactory, TokenFactory
from tests.factories.ocpi import token_body
from tests.factories.stations import ConnectorFactory
from tests.factories.tariffs import TariffFactory
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


def ended(session, **more):
    """It ends before anybody said whose it is, and is billed by the tariff that holds then."""
    now = timezone.now()
    values = {"status": "COMPLETED", "ended_at": now, "energy_wh": 10_000, "meter_stop_wh": 11_000}
    ChargingSession.objects.filter(pk=session.pk).update(**values | more)
    return CdrFactory(session=ChargingSession.objects.get(pk=session.pk))


def settle(partner):
    spread_changes(now=timezone.now())
    push_partner(partner_id=partner.pk)


def cdr_token_of(token):
    """A CdrToken is the beginning of a Token."""
    names = ("country_code", "party_id", "uid", "type", "contract_id")
    return {name: token[name] for name in names}


def told_of(emsp, module):
    return [body for method, path, body in emsp.received if path.split("/")[0] == module]


@pytest.fixture
def priced(orphan):
    """2 EUR a kWh for everyone, 1 EUR for the eMSP's drivers."""
    place = orphan.evse.location_id
    for price, party in ((2.0, EVERYONE), (1.0, ("NL", "RMR"))):
        assign([(TariffFactory(price=price).pk, Place(place, party=party))])
    (offer,) = versions_for([Occasion(orphan.evse_id, place, orphan.started_at)])
    ChargingSession.objects.update(tariff_version=offer.version_id)


def test_one_that_ended_meanwhile_gets_its_owner_and_is_billed_to_it(
    emsp, endpoints, partner, orphan, priced
):
    first = ended(orphan, started_at=timezone.now() - 60 * SECOND)
    settle(partner)
    assert (told_of(emsp, "sessions"), told_of(emsp, "cdrs")) == ([], [])
    emsp.answers["POST", "tokens"] = ALLOWED

    assert [ask_again(now=timezone.now()) for _ in range(2)] == [1, 0]

    assert owner_of(orphan) == ("RMR", "REF-9", [])
    settle(partner)
    [session], [bill] = told_of(emsp, "sessions"), told_of(emsp, "cdrs")
    assert (session["status"], session["total_cost"]["excl_vat"]) == ("COMPLETED", 10.0)
    assert bill["cdr_token"] == session["cdr_token"] == cdr_token_of(token_body())
    assert (bill["total_cost"]["excl_vat"], bill["authorization_reference"]) == (10.0, "REF-9")
    assert emsp.ask("GET", endpoints["cdrs"]).data == [bill]
    assert emsp.ask("GET", f"{endpoints['cdrs']}/{first.pk}").codes == (404, 2001)
    costs = Cdr.objects.order_by("issued_at").values_list("total_excl_vat", flat=True)
    assert list(costs) == [20, -20, 10]  # the books: to nobody, taken back, to the eMSP


def test_an_answer_that_comes_after_the_end_counts(emsp, partner, orphan):
    question = weigh_session(
        session_id=orphan.pk, station_id=orphan.evse.station_id, now=timezone.now()
    )
    emsp.answers["POST", "tokens"] = ALLOWED
    answer = question.inquiries[0]()
    ended(orphan)

    for _ in range(2):
        settle_question(question=question, answer=answer, now=timezone.now())

    assert owner_of(orphan)[0] == "RMR"
    settle(partner)
    assert len(told_of(emsp, "cdrs")) == 1


@pytest.mark.parametrize("is_over", [False, True])
def test_a_token_that_is_told_later_finds_its_session_without_a_question(
    emsp, endpoints, partner, orphan, is_over
):
    if is_over:
        ended(orphan)
    emsp.ask("PUT", f"{endpoints['tokens']}/NL/RMR/04AA", token_body())

    assert ask_again(now=orphan.created_at + 45 * SECOND) == 1

    assert (owner_of(orphan), asked(emsp)) == (("RMR", "", []), [])
    settle(partner)
    assert len(told_of(emsp, "cdrs")) == is_over


@pytest.mark.parametrize("why", ["own", "no energy", "too long ago"])
def test_who_needs_no_owner_is_not_asked_about(emsp, partner, orphan, why):
    ended(orphan, energy_wh=0 if why == "no energy" else 10_000)
    if why == "own":
        TokenFactory(uid="04aa")
    now = timezone.now() + GIVEN_UP_AFTER if why == "too long ago" else timezone.now()
    emsp.answers["POST", "tokens"] = ALLOWED

    assert (ask_again(now=now), asked(emsp)) == (0, [])


def test_less_and_less_often():
    sweeps = [seconds for seconds in range(0, 4000, 30) if is_due_again(seconds * SECOND)]

    assert sweeps == [30, 60, 120, 240, 480, 960, 1920, 3840]
