"""The log of exchanges with partners: what is kept, what is blotted out, and that it hurts
nobody."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from ocpi import journal
from ocpi.domain.exchanges import BLOT, Exchange, module_of, with_short_list, written
from ocpi.models import OcpiMessage
from ocpi.services.changes import spread_changes
from ocpi.services.messages import drop_old_messages
from ocpi.services.pushing import push_partner
from tests.factories.tariffs import TariffFactory
from tests.ocpi.emsp import header, refused

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECRET = "wL4-kv_3nZq9"


def exchange(**more):
    facts = {
        "at": NOW, "partner_id": 7, "direction": "out", "method": "GET", "ms": 3,
        "url": "https://emsp.example/ocpi/2.2.1/cdrs",
    }  # fmt: skip
    return Exchange(**facts | more)


def texts(**more):
    kept = written(exchange(**more))
    return kept.url + kept.request + kept.answer + kept.error


@pytest.mark.parametrize(
    "place",
    [
        {"request": {"token": SECRET, "url": "https://emsp.example"}},
        {"answer": {"data": [{"token": SECRET}], "status_message": f"{SECRET} is new"}},
        {"answer": json.dumps({"data": {"token": SECRET}}).encode()},
        {"answer": f'<html>"token": "{SECRET}"'.encode()},
        {"secrets": (SECRET,), "answer": {"status_message": f"No access with {SECRET}."}},
        {"secrets": (SECRET,), "answer": f"I was sent {header(SECRET)}".encode()},
        {"secrets": (SECRET,), "error": f"{SECRET} does not answer"},
        {"secrets": (SECRET,), "url": f"https://emsp.example/{SECRET}/cdrs"},
        {"url": f"https://emsp.example/cdrs?limit=5&token={SECRET}"},
        {"url": f"https://emsp.example/cdrs?access_token={SECRET}&limit=5"},
    ],
)
def test_no_secret_is_kept(place):
    found = texts(**place)

    assert BLOT in found
    assert SECRET not in found
    assert header(SECRET).split()[1].rstrip("=") not in found


def test_the_token_of_a_driver_is_no_secret():
    token = {"uid": "04AA", "contract_id": "NL-RMR-1"}

    kept = written(exchange(request={"token": token, "cdr_token": token}))

    assert json.loads(kept.request) == {"token": token, "cdr_token": token}


def test_long_bodies_are_shortened():
    kept = written(exchange(request=[{"id": n} for n in range(25)], answer=b"x" * 99_999))

    assert json.loads(kept.request)[19:] == [{"id": 19}, "… and 5 more"]
    assert kept.answer == f"{'x' * 16_000} … and 49536 more characters"
    assert with_short_list({"data": list(range(21))})["data"][19:] == [19, "… and 1 more"]


@pytest.mark.parametrize("body", ["\0nul", "\ud800 alone", b"\xff\xfe", b"[" * 60_000, b""])
def test_whatever_is_said_can_be_stored(body):
    for text in (written(exchange(answer=body)).answer, written(exchange(answer=[body])).answer):
        assert "\0" not in text
        text.encode()


def test_the_module_is_read_from_the_url():
    assert [
        module_of("https://emsp.example/ocpi/emsp/2.2.1/cdrs"),
        module_of("/ocpi/cpo/2.2.1/tokens/NL/RMR/sessions?limit=2"),
        module_of("/ocpi/versions"),
        module_of("/ocpi/2.2.1"),
        module_of("https://["),
    ] == ["cdrs", "tokens", "versions", "", ""]


@pytest.fixture
def kept(transactional_db):
    """The lines of the log, oldest first, once all are stored."""
    OcpiMessage.objects.all().delete()

    def lines(*names):
        journal.flush()
        return list(OcpiMessage.objects.order_by("at", "id").values_list(*names))

    return lines


def test_both_directions_are_logged_and_no_token_is(kept, emsp, partner):
    lines = kept("direction", "method", "module", "http_status", "status_code", "partner_id")

    assert lines == [
        ("in", "GET", "versions", 200, 1000, partner.pk),
        ("in", "GET", "", 200, 1000, partner.pk),
        ("in", "POST", "credentials", 200, 1000, partner.pk),
        ("out", "GET", "versions", 200, 1000, partner.pk),
        ("out", "GET", "", 200, 1000, partner.pk),
    ]
    whole = str(kept())
    for secret in (emsp.token, emsp.token_b):
        assert secret not in whole
        assert header(secret).split()[1].rstrip("=") not in whole
    assert json.loads(OcpiMessage.objects.get(method="POST").request)["token"] == BLOT


def test_a_push_is_logged_with_what_was_answered(kept, emsp, partner):
    TariffFactory(ocpi_id="AC1")
    spread_changes(now=timezone.now())
    emsp.answers["PUT", "tariffs"] = refused(200, 2001, "No such currency")
    push_partner(partner_id=partner.pk)

    assert kept("method", "module", "status_code", "is_fault")[-1] == ("PUT", "tariffs", 2001, True)
    line = OcpiMessage.objects.latest("at")
    assert json.loads(line.request)["id"] == "AC1"
    assert json.loads(line.answer)["status_message"] == "No such currency"
    assert line.url.endswith("/tariffs/NL/EMA/AC1")


def test_a_partner_that_does_not_answer_is_logged_too(kept, emsp, partner):
    TariffFactory(ocpi_id="AC1")
    spread_changes(now=timezone.now())
    emsp.server.shutdown()
    emsp.server.server_close()
    push_partner(partner_id=partner.pk)

    line = kept("method", "http_status", "is_fault", "error")[-1]
    assert line == ("PUT", None, True, "127.0.0.1 does not answer: ConnectionRefusedError.")


def test_who_presents_no_valid_token_is_logged_without_a_body(kept, emsp, base):
    emsp.ask("POST", f"{base}/ocpi/cpo/2.2.1/credentials", emsp.credentials, token="guessed-it")
    emsp.ask("POST", f"{base}/ocpi/cpo/2.2.1/credentials", b"{", token="guessed-it")

    assert kept("partner_id", "http_status", "request") == [(None, 401, ""), (None, 401, "")]


def test_what_is_no_json_is_logged_as_such(kept, emsp, endpoints):
    answer = emsp.ask("PUT", f"{endpoints['tokens']}/NL/RMR/04AA", b"{")

    assert answer.status == 400
    assert kept("method", "http_status", "request")[-1] == ("PUT", 400, "")


def test_a_log_that_cannot_be_written_hurts_nobody(db):
    began, may_go = threading.Event(), threading.Event()

    def store(batch):
        began.set()
        may_go.wait(10)
        raise RuntimeError("The disk is full.")

    before = journal.DROPPED._value.get()
    full = journal.Journal(store)
    full.note(exchange())
    assert began.wait(10)
    for _ in range(journal.MOST_WAITING + 5):
        full.note(exchange())
    may_go.set()
    full.flush()

    assert journal.DROPPED._value.get() - before == journal.MOST_WAITING + 6


def test_strangers_cannot_fill_the_log():
    stored = []
    journal_ = journal.Journal(stored.extend)
    for _ in range(journal.STRANGERS_A_MINUTE * 2):
        journal_.note(exchange(partner_id=None))
    journal_.note(exchange(partner_id=1))
    journal_.flush()

    assert 60 <= len([one for one in stored if one.partner_id is None]) <= 120
    assert stored[-1].partner_id == 1


def test_old_days_are_dropped_whole(db, settings):
    drop_old_messages(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('ocpi_message_20260601') IS NOT NULL")
        assert cursor.fetchone() == (True,)

    later = NOW + timedelta(days=settings.OCPI.message_log_days + 1)

    assert drop_old_messages(now=later) == 1
