"""`pyoscp`, a DSO that was written by others, as our peer: a process of its own over sockets."""

import json
from datetime import timedelta

import pytest

from dso.models import Dso
from dso.services import keeping, presence, reporting, sending
from energy.models import FallbackHold
from energy.selectors import limit_kw
from tests.dso.capacity_provider import Peer, forecast, overdue

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def peer(tmp_path):
    made = Peer(tmp_path).knows({"token-A": {"register": {"token": None, "base_url": None}}})
    yield made
    made.errors.close()


@pytest.fixture
def dso(base, peer, source, now):
    """We began, and it is linked; nothing was sent yet."""
    where = f"http://127.0.0.1:{peer.port}/oscp/cp/2.0"
    made = keeping.add_peer(name="Grid", base_url=where, token_a="token-A", now=now)
    keeping.link(dso=made, source=source, group="G1", now=now)
    return made


def fresh(dso):
    return Dso.objects.get(pk=dso.pk)


def connect(peer, dso):
    sending.send_owed(dso_id=dso.pk)
    peer.do("tick")
    sending.send_owed(dso_id=dso.pk)


def test_we_register_shake_hands_and_each_hears_the_other(dso, peer, now):
    with peer:
        connect(peer, dso)
        sending.beat(dso_id=dso.pk, now=now)
        known = peer.do("tick")

    found = fresh(dso)
    assert (found.state, found.last_error, found.heartbeat_s) == ("connected", "", 60)
    assert found.away_at > now + 2 * MINUTE  # by its heartbeat without T and zone
    assert found.beats_plainly  # it read ours only so
    ((token_c, endpoint),) = known.items()
    assert token_c not in ("token-A", found.secret)
    assert endpoint["required_behavior"]["heartbeat_interval"] == 60
    assert endpoint["offline_at"] == (now + 3 * MINUTE).strftime("%Y-%m-%dT%H:%M:%S")


def test_it_registers_with_us_by_an_invitation(base, peer, source, now):
    invitation = keeping.invite_peer(name="Grid", now=now)
    keeping.link(dso=invitation.dso, source=source, group="G1", now=now)
    begun = {"token": invitation.token_a, "base_url": invitation.base_url}
    with peer.knows({"token-B": {"register": begun}}):
        peer.do("register", url=begun["base_url"], token="token-B", token_a=begun["token"])
        connect(peer, invitation.dso)
        taken = peer.do("forecast", body=forecast(now, 40))

    assert fresh(invitation.dso).state == "connected"
    assert taken == [204, ""]
    assert limit_kw(source, now + HOUR / 2) == 40
    assert not invitation.dso.tokens.filter(kind="invitation").exists()  # token A is void


def test_its_forecasts_hold_and_are_answered_in_its_terms(dso, peer, source, now):
    with peer:
        connect(peer, dso)
        taken = [peer.do("forecast", body=forecast(now, kw)) for kw in (40, 30)]
        stranger = peer.do("forecast", body=forecast(now, 1, group="of another"))
        absurd = peer.do("forecast", body=forecast(now, 10_000_000))

    assert taken == [[204, ""], [204, ""]]
    assert (stranger[0], absurd[0]) == (404, 400)
    assert json.loads(stranger[1]) == {"message": "You have no such group here."}
    assert "kw must be from 0 to 100000" in json.loads(absurd[1])["message"]
    assert limit_kw(source, now + HOUR / 2) == 30
    assert fresh(dso).alarm == "refused"


def test_it_gets_the_measurements_it_asks_for(dso, peer, now):
    with peer:
        connect(peer, dso)
        Dso.objects.update(measures=["CONTINUOUS"], next_measurement_at=now)
        reporting.report_due(now=now)
        sending.send_owed(dso_id=dso.pk)
        peer.do("tick")

    ((what, body),) = peer.told
    assert (what, body["group_id"]) == ("measurements", "G1")
    (measured,) = body["measurements"]
    assert (measured["value"], measured["unit"], measured["direction"]) == (0.0, "KWH", "IMPORT")
    assert measured["measure_time"] == now.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_cut_off_for_ten_minutes_its_fallback_holds_and_it_heals_alone(dso, peer, source, now):
    with peer:
        connect(peer, dso)
        peer.do("forecast", body=forecast(now, 40))
        peer.do("forecast", body=forecast(now, 10, 24, "FALLBACK_CONSUMPTION"))
        presence.note_absences(now=now + 2 * MINUTE)
        there = limit_kw(source, now + 2 * MINUTE)
    presence.note_absences(now=now + 4 * MINUTE)
    away, held = fresh(dso), limit_kw(source, now + 10 * MINUTE)
    later = limit_kw(source, now + 2 * HOUR)
    with peer.knows(overdue(peer)):
        peer.do("tick")  # its heartbeat: we ask for a new handshake
        still = fresh(dso).state
        sending.send_owed(dso_id=dso.pk)

    assert there == 40
    assert (away.state, away.alarm, held, later) == ("away", "away", 10, 10)
    assert still == "away"
    assert (fresh(dso).state, fresh(dso).alarm) == ("connected", "")
    assert not FallbackHold.objects.exists()
    assert limit_kw(source, now + HOUR / 2) == 40


def test_what_it_does_not_take_is_tried_again(dso, peer, now):
    assert sending.send_owed(dso_id=dso.pk) == 0  # it does not run yet
    failed = fresh(dso).last_error
    sending.OwedMessage.objects.update(due_at=now)
    with peer:
        connect(peer, dso)

    assert "does not answer" in failed
    assert fresh(dso).state == "connected"
