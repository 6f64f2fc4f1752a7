"""Which parties a hub reaches (2.2.1 §15): told by it, and read from it now and then.

A party that a hub does not reach is sent nothing there, and its tokens are not asked about; what
is owed to it stays owed until the hub says that it is back.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ocpi.client import EgressFailed, EgressRefused, NoAccess, Reply
from ocpi.domain.bodies import without_nulls
from ocpi.domain.datetimes import parsed, written
from ocpi.domain.pages import next_page
from ocpi.enums import ConnectionStatus, PartnerState
from ocpi.models import ClientInfo, HubReading, OwedPush, Partner
from ocpi.selectors import PartyKey, hubs
from ocpi.services.access import ask_partner
from ocpi.services.pulling import ask_for_pull
from stations.schemas import faults_in

log = logging.getLogger(__name__)

EVERY = timedelta(hours=6)
AGAIN_AFTER = timedelta(minutes=5)  # longer than a reading can take
MOST_PAGES = 20
MODULE = "hubclientinfo"

Json = dict[str, Any]

Reading = Callable[[list[Any], datetime], list["Client"]]


@dataclass(frozen=True, slots=True)
class Client:
    """A party behind a hub, as the hub says it is."""

    country_code: str
    party_id: str
    role: str
    status: ConnectionStatus
    last_updated: datetime

    @property
    def key(self) -> PartyKey:
        return self.country_code.upper(), self.party_id.upper()


class Unusable(Exception):
    """The hub's answer is no page of a list."""


@transaction.atomic
def keep_client(*, hub: Partner, told: Client, now: datetime) -> bool:
    """Take what a hub says of one party. Returns whether the party is new to us."""
    Partner.objects.select_for_update(no_key=True).get(pk=hub.pk)  # one change at a time
    is_new = _keep(hub, told, now)
    if is_new:
        _ask_for_tokens(hub, now)
    return is_new


def _ask_for_tokens(hub: Partner, now: datetime) -> None:
    """Those of a party that we had not heard of were left out when the hub's were read."""
    if hub.state == PartnerState.CONNECTED:
        ask_for_pull(partner=hub, now=now, whole=True)


def _keep(hub: Partner, told: Client, now: datetime) -> bool:
    known = ClientInfo.objects.filter(
        hub=hub, country_code__iexact=told.country_code, party_id__iexact=told.party_id
    ).first()
    if known is not None and known.last_updated > told.last_updated:
        return False
    row = known or ClientInfo(hub=hub)
    is_back = told.status == ConnectionStatus.CONNECTED != row.status
    row.country_code, row.party_id = told.country_code, told.party_id
    row.role, row.status, row.last_updated = told.role, told.status, told.last_updated
    row.save()
    if is_back:
        OwedPush.objects.filter(partner=hub, due_at__gt=now).update(due_at=now)
    return known is None


def read_hubs(*, read: Reading, clock: Callable[[], datetime] = timezone.now) -> int:
    """Read the lists of the hubs that are due. `read`: a page as its version writes it. Returns
    how many were read."""
    return sum(_read_safely(hub, read, clock) for hub in _due(clock()))


def _due(now: datetime) -> list[Partner]:
    connected = hubs().filter(state=PartnerState.CONNECTED)
    return list(connected.filter(Q(reading=None) | Q(reading__due_at__lte=now)))


def _read_safely(hub: Partner, read: Reading, clock: Callable[[], datetime]) -> bool:
    now = clock()
    row, _ = HubReading.objects.get_or_create(hub=hub, defaults={"due_at": now})
    mine = HubReading.objects.filter(hub=hub, due_at=row.due_at)
    if not mine.update(due_at=now + AGAIN_AFTER):
        return False
    try:
        clients = _listed(hub, read, now)
    except (EgressRefused, EgressFailed) as failure:
        return _fail(hub, failure.text)
    except (NoAccess, Unusable) as fault:
        return _fail(hub, str(fault) or "The hub is not connected.")
    _replace(hub, clients, now)
    HubReading.objects.filter(hub=hub).update(due_at=now + EVERY, read_at=now, last_error="")
    return True


def _fail(hub: Partner, reason: str) -> bool:
    HubReading.objects.filter(hub=hub).update(last_error=reason[:255])
    log.warning("hub not read", extra={"partner": hub.name, "reason": reason})
    return False


def _listed(hub: Partner, read: Reading, now: datetime) -> list[Client]:
    """All pages. Raises Unusable and what `client.ask` raises."""
    first = url = hub.endpoint(MODULE, "SENDER") or ""
    clients: list[Client] = []
    seen = 0
    for _ in range(MOST_PAGES if url else 0):
        reply = _asked(hub, url)
        if not reply.is_success or not isinstance(reply.data, list):
            raise Unusable(reply.summary)
        clients += read(reply.data, now)
        seen += len(reply.data)
        onward = next_page(reply.headers, first, seen, len(reply.data))
        if onward is None:
            break
        url = onward
    return clients


def _asked(hub: Partner, url: str) -> Reply:
    """A configuration module has no routing headers (§15)."""
    return ask_partner(hub, "GET", url)


@transaction.atomic
def _replace(hub: Partner, clients: Collection[Client], now: datetime) -> None:
    """What the list does not name is no longer valid (§15.3.2.1), unless we were told of it
    while it was read."""
    Partner.objects.select_for_update(no_key=True).get(pk=hub.pk)
    new = [told for told in clients if _keep(hub, told, now)]
    if new:
        _ask_for_tokens(hub, now)
    named = {told.key for told in clients}
    gone = [
        row.pk
        for row in ClientInfo.objects.filter(hub=hub, last_updated__lt=now)
        if (row.country_code.upper(), row.party_id.upper()) not in named
    ]
    ClientInfo.objects.filter(pk__in=gone).delete()


def clients_in(data: list[Any], now: datetime) -> list[Client]:
    """The objects of a hub's page that can be read; others are left out."""
    bodies = [with_time(without_nulls(one), now) for one in data]
    return [client_of(body, now) for body in bodies if not faults_in("ClientInfo", body)]


def client_of(body: Json, now: datetime) -> Client:
    """What a valid object says. A hub's clock that is ahead must not outlast what it says next."""
    return Client(
        country_code=body["country_code"],
        party_id=body["party_id"],
        role=body["role"],
        status=ConnectionStatus(body["status"]),
        last_updated=min(parsed(body["last_updated"]) or now, now),
    )


def with_time(body: Any, now: datetime) -> Any:
    """The specification's own example forgets `last_updated`: then it is now."""
    if not isinstance(body, dict) or "last_updated" in body:
        return body
    return {**body, "last_updated": written(now)}
