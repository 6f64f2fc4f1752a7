import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from booking.models import ChargingSession
from cpms.kernel.sealing import seal
from ocpi.models import Change, OwedPush, Partner
from ocpi.services.access import keep_token
from ocpi.services.changes import owe_progress, spread_changes
from ocpi.services.pushing import push_partner
from stations.models import Evse, StationConnection
from tariffs import services as tariffs
from tests.factories.ocpi import roaming_cdr, roaming_session
from tests.factories.tariffs import TariffFactory
from tests.ocpi.emsp import Answer, refused
from tests.ocpi.test_lists import place


def settle(partner, now=None):
    """What beat does, once: at an instant."""
    now = now or timezone.now()
    spread_changes(now=now)
    return push_partner(partner_id=partner.pk, clock=lambda: now)


def lines(emsp):
    return [(method, path) for method, path, _ in emsp.received]


def set_status(evse, status):
    Evse.objects.filter(pk=evse.pk).update(status=status, last_updated=timezone.now())


def test_a_location_is_put_whole_and_then_patched(emsp, partner):
    evse = place()
    settle(partner)
    path = f"locations/NL/EMA/{evse.location.ocpi_id}"

    set_status(evse, "Charging")
    settle(partner)

    assert lines(emsp) == [("PUT", path), ("PATCH", f"{path}/{evse.uid}")]
    assert emsp.received[1][2]["status"] == "CHARGING"
    assert emsp.received[1][2].keys() == {"status", "last_updated"}
    assert settle(partner) is None


def test_flaps_are_coalesced_and_what_is_as_before_is_not_sent(emsp, partner):
    evse = place()
    settle(partner)
    for status in ("Charging", "Faulted", "Available"):
        set_status(evse, status)

    settle(partner)

    assert len(emsp.received) == 1
    assert not OwedPush.objects.exclude(due_at=None).exists()


def test_a_partner_that_lacks_an_evse_gets_the_location(emsp, partner):
    evse = place()
    settle(partner)
    emsp.answers["PATCH", "locations"] = refused(404, 2003)
    set_status(evse, "Charging")

    settle(partner)

    assert [method for method, _ in lines(emsp)] == ["PUT", "PATCH", "PUT"]
    assert emsp.received[2][2]["evses"][0]["status"] == "CHARGING"


def test_a_station_that_stays_away(emsp, partner):
    evse, now = place(), timezone.now()
    settle(partner)
    StationConnection.objects.filter(station=evse.station).update(disconnected_at=now)

    settle(partner, now + timedelta(seconds=20))
    assert len(emsp.received) == 1
    settle(partner, now + timedelta(seconds=40))

    assert emsp.received[1][2]["status"] == "UNKNOWN"


def test_sessions_and_cdrs_go_to_who_issued_the_token(emsp, partner):
    cdr, other = roaming_cdr("RMR"), roaming_cdr("OTH")
    settle(partner)

    pushed = {path.split("/")[0]: (method, body) for method, path, body in emsp.received}
    assert pushed["cdrs"] == ("POST", cdr.body)
    assert pushed["sessions"][1]["id"] == str(cdr.session_id)
    assert str(other.pk) not in str(emsp.received)
    assert str(other.session_id) not in str(emsp.received)


def test_a_running_session_is_told_now_and_then(emsp, partner):
    session, now = roaming_session(), timezone.now()
    settle(partner, now)
    ChargingSession.objects.update(energy_wh=5_000, last_updated=now)
    assert settle(partner, now) is None  # its progress alone is no news

    owe_progress(now=now + timedelta(minutes=6))
    settle(partner, now + timedelta(minutes=6))

    sent = [body["kwh"] for _, path, body in emsp.received if str(session.pk) in path]
    assert sent == [0.0, 5.0]


def test_a_tariff_is_put_and_deleted(emsp, partner):
    tariff = TariffFactory(ocpi_id="AC1")
    settle(partner)
    tariffs.delete_tariff(tariff=tariff)
    settle(partner)

    assert lines(emsp) == [("PUT", "tariffs/NL/EMA/AC1"), ("DELETE", "tariffs/NL/EMA/AC1")]


def test_the_debt_is_written_with_the_change_or_not_at_all(partner):
    Change.objects.all().delete()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        place()
        raise ZeroDivisionError

    assert Change.objects.count() == 0
    place()
    assert Change.objects.filter(subject="location").exists()


def test_a_change_that_overtakes_a_push_stays_owed(emsp, partner):
    evse = place()

    def meanwhile(path, body):
        set_status(evse, "Charging")
        spread_changes(now=timezone.now())

    emsp.answers["PUT", "locations"] = meanwhile
    spread_changes(now=timezone.now())
    push_partner(partner_id=partner.pk)

    assert [method for method, _ in lines(emsp)] == ["PUT", "PATCH"]


@pytest.mark.parametrize(
    "answer",
    [refused(503, 3000), refused(200, 3000), Answer(200, {}), refused(401, 2000), refused(302, 1)],
)
def test_what_fails_is_tried_again_until_it_is_taken(emsp, partner, answer):
    cdr = roaming_cdr()
    emsp.modules = []
    emsp.answers["POST", "cdrs"] = answer
    now = timezone.now()
    for _ in range(3):
        settle(partner, now)
        now += timedelta(seconds=61)
    emsp.answers.clear()
    emsp.received.clear()
    settle(partner, now)

    owed = OwedPush.objects.get(module="cdrs")
    assert [body["id"] for method, _, body in emsp.received if method == "POST"] == [str(cdr.pk)]
    assert (owed.due_at, owed.refused) == (None, "")


def test_a_lost_answer_is_no_second_cdr(emsp, partner):
    roaming_cdr()
    emsp.answers["POST", "cdrs"] = refused(200, 2000, "This CDR was posted already")

    settle(partner)
    settle(partner, timezone.now() + timedelta(minutes=2))

    assert [method for method, _ in lines(emsp)].count("POST") == 1
    assert OwedPush.objects.get(module="cdrs").refused == ""


def test_a_refused_cdr_waits_for_a_person(emsp, partner):
    roaming_cdr()
    emsp.answers["POST", "cdrs"] = refused(200, 2001, "What is this?")
    settle(partner)
    settle(partner, timezone.now() + timedelta(minutes=2))
    assert OwedPush.objects.get(module="cdrs").refused == "HTTP 200, 2001 What is this?"

    emsp.answers.clear()
    out = StringIO()
    call_command("ocpi", "push", "Roamer", stdout=out)

    assert OwedPush.objects.get(module="cdrs").refused == ""
    assert '"owed": 0' in out.getvalue()


def test_a_full_push_tells_everything_again_but_no_cdr(emsp, partner):
    place()
    TariffFactory(ocpi_id="AC1")
    roaming_cdr()
    settle(partner)
    emsp.received.clear()

    call_command("ocpi", "push", "Roamer", "--full", stdout=StringIO())

    assert sorted(method for method, path in lines(emsp) if "EMA" in path) == ["PUT"] * 3
    assert "POST" not in [method for method, _ in lines(emsp)]


def wait_until(told, seconds=8):
    until = time.monotonic() + seconds
    while not told() and time.monotonic() < until:
        time.sleep(0.02)
    return told()


def test_two_pushers_never_serve_one_partner(partner):
    place()
    now = timezone.now()
    spread_changes(now=now)
    Partner.objects.update(pushing_until=now + timedelta(seconds=30))

    assert push_partner(partner_id=partner.pk, clock=lambda: now) is None
    later = now + timedelta(seconds=31)  # who held it died
    assert push_partner(partner_id=partner.pk, clock=lambda: later) == 1


def test_a_partner_that_cannot_be_reached_is_asked_once_a_minute(emsp, partner):
    place()
    emsp.server.shutdown()
    emsp.server.server_close()
    now, tries = timezone.now(), 0
    spread_changes(now=now)
    for _ in range(600):
        tries += push_partner(partner_id=partner.pk, clock=lambda at=now: at) is not None
        now += timedelta(seconds=1)

    assert 14 <= tries <= 18  # 1, 2, 4 … 60 s: six in the first minute, then one each
    assert "does not answer" in Partner.objects.get().last_error


def test_invitations_and_partners_from_the_shell(db, settings, capsys):
    out = StringIO()
    call_command("ocpi", "invite", "Roamer", "--country", "nl", "--party", "rmr", stdout=out)
    listed = StringIO()
    call_command("ocpi", "partners", "--json", stdout=listed)

    assert f'"versions_url": "{settings.PUBLIC_URL}/ocpi/versions"' in out.getvalue()
    assert '"NL*RMR"' in listed.getvalue()
    with pytest.raises(SystemExit) as ended:
        call_command("ocpi", "push", "Roamer")
    assert ended.value.code == 1
    connection.close()


def test_a_token_that_cannot_be_read_stops_the_partner_and_says_why(emsp, partner, settings):
    other = Partner.objects.create(name="Other")
    Partner.objects.filter(pk=partner.pk).update(
        token_out=seal("stolen", f"ocpi partner {other.pk}", settings.SECRET_KEY),
        token_out_before="plain",
    )
    place()
    before = len(emsp.requests)

    assert settle(partner) == 0

    partner.refresh_from_db()
    assert partner.last_error == "We have no token of this partner's that we can read."
    assert len(emsp.requests) == before


def test_what_an_issuer_answered_about_a_session_is_news(db):
    session = roaming_session()
    Change.objects.all().delete()

    session.power_w = 11_000
    session.save()
    session.authorization_reference = "REF-1"
    session.save()

    assert list(Change.objects.values_list("subject", "object_id")) == [
        ("session", str(session.pk))
    ]


def test_the_token_before_the_newest_opens_until_the_newest_does(emsp, partner):
    evse = place()
    keep_token(partner, "newest-token")  # the answer that told us of it came before it is valid
    partner.save()

    first = settle(partner)
    partner.refresh_from_db()
    still_kept = bool(partner.token_out_before)
    emsp.token_b = "newest-token"
    set_status(evse, "Charging")
    second = settle(partner)
    partner.refresh_from_db()

    assert (first, still_kept, second) == (1, True, 1)
    assert partner.token_out_before == ""
