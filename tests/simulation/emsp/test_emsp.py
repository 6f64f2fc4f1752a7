"""The eMSP's doors, knocked at with requests that nobody's product code has made."""

import http.client
import json
import socket

import pytest

from cpms.simulation import ledger as ledgers
from cpms.simulation.emsp import dealing
from cpms.simulation.emsp.drivers import DRIVERS
from cpms.simulation.emsp.emsp import Emsp
from cpms.simulation.emsp.manners import Mood
from cpms.simulation.emsp.memory import Memory
from cpms.simulation.emsp.orders import Order
from cpms.simulation.emsp.wire import token_header
from cpms.simulation.ledger import Ledger
from tests.simulation.emsp.running import Running
from tests.simulation.emsp.test_book import NEW, NOW, location, session

TOKEN = "token-of-the-cpo"
SESSION = "/ocpi/2.2.1/sessions/NL/EMA/S1"


@pytest.fixture
def emsp(tmp_path):
    made = Emsp(memory=Memory(token_b=TOKEN, token_c="C"), ledger=Ledger(tmp_path / "ledger"))
    with Running(made) as running:
        yield running


def ask(emsp, method, path, body=None, *, token=TOKEN, **headers):
    """Status, JSON (or text), headers."""
    link = http.client.HTTPConnection(emsp.url.removeprefix("http://"), timeout=5)
    try:
        raw = body if isinstance(body, str) else None if body is None else json.dumps(body)
        link.request(method, path, raw, {"Authorization": token_header(token), **headers})
        response = link.getresponse()
        text = response.read().decode()
        is_json = response.headers["Content-Type"] == "application/json" and text
        return response.status, json.loads(text) if is_json else text, response.headers
    finally:
        link.close()


def codes(emsp, *request, **how):
    status, body, _ = ask(emsp, *request, **how)
    return status, body["status_code"]


def test_a_wrong_token_opens_nothing(emsp):
    assert codes(emsp, "GET", "/ocpi/versions", token="C") == (401, 2000)
    assert codes(emsp, "PUT", SESSION, session(), token="") == (401, 2000)
    assert emsp.book.sessions == {}


def test_it_says_what_it_offers(emsp):
    _, versions, _ = ask(emsp, "GET", "/ocpi/versions")
    details = {
        one["version"]: ask(emsp, "GET", f"/ocpi/{one['version']}") for one in versions["data"]
    }

    bases = {version: f"{emsp.url}/ocpi/{version}" for version in ("2.2.1", "2.3.0")}
    assert {one["version"]: one["url"] for one in versions["data"]} == bases
    for version, (_, body, _) in details.items():
        endpoint = {"identifier": "cdrs", "role": "RECEIVER", "url": f"{bases[version]}/cdrs"}
        assert endpoint in body["data"]["endpoints"]


def test_what_it_acknowledged_is_on_disk_and_comes_back(emsp, tmp_path):
    told = [
        codes(emsp, "PUT", SESSION, session()),
        codes(emsp, "PATCH", SESSION, {"kwh": 1, "last_updated": NEW}),
        codes(emsp, "PUT", SESSION, session()),
        codes(emsp, "POST", "/ocpi/2.2.1/cdrs", session()),
        codes(emsp, "POST", "/ocpi/2.2.1/cdrs", session()),
        codes(emsp, "PUT", "/ocpi/2.2.1/locations/NL/EMA/L1", location()),
        codes(emsp, "PATCH", "/ocpi/2.2.1/locations/NL/EMA/L2", {"last_updated": NOW}),
    ]

    assert told == [
        (201, 1000), (200, 1000), (200, 1000), (201, 1000), (200, 1000), (201, 1000), (404, 2003),
    ]  # fmt: skip
    kept = [line["verdict"] for line in ledgers.read(tmp_path / "ledger")]
    assert kept == ["new", "changed", "stale", "new", "repeated", "new", "lacking"]
    reborn = Emsp()
    dealing.remember(reborn, tmp_path / "ledger")
    assert vars_of(reborn.book) == vars_of(emsp.book)
    assert reborn.book.find("sessions", ("NL", "EMA", "S1"))["kwh"] == 1


def vars_of(book):
    return [book.locations, book.tariffs, book.sessions, book.cdrs]


def test_a_cdr_has_a_place_of_its_own(emsp):
    _, _, headers = ask(emsp, "POST", "/ocpi/2.2.1/cdrs", session())
    where = headers["Location"].removeprefix(emsp.url)

    _, found, _ = ask(emsp, "GET", where)

    assert found["data"] == session()


def test_it_lists_the_cards_that_it_tells_of_in_pages(emsp):
    uids, path = [], "/ocpi/2.2.1/tokens?limit=6"
    while path:
        _, page, headers = ask(emsp, "GET", path)
        uids += [token["uid"] for token in page["data"]]
        link = headers.get("Link", "").partition(">")[0].removeprefix("<")
        path = link.removeprefix(emsp.url)

    assert uids == [driver.uid for driver in DRIVERS if driver.is_told]


@pytest.mark.parametrize(("number", "allowed"), [(14, "ALLOWED"), (15, "NO_CREDIT")])
def test_it_answers_for_its_cards(emsp, number, allowed):
    uid = DRIVERS[number - 1].uid.lower()
    where = {"location_id": "L1", "evse_uids": ["E1"]}

    _, answer, _ = ask(emsp, "POST", f"/ocpi/2.2.1/tokens/{uid}/authorize", where)

    info = answer["data"]
    assert (info["allowed"], info["token"]["uid"]) == (allowed, DRIVERS[number - 1].uid)
    assert info.get("location") == (where if allowed == "ALLOWED" else None)
    assert codes(emsp, "POST", "/ocpi/2.2.1/tokens/STRANGER/authorize") == (404, 2004)


def test_a_result_finds_its_command(emsp):
    order = Order("START_SESSION", "somebody", given_at=None, response="ACCEPTED")
    emsp.orders.add(order)
    path = f"/ocpi/2.2.1/results/{order.order_id}"

    assert codes(emsp, "POST", path, {"result": "ACCEPTED"}) == (200, 1000)
    assert codes(emsp, "POST", path, {"nothing": 1}) == (404, 2000)
    assert (order.state, order.results) == ("ACCEPTED", 1)


def test_credentials_are_renewed_and_the_old_ones_open_until_the_next(emsp):
    _, answer, _ = ask(emsp, "PUT", "/ocpi/2.2.1/credentials", {"token": "C2", "url": "u"})

    fresh = answer["data"]["token"]
    assert emsp.memory.token_c == "C2"
    assert [codes(emsp, "GET", "/ocpi/versions", token=one) for one in (TOKEN, fresh)] == [
        (200, 1000),
        (200, 1000),
    ]


def test_bad_manners(emsp):
    seen = {}
    for mood in (Mood.ERROR, Mood.REJECT):
        emsp.manners.mood = mood
        seen[mood] = codes(emsp, "PUT", SESSION, session())
    emsp.manners.mood = Mood.DROP
    with pytest.raises(ConnectionError):
        ask(emsp, "PUT", SESSION, session())
    kept = dict(emsp.book.sessions)
    emsp.manners.mood = Mood.HANG
    link = socket.create_connection(("127.0.0.1", int(emsp.url.rpartition(":")[2])), 5)
    link.sendall(f"PUT {SESSION} HTTP/1.1\r\nAuthorization: {token_header(TOKEN)}\r\n\r\n".encode())
    link.settimeout(0.2)
    with pytest.raises(TimeoutError):
        link.recv(1)
    link.close()

    assert seen == {Mood.ERROR: (500, 3000), Mood.REJECT: (200, 2001)}
    assert list(kept.values()) == [session()]


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_bad_request(emsp, raw):
    with socket.create_connection(("127.0.0.1", int(emsp.url.rpartition(":")[2])), 5) as link:
        link.sendall(raw)
        assert link.recv(100).startswith(b"HTTP/1.1 400 ")
    assert codes(emsp, "POST", "/ocpi/2.2.1/cdrs", "{") == (400, 2000)


def test_the_page_shows_what_is_known_and_runs_no_foreign_script(emsp):
    evil = location(name="<script>alert(1)</script>")
    evil["evses"][0]["connectors"][0] |= {"standard": "IEC_62196_T2", "tariff_ids": ["<b>"]}
    emsp.book.learn("locations", evil)

    status, text, headers = ask(emsp, "GET", "/")

    assert status == 200
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
    assert "<b>" not in text
    assert "style=" not in text
    assert "'unsafe" not in headers["Content-Security-Policy"]
    assert [ask(emsp, "GET", f"/{name}")[0] for name in ("page.css", "page.js", "../x")] == [
        200, 200, 404,
    ]  # fmt: skip


def test_forms_of_other_sites_are_refused(emsp):
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    foreign = ask(emsp, "POST", "/manners", "mood=drop", Origin="http://evil.example", **form)
    own = ask(emsp, "POST", "/manners", "mood=error", Origin=emsp.url, **form)
    wrong = ask(emsp, "POST", "/manners", "mood=merry", Origin=emsp.url, **form)

    assert [one[0] for one in (foreign, own, wrong)] == [403, 303, 400]
    assert emsp.manners.mood is Mood.ERROR
    assert ask(emsp, "POST", "/orders/start", "driver=x&evse=y", Origin=emsp.url, **form)[0] == 400
