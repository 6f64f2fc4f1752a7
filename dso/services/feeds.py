"""Day-ahead prices from ENTSO-E, by our own guarded way out (docs/adr/0018)."""

from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from cpms import egress
from cpms.egress import EgressFailed, EgressRefused
from cpms.kernel.sealing import BrokenSeal, seal, unseal
from dso.domain import entsoe
from dso.domain.entsoe import NothingPublished, Published
from dso.errors import BadMessage
from dso.models import PriceFeed
from energy import services as energy
from energy.domain.supply import Price
from energy.errors import BadPrices
from energy.models import PriceList

ORIGIN = "ENTSO-E"
CENTRAL = ZoneInfo("Europe/Brussels")  # the day of the single day-ahead coupling
RESULTS_FROM, LATE_FROM = time(12, 45), time(14, 0)
RETRY, IDLE = timedelta(minutes=5), timedelta(hours=1)
AHEAD = timedelta(days=2)


@transaction.atomic
def keep_feed(*, price_list: PriceList, area: str, token: str, now: datetime) -> PriceFeed:
    """Fill a price list from ENTSO-E, by the operator's own security token."""
    feed, _ = PriceFeed.objects.update_or_create(
        price_list=price_list, defaults={"area": area, "next_poll_at": now}
    )
    feed.token = seal(token, _context(feed), settings.SECRET_KEY)
    feed.save(update_fields=["token"])
    return feed


def read_feeds(*, now: datetime) -> int:
    """Read those that are due; returns how many had prices."""
    due = PriceFeed.objects.filter(next_poll_at__lte=now).select_related("price_list")
    return sum(read_feed(feed=feed, now=now) for feed in due if _claim(feed, now))


def read_feed(*, feed: PriceFeed, now: datetime) -> bool:
    """Take what is published from today on. What fails is noted, and tried again."""
    error, is_read = "", False
    try:
        published = _fetched(feed, now)
        energy.take_prices(
            price_list=feed.price_list, prices=_fitting(feed, published), origin=ORIGIN, now=now
        )
        feed.until, feed.last_success_at, is_read = published.prices[-1].ends_at, now, True
    except NothingPublished as nothing:
        error = nothing.text
    except (EgressRefused, EgressFailed, BadMessage, BadPrices, BrokenSeal) as failure:
        error = failure.text
    feed.last_error = error[:255]
    feed.is_stale = is_late(feed.until, now)
    feed.next_poll_at = now + (IDLE if is_read and not _awaits_more(feed.until, now) else RETRY)
    feed.save(update_fields=["until", "last_success_at", "last_error", "is_stale", "next_poll_at"])
    return is_read


def is_late(until: datetime | None, now: datetime) -> bool:
    """Whether tomorrow's prices should be there by now and are not, or today's are missing."""
    local = now.astimezone(CENTRAL)
    days = 2 if local.time() >= LATE_FROM else 1
    return until is None or until < _midnight(local, days)


def _awaits_more(until: datetime | None, now: datetime) -> bool:
    local = now.astimezone(CENTRAL)
    return local.time() >= RESULTS_FROM and (until is None or until < _midnight(local, 2))


def _midnight(local: datetime, days: int) -> datetime:
    day = (local + timedelta(days=days)).date()
    return datetime.combine(day, time(0), CENTRAL).astimezone(UTC)


def _claim(feed: PriceFeed, now: datetime) -> bool:
    same = PriceFeed.objects.filter(pk=feed.pk, next_poll_at=feed.next_poll_at)
    return bool(same.update(next_poll_at=now + RETRY))


def _fetched(feed: PriceFeed, now: datetime) -> Published:
    first = _midnight(now.astimezone(CENTRAL), 0)
    query = {
        "securityToken": unseal(feed.token, _context(feed), settings.SECRET_KEY),
        "documentType": "A44",
        "in_Domain": feed.area,
        "out_Domain": feed.area,
        "periodStart": f"{first:%Y%m%d%H%M}",
        "periodEnd": f"{first + AHEAD:%Y%m%d%H%M}",
    }
    if not connection.in_atomic_block:
        connection.close()  # the pool's, while we wait for the network
    url = f"{settings.ENTSOE_URL}?{urlencode(query)}"
    answer = egress.fetch(egress.Request("GET", url, {"Accept": "application/xml"}))
    if answer.body.lstrip()[:1] != b"<":
        raise BadMessage(f"ENTSO-E answered with HTTP {answer.status}.")
    return entsoe.read(answer.body)


def _fitting(feed: PriceFeed, published: Published) -> list[Price]:
    if published.currency != feed.price_list.currency:
        raise BadMessage(f"Prices in {published.currency}, not {feed.price_list.currency}.")
    return list(published.prices)


def _context(feed: PriceFeed) -> str:
    return f"dso feed {feed.pk}"
