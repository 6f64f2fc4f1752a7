"""The energy sources report of a location: what its meters, batteries and sessions say, traced."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from cpms.kernel.zones import zone_of
from energy.domain.energy_report import Report, lines_of
from energy.domain.flows import QUARTER, Flow, flow_of, quarters
from energy.domain.period import period_of
from energy.domain.tracing import Amount, Quarter, Tracer, trace_all
from energy.enums import MeterRole
from energy.models import Battery, SiteMeter, SupplySource
from energy.selectors.measured import Counters, counters, vehicle_kwh
from energy.selectors.supply import sources_of
from energy.selectors.terms import Terms, terms_of
from stations.models import Location

BEFORE = timedelta(days=7)  # from when on we follow what is in the battery as a period begins


def energy_report(location: Location, name: str, now: datetime) -> Report:
    """Of the month, quarter or year of this name, as far as it has gone. Raises InvalidPeriod."""
    period = period_of(name, zone_of(location.time_zone))
    begins, ends = period.begins - BEFORE, min(period.ends, _quarter_of(now))
    count = max(quarters(begins, ends), 0)
    place = _Place(location, begins, count)
    course = place.course()
    traced = trace_all(Tracer(place.efficiency), course)
    traced = traced[quarters(begins, period.begins) :] if count else []
    origins = [*place.supply, *([place.sunlight] if place.has_sun else [])]
    return Report(
        location_id=location.ocpi_id,
        period=period.name,
        currency=place.currency,
        lines=lines_of(traced, origins, place.priced, place.weighed),
        notes=place.notes,
        begins=period.begins,
        course=[{origin: one.kwh for origin, one in row.to_vehicles.items()} for row in traced],
    )


def _quarter_of(now: datetime) -> datetime:
    seconds = int(now.timestamp()) // 900 * 900
    return datetime.fromtimestamp(seconds, UTC)


class _Place:
    """What one location says of a time, in quarter-hours from `begins` on."""

    def __init__(self, location: Location, begins: datetime, count: int) -> None:
        self.location, self.begins, self.count = location, begins, count
        self.ends = begins + count * QUARTER
        self.notes: list[str] = []
        self.sunlight = _("Photovoltaics")
        self.batteries = list(Battery.objects.filter(location=location))
        self.sources = list(sources_of(location))
        self.terms = {one.name: terms_of(one, begins, count) for one in self.sources}
        meters = list(SiteMeter.objects.filter(location=location))
        self.has_sun = any(one.role == MeterRole.PHOTOVOLTAICS for one in meters)
        self.vehicles = vehicle_kwh(location, begins, count)
        self.charged, self.discharged = self._batteries()
        self.sun = self._metered(
            [one for one in meters if one.role == MeterRole.PHOTOVOLTAICS], self.sunlight
        )[0]
        self.exported = [0.0] * count
        self.supply = self._supply(meters)

    @property
    def efficiency(self) -> float:
        """Of all batteries, by their size."""
        size = sum(one.capacity_kwh for one in self.batteries)
        if not size:
            return 1.0
        return sum(one.efficiency * one.capacity_kwh for one in self.batteries) / size

    @property
    def currency(self) -> str:
        return next((terms.currency for terms in self.terms.values() if terms.currency), "EUR")

    @property
    def priced(self) -> frozenset[str]:
        return frozenset(
            {self.sunlight} | {name for name, terms in self.terms.items() if terms.has_price}
        )

    @property
    def weighed(self) -> frozenset[str]:
        return frozenset(
            {self.sunlight} | {name for name, terms in self.terms.items() if terms.has_co2}
        )

    def course(self) -> list[Quarter]:
        return [self._quarter(place) for place in range(self.count)]

    def _quarter(self, place: int) -> Quarter:
        inflow = {
            name: self._amount(name, place, kwh[place])
            for name, kwh in self.supply.items()
            if kwh[place]
        }
        if self.sun[place]:
            inflow[self.sunlight] = Amount(self.sun[place])
        return Quarter(
            inflow=inflow,
            charged=self.charged[place],
            discharged=self.discharged[place],
            vehicles=self.vehicles[place],
            exported=self.exported[place],
        )

    def _amount(self, name: str, place: int, kwh: float) -> Amount:
        terms = self.terms.get(name, Terms())
        return Amount(kwh, kwh * terms.price(place), kwh * terms.co2_g(place))

    def _supply(self, meters: Sequence[SiteMeter]) -> dict[str, list[float]]:
        """KWh of each source: by its own meters; else by the site's, or by what vehicles and
        batteries took, shared by what the sources may give."""
        by_meter = {
            source.name: [one for one in meters if one.source_id == source.pk]
            for source in self.sources
        }
        if self.sources and all(by_meter.values()):
            return {name: self._exporting(found, name) for name, found in by_meter.items()}
        site = [one for one in meters if one.role == MeterRole.SITE]
        if site:
            whole = self._exporting(site, _("the site"))
            if len(self.sources) > 1:
                self.notes.append(_("The sources have no meters: shared by what each may give."))
        else:
            whole = [
                max(
                    self.vehicles[one] + self.charged[one] - self.discharged[one] - self.sun[one], 0
                )
                for one in range(self.count)
            ]
            self.notes.append(_("No meter at the supply: estimated from the sessions."))
        return {
            name: [kwh * share for kwh in whole] for name, share in _shares(self.sources).items()
        }

    def _exporting(self, meters: Sequence[SiteMeter], name: str) -> list[float]:
        into, out = self._metered(meters, name)
        self.exported = [one + other for one, other in zip(self.exported, out, strict=True)]
        return into

    def _metered(self, meters: Sequence[SiteMeter], name: str) -> tuple[list[float], list[float]]:
        into, out = [0.0] * self.count, [0.0] * self.count
        for one in meters:
            flows = self._flows(Q(meter=one), _("The meter of %s has gaps.") % name)
            into = [a + b for a, b in zip(into, flows[0], strict=True)]
            out = [a + b for a, b in zip(out, flows[1], strict=True)]
        return into, out

    def _batteries(self) -> tuple[list[float], list[float]]:
        charged, discharged = [0.0] * self.count, [0.0] * self.count
        for one in self.batteries:
            into, out = self._flows(Q(battery=one), _("The readings of %s have gaps.") % one.name)
            discharged = [a + b for a, b in zip(discharged, into, strict=True)]
            charged = [a + b for a, b in zip(charged, out, strict=True)]
        return charged, discharged

    def _flows(self, device: Q, gap: str) -> tuple[list[float], list[float]]:
        rows = counters(device, self.begins, self.ends)
        if not rows:
            return [0.0] * self.count, [0.0] * self.count
        into: Flow = flow_of([(at, one) for at, one, _ in rows], self.begins, self.count)
        out: Flow = flow_of([(at, one) for at, _, one in rows], self.begins, self.count)
        if self._is_broken(rows):
            self._note(gap)
        return into.kwh, out.kwh

    def _is_broken(self, rows: Sequence[Counters]) -> bool:
        """Whether the period itself has quarters that readings do not cover."""
        begins = self.begins + BEFORE
        inside = [row for row in rows if row[0] >= begins - QUARTER]
        count = max(quarters(begins, self.ends), 0)
        into = flow_of([(at, one) for at, one, _ in inside], begins, count)
        out = flow_of([(at, one) for at, _, one in inside], begins, count)
        return into.estimated or out.estimated

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def _shares(sources: Sequence[SupplySource]) -> dict[str, float]:
    whole = sum(one.import_limit_kw for one in sources)
    if not sources or not whole:
        return {_("Grid"): 1.0}
    return {one.name: one.import_limit_kw / whole for one in sources}
