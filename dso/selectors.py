"""Questions about grid operators."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from cpms.kernel.errors import Missing
from dso.errors import UnknownDso
from dso.models import Dso, PriceFeed, SupplyLink
from energy.enums import LimitKind
from energy.models import CapacityLimit
from energy.selectors import limit_kw

AHEAD = timedelta(hours=24)
MOST_LIMITS = 300


@dataclass(frozen=True, slots=True)
class Standing:
    """A source that a DSO speaks for, what it may take now, and what the DSO said of now and the
    time ahead."""

    link: SupplyLink
    now_kw: float
    limits: list[CapacityLimit]
    picture: str


def dsos() -> QuerySet[Dso]:
    return Dso.objects.prefetch_related("links__source__location", "links__price_list")


def dso_by_id(pk: int) -> Dso:
    """Raises UnknownDso."""
    found = dsos().filter(pk=pk).first()
    if found is None:
        raise UnknownDso
    return found


def dso_by_name(name: str) -> Dso:
    """Raises UnknownDso."""
    found = dsos().filter(name=name).first()
    if found is None:
        raise UnknownDso
    return found


def link_of(dso: Dso, pk: int) -> SupplyLink:
    """One of the DSO's own. Raises Missing."""
    found = dso.links.select_related("dso", "source").filter(pk=pk).first()
    if found is None:
        raise Missing("This DSO has no such link.")
    return found


def feeds() -> QuerySet[PriceFeed]:
    return PriceFeed.objects.select_related("price_list")


def standings(dso: Dso, now: datetime) -> list[Standing]:
    return [_standing(link, dso.name, now) for link in dso.links.all()]


def _standing(link: SupplyLink, origin: str, now: datetime) -> Standing:
    said = CapacityLimit.objects.filter(
        source=link.source, origin=origin, starts_at__lt=now + AHEAD
    ).exclude(ends_at__lte=now)
    limits = list(said.order_by("starts_at", "kind", "phase")[:MOST_LIMITS])
    drawn = [one for one in limits if one.kind == LimitKind.IMPORT and one.phase == "ALL"]
    return Standing(
        link, limit_kw(link.source, now), limits, picture(drawn, link.source.import_limit_kw, now)
    )


def picture(limits: list[CapacityLimit], full_kw: float, now: datetime) -> str:
    """The path of a day of limits as SVG draws it: a minute is one to the right, the full power
    of the connection is 100 up."""
    edges = {now, now + AHEAD}
    for one in limits:
        edges |= {at for at in (one.starts_at, one.ends_at) if at and now < at < now + AHEAD}
    parts: list[str] = []
    for at, until in zip(sorted(edges), sorted(edges)[1:], strict=False):
        held = [
            one.kw
            for one in limits
            if one.starts_at <= at and (one.ends_at is None or one.ends_at > at)
        ]
        height = 100 - round(min([full_kw, *held]) / full_kw * 100, 1) if full_kw else 100
        parts += [f"{_minutes(at - now)} {height}", f"{_minutes(until - now)} {height}"]
    return f"M0 100 L{' L'.join(parts)} L{_minutes(AHEAD)} 100 Z"


def _minutes(length: timedelta) -> int:
    return round(length / timedelta(minutes=1))
