"""Questions about EVSEs as they are now: what goes on there, what it costs, when one is free."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from booking.domain.forecast import Occupation, first_free_at
from booking.enums import SessionStatus
from booking.models import ChargingSession
from booking.selectors.reservations import promised_windows
from cpms.kernel.windows import TimeWindow
from cpms.kernel.zones import zone_of
from stations import selectors as stations
from stations.domain.shown import AVAILABLE, NOT_WORKING, OFFLINE, RESERVED, Shown, shown
from stations.enums import ChargeType
from stations.models import Evse, Location
from tariffs.domain.matching import energy_price_kwh
from tariffs.domain.reading import stored_tariff
from tariffs.errors import InvalidTariff
from tariffs.selectors import versions_for_everyone


@dataclass(frozen=True, slots=True)
class Offer:
    """What energy costs at an EVSE, before VAT."""

    currency: str
    energy_kwh: Decimal | None


@dataclass(frozen=True, slots=True)
class LiveEvse:
    """An EVSE as it is now: its state, its car, its price, when it is kept for somebody."""

    evse: Evse
    type: ChargeType
    state: Shown
    session: ChargingSession | None
    offer: Offer | None
    promised: Sequence[TimeWindow] = ()

    @property
    def is_free(self) -> bool:
        return self.state == AVAILABLE and self.session is None

    @property
    def is_working(self) -> bool:
        return self.state not in NOT_WORKING


@dataclass(frozen=True, slots=True)
class TypeStatus:
    """The EVSEs of one type at a location."""

    type: ChargeType
    evses: list[LiveEvse]
    first_free_at: datetime | None

    @property
    def total(self) -> int:
        return len(self.evses)

    @property
    def available(self) -> int:
        return sum(live.is_free for live in self.evses)

    @property
    def in_use(self) -> int:
        return sum(live.is_working and not live.is_free for live in self.evses)

    @property
    def not_working(self) -> int:
        return sum(not live.is_working for live in self.evses)

    @property
    def offer(self) -> Offer | None:
        """The lowest price of its EVSEs."""
        offers = [
            live.offer for live in self.evses if live.offer and live.offer.energy_kwh is not None
        ]
        return min(offers, key=lambda offer: offer.energy_kwh or 0, default=None)


def live_evses(evses: Iterable[Evse], now: datetime) -> list[LiveEvse]:
    """EVSEs (with station, connection and connectors) and what goes on there."""
    evses = list(evses)
    sessions = {
        session.evse_id: session
        for session in ChargingSession.objects.filter(
            evse__in=[evse.pk for evse in evses], status=SessionStatus.ACTIVE
        )
    }
    versions = versions_for_everyone(evses, now)
    offers = {
        evse.pk: _offer(versions[evse.pk].body, evse.location.time_zone, now)
        for evse in evses
        if evse.pk in versions
    }
    promised = promised_windows(evses, now)
    return [
        LiveEvse(
            evse=evse,
            type=stations.type_of(evse),
            state=stations.state_of(evse),
            session=sessions.get(evse.pk),
            offer=offers.get(evse.pk),
            promised=promised.get(evse.pk, ()),
        )
        for evse in evses
    ]


def _offer(body: dict[str, Any], time_zone: str, now: datetime) -> Offer | None:
    """What a version offers who begins to charge now."""
    try:
        tariff = stored_tariff(body)
        return Offer(tariff.currency, energy_price_kwh(tariff, now.astimezone(zone_of(time_zone))))
    except InvalidTariff:
        return None


def status_by_type(location: Location, now: datetime) -> list[TypeStatus]:
    """The external status of a location: per type that it has, slow to rapid."""
    by_type: dict[ChargeType, list[LiveEvse]] = defaultdict(list)
    for live in live_evses(stations.evses_of(location), now):
        by_type[live.type].append(live)
    return [
        TypeStatus(kind, by_type[kind], _first_free_at(kind, by_type[kind], now))
        for kind in ChargeType
        if kind in by_type
    ]


def _first_free_at(kind: ChargeType, evses: list[LiveEvse], now: datetime) -> datetime | None:
    """When the first is freed; None: one is free now, or nothing can be said."""
    if any(live.is_free for live in evses):
        return None
    occupations = [_occupation(live, now) for live in evses]
    return first_free_at(kind, [one for one in occupations if one is not None], now)


def _occupation(live: LiveEvse, now: datetime) -> Occupation | None:
    """What must be over before the next car; None: nothing that could be foretold."""
    if live.session is not None:
        return Occupation(
            started_at=live.session.started_at,
            soc_percent=live.session.soc_percent,
            promised=live.promised,
        )
    if back_at := live.evse.available_again_at:
        return Occupation(started_at=now, ends_at=back_at, promised=live.promised)
    if live.state == RESERVED and live.promised:
        return Occupation(started_at=now, ends_at=now, promised=live.promised)
    return None


def external_status(location: Location, now: datetime) -> dict[str, Any]:
    """What drivers may know of a location (contract: `…/external-status`)."""
    return {
        "location_id": location.ocpi_id,
        "types": [
            {
                "type": str(entry.type),
                "total": entry.total,
                "available": entry.available,
                "price": _price(entry.offer),
                "first_free_at": entry.first_free_at,
            }
            for entry in status_by_type(location, now)
        ],
    }


def _price(offer: Offer | None) -> dict[str, Any] | None:
    if offer is None:
        return None
    return {"currency": offer.currency, "energy_kwh": offer.energy_kwh}


@dataclass(slots=True)
class Tally:
    """How many EVSEs of a location are free, in use, not working; `offline` ones do not work."""

    free: int = 0
    in_use: int = 0
    not_working: int = 0
    offline: int = 0

    @property
    def total(self) -> int:
        return self.free + self.in_use + self.not_working

    def add(self, state: Shown, count: int, *, is_busy: bool) -> None:
        if state in NOT_WORKING:
            self.not_working += count
            self.offline += count if state == OFFLINE else 0
        elif is_busy or state != AVAILABLE:
            self.in_use += count
        else:
            self.free += count


def tallies(**only: Any) -> dict[int, Tally]:
    """Each location's EVSEs counted, in one query; `only` filters EVSEs."""
    active = ChargingSession.objects.filter(evse=OuterRef("pk"), status=SessionStatus.ACTIVE)
    rows = (
        Evse.objects.filter(removed_at=None, **only)
        .annotate(
            is_busy=Exists(active),
            is_connected=Q(
                station__connection__connected_at__isnull=False,
                station__connection__disconnected_at=None,
            ),
        )
        .values_list(
            "location_id", "status", "availability", "is_reserved", "is_connected", "is_busy"
        )
        .annotate(count=Count("pk"))
        .order_by()
    )
    found: dict[int, Tally] = defaultdict(Tally)
    for location_id, status, availability, is_reserved, is_connected, is_busy, count in rows:
        state = shown(status, availability, is_connected=is_connected, is_reserved=is_reserved)
        found[location_id].add(state, count, is_busy=is_busy)
    return dict(found)
