"""Reading partners' tokens (2.2.1 §12.1.2): all of them once a partner is connected and now and
then, what changed each hour, and after an outage at once.

Each page is stored in the transaction that says where the next one is, so a pull goes on where it
was when its process died. A token that is absent is not taken for void: issuers cannot delete
one, they say that it is not valid.
"""

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from booking.services import keep_issued_tokens
from ocpi import client, ports
from ocpi.client import EgressFailed, EgressRefused, NoAccess, Reply
from ocpi.domain.datetimes import written
from ocpi.domain.pages import next_page
from ocpi.domain.urls import with_query
from ocpi.enums import PartnerState
from ocpi.errors import PartnerNotConnected
from ocpi.models import Partner, TokenPull
from ocpi.selectors import hub_keys, our_party_keys, parties_of
from ocpi.services.access import ask_partner

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
WHOLE_EVERY = timedelta(days=7)
OVERLAP = timedelta(minutes=5)  # clocks differ
LEASE = timedelta(seconds=60)  # longer than a page can take
UNWATCHED_AFTER = timedelta(minutes=5)
LONGEST_WAIT = timedelta(minutes=30)
PAGE = 500  # some 400 bytes each: well below what egress takes
MOST_PAGES = 100_000
LONGEST_URL = 2048
FROM_THE_START_AFTER = 5  # failures: a link to a page may have run out

_running: set[int] = set()
_lock = threading.Lock()


class Unusable(Exception):
    """The partner's answer is no page of a list."""


def ask_for_pull(*, partner: Partner, now: datetime, whole: bool = False) -> None:
    """Read a partner's tokens soon; `whole`: all of them, from the start. Raises
    PartnerNotConnected."""
    if partner.state != PartnerState.CONNECTED:
        raise PartnerNotConnected(name=partner.name)
    pull, _ = TokenPull.objects.get_or_create(partner=partner, defaults={"watched_at": now})
    pull.due_at, pull.failures = now, 0
    if whole:
        pull.whole_at = pull.began_at = None
        pull.next_url = ""
    pull.save(update_fields=["due_at", "failures", "whole_at", "began_at", "next_url"])


def start_pulls(*, now: datetime) -> int:
    """Start a thread for each partner whose tokens are due. Returns how many."""
    watch(now=now)
    started = 0
    for partner_id in _due(now).values_list("pk", flat=True):
        with _lock:
            if partner_id in _running:
                continue
            _running.add(partner_id)
        name = f"ocpi-pull-{partner_id}"
        threading.Thread(target=_run, args=[partner_id], name=name, daemon=True).start()
        started += 1
    return started


def watch(*, now: datetime) -> None:
    """Note that we are there. Where nobody was for a while, what partners told us is lost."""
    TokenPull.objects.filter(watched_at__lt=now - UNWATCHED_AFTER).update(due_at=now)
    TokenPull.objects.filter(watched_at__lt=now - UNWATCHED_AFTER / 5).update(watched_at=now)


def _run(partner_id: int) -> None:
    try:
        pull_tokens(partner_id=partner_id)
    except Exception:  # a thread has nobody above it; the pull is due again when its lease ends
        log.exception("pulling failed", extra={"partner_id": partner_id})
    finally:
        with _lock:
            _running.discard(partner_id)
        connection.close()


def _due(now: datetime) -> QuerySet[TokenPull]:
    return (
        TokenPull.objects.filter(due_at__lte=now, partner__state=PartnerState.CONNECTED)
        .filter(Q(leased_until=None) | Q(leased_until__lte=now))
        .order_by("due_at", "pk")
    )


def pull_tokens(*, partner_id: int, clock: Callable[[], datetime] = timezone.now) -> int | None:
    """Read what is due of a partner's tokens, to the last page or the first fault. Returns how
    many were read; None when nothing is due, or somebody else is at it."""
    if not _due(clock()).filter(pk=partner_id).update(leased_until=clock() + LEASE):
        return None
    read = 0
    try:
        for _ in range(MOST_PAGES):
            pull = TokenPull.objects.select_related("partner").get(pk=partner_id)
            read += _read_page(pull, clock)
            if pull.began_at is None:
                break
    except (EgressRefused, EgressFailed, NoAccess) as failure:
        _fail(partner_id, failure.text, clock())
    except Unusable as fault:
        _fail(partner_id, str(fault), clock())
    finally:
        TokenPull.objects.filter(pk=partner_id).update(leased_until=None)
    return read


def _read_page(pull: TokenPull, clock: Callable[[], datetime]) -> int:
    """One page: asked for, stored, and where it goes on."""
    partner = pull.partner
    endpoint = partner.endpoint("tokens", "SENDER")
    if endpoint is None:
        _finish(pull, clock())
        pull.save()
        return 0
    if pull.began_at is None:
        _begin(pull, clock())
    first = _first(endpoint, pull)
    reply = _asked(partner, pull.next_url or first)
    if not reply.is_success or not isinstance(reply.data, list):
        raise Unusable(reply.summary)
    page = ports.edition(partner.version).tokens_in(reply.data, parties_of(partner))
    if page.faults:
        log.warning("tokens left out", extra={"partner": partner.name, "faults": page.faults[:5]})
    pull.seen += len(reply.data)
    pull.refused += len(page.faults)
    onward = next_page(reply.headers, first, pull.seen, len(reply.data)) or ""
    if len(onward) > LONGEST_URL or (onward and onward == pull.next_url):
        raise Unusable("The Link to the next page leads nowhere.")
    pull.next_url = onward
    if not onward:
        _finish(pull, clock())
    pull.leased_until = clock() + LEASE
    with transaction.atomic():
        keep_issued_tokens(tokens=page.tokens)
        pull.save()
    return len(page.tokens)


def _begin(pull: TokenPull, now: datetime) -> None:
    """What changed since the last pull; all, where that was long ago."""
    is_whole = pull.whole_at is None or pull.whole_at <= now - WHOLE_EVERY
    pull.since = None if is_whole or pull.finished_at is None else pull.finished_at - OVERLAP
    pull.began_at, pull.next_url, pull.seen, pull.refused = now, "", 0, 0


def _finish(pull: TokenPull, now: datetime) -> None:
    """`finished_at` is when it began: what changed while we read is read again."""
    began_at = pull.began_at or now
    if pull.since is None:
        pull.whole_at = began_at
    pull.finished_at, pull.began_at, pull.next_url = began_at, None, ""
    pull.failures, pull.last_error = 0, ""
    pull.due_at = now + EVERY * random.uniform(0.9, 1.1)  # noqa: S311 -- spreads load, no secret


def _fail(partner_id: int, reason: str, now: datetime) -> None:
    """Try again later, where it was."""
    pull = TokenPull.objects.get(pk=partner_id)
    pull.failures += 1
    wait = min(timedelta(minutes=1) * 2 ** min(pull.failures - 1, 10), LONGEST_WAIT)
    pull.due_at, pull.last_error = now + wait, reason[:255]
    if pull.failures % FROM_THE_START_AFTER == 0:
        pull.began_at, pull.next_url = None, ""
    pull.save(update_fields=["failures", "due_at", "last_error", "began_at", "next_url"])
    log.warning("pull failed", extra={"partner_id": partner_id, "reason": reason})


def _first(endpoint: str, pull: TokenPull) -> str:
    asked = {"limit": str(PAGE)}
    if pull.since is not None:
        asked["date_from"] = written(pull.since)
    return with_query(endpoint, asked)


def _asked(partner: Partner, url: str) -> Reply:
    receiver = min(hub_keys(partner) or parties_of(partner), default=None)
    routing = client.routing_headers(min(our_party_keys()), receiver)
    return ask_partner(partner, "GET", url, routing=routing)
