"""The price feed against a web service over a real socket, and when it is late."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from dso.models import PriceFeed
from dso.services import feeds
from energy.models import EnergyPrice
from tests.dso.test_entsoe import acknowledgement, document, series
from tests.factories.energy import PriceListFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)  # 13:00 in Brussels
MIDNIGHT = datetime(2026, 1, 14, 23, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = series(dict.fromkeys(range(1, 25), 50), start=MIDNIGHT)
TOMORROW = series(dict.fromkeys(range(1, 25), 60), start=MIDNIGHT + DAY)


class Service:
    def __init__(self):
        self.body, self.queries = document(TODAY), []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                service.queries.append(parse_qs(urlsplit(self.path).query))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(service.body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api"
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()


@pytest.fixture
def service(settings):
    made = Service()
    settings.ENTSOE_URL, settings.EGRESS_ALLOW = made.url, ["127.0.0.0/8"]
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def feed(service):
    prices = PriceListFactory(name="NL")
    return feeds.keep_feed(
        price_list=prices, area="10YNL----------L", token="entsoe-secret", now=NOW
    )


def read(feed, now):
    feeds.read_feeds(now=now)
    feed.refresh_from_db()
    return feed


def test_prices_of_today_and_tomorrow_are_taken(feed, service):
    first = read(feed, NOW)
    service.body = document(TODAY, TOMORROW)
    second = read(feed, first.next_poll_at)

    assert EnergyPrice.objects.count() == 48
    assert (second.until, second.last_error, second.is_stale) == (MIDNIGHT + 2 * DAY, "", False)
    assert second.next_poll_at == NOW + timedelta(minutes=5) + timedelta(hours=1)
    assert service.queries[0] == {
        "securityToken": ["entsoe-secret"], "documentType": ["A44"],
        "in_Domain": ["10YNL----------L"], "out_Domain": ["10YNL----------L"],
        "periodStart": ["202601142300"], "periodEnd": ["202601162300"],
    }  # fmt: skip
    assert "entsoe-secret" not in PriceFeed.objects.values_list("token", flat=True).get()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html>", "This is not XML"),
        (acknowledgement(999, "No matching data found"), "no prices for this period yet"),
        (document(series({1: 50}, currency="PLN")), "Prices in PLN, not EUR."),
        (
            document(series(dict.fromkeys(range(1, 25), 9000.0), start=MIDNIGHT)),
            "the price must be",
        ),
        (b"", "HTTP 200"),
    ],
)
def test_what_fails_is_noted_and_leaves_the_prices_that_there_are(feed, service, body, error):
    read(feed, NOW)
    service.body = body

    later = read(feed, feed.next_poll_at)

    assert error in later.last_error
    assert later.next_poll_at == NOW + timedelta(minutes=10)
    assert EnergyPrice.objects.count() == 24


@pytest.mark.parametrize(
    ("hours", "until", "late"),
    [
        (0, MIDNIGHT + DAY, False),
        (0.99, MIDNIGHT + DAY, False),  # 13:59 in Brussels
        (1, MIDNIGHT + DAY, True),  # 14:00
        (1, MIDNIGHT + 2 * DAY, False),
        (0, MIDNIGHT + DAY - timedelta(minutes=15), True),
        (0, None, True),
    ],
)
def test_prices_are_late_from_two_o_clock_on(hours, until, late):
    assert feeds.is_late(until, NOW + timedelta(hours=hours)) is late


def test_the_day_of_25_hours_ends_when_it_does():
    morning = datetime(2026, 10, 25, 8, tzinfo=UTC)

    assert feeds.is_late(datetime(2026, 10, 25, 22, 59, tzinfo=UTC), morning)
    assert not feeds.is_late(datetime(2026, 10, 25, 23, tzinfo=UTC), morning)
