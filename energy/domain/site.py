"""A site: where its energy can come from, on what terms, and what can store it.

A supply source is one way into the site: a connection point with its DSO's limits, a supplier's
contract. Power in kW, energy in kWh, money in EUR.
"""

from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from energy.errors import InvalidSite
from tariffs.domain.numbers import Fields

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_KW = 100_000
MOST_EUR = 100


@dataclass(frozen=True, slots=True)
class Spot:
    """The day-ahead price and what the supplier adds."""

    adder_eur_kwh: float


@dataclass(frozen=True, slots=True)
class Bands:
    """The Italian bands: F1 working hours, F2 shoulders, F3 nights, Sundays and holidays."""

    f1: float
    f2: float
    f3: float


@dataclass(frozen=True, slots=True)
class Flat:
    price_eur_kwh: float


Contract = Spot | Bands | Flat


@dataclass(frozen=True, slots=True)
class TimedLimit:
    """A DSO's limit on some days between two local times; past midnight when they are turned
    round."""

    days: frozenset[int]  # 0 is Monday
    begins: time
    ends: time
    import_limit_kw: float


@dataclass(frozen=True, slots=True)
class SupplySource:
    name: str
    contract: Contract
    import_limit_kw: float
    limits: tuple[TimedLimit, ...] = ()
    demand_charge_eur_kw_month: float = 0.0


@dataclass(frozen=True, slots=True)
class Battery:
    """`efficiency` is one way, the same for charging and discharging; `wear_eur_kwh` is what a
    kWh that goes in and comes out again wears off."""

    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    efficiency: float
    soc_min: float
    soc_max: float
    soc_start: float
    wear_eur_kwh: float


@dataclass(frozen=True, slots=True)
class Photovoltaics:
    """`column` of the price file has their course; its maximum is `kwp`."""

    kwp: float
    column: str


@dataclass(frozen=True, slots=True)
class Site:
    zone: ZoneInfo
    site_limit_kw: float
    sources: tuple[SupplySource, ...]
    battery: Battery | None = None
    photovoltaics: Photovoltaics | None = None
    price_column: str = ""
    is_reserve_asked: bool = False  # whether some of the battery is kept though nothing forces it

    @property
    def charges_for_peaks(self) -> bool:
        return any(source.demand_charge_eur_kw_month for source in self.sources)

    @property
    def keeps_reserve(self) -> bool:
        return self.is_reserve_asked or self.charges_for_peaks


def site_of(body: Any) -> Site:
    """The site that a JSON object describes. Raises InvalidSite with `path: reason`."""
    fields = Fields(body, "", InvalidSite)
    sources = tuple(_source(one) for one in fields.objects("supply_sources"))
    names = [source.name for source in sources]
    if len(set(names)) < len(names):
        raise fields.refuse("supply_sources", "two have the same name")
    return Site(
        zone=_zone(fields),
        site_limit_kw=_positive(fields, "site_limit_kw", MOST_KW),
        sources=sources,
        battery=_battery(fields.object("battery")) if "battery" in fields else None,
        photovoltaics=_photovoltaics(fields.object("pv")) if "pv" in fields else None,
        price_column=fields.text("price_column") if "price_column" in fields else "",
    )


def _source(fields: Fields) -> SupplySource:
    limits = fields.objects("limits") if _has(fields, "limits") else []
    return SupplySource(
        name=fields.text("name"),
        contract=_contract(fields.object("contract")),
        import_limit_kw=_positive(fields, "import_limit_kw", MOST_KW),
        limits=tuple(_limit(one) for one in limits),
        demand_charge_eur_kw_month=_positive(
            fields, "demand_charge_eur_kw_month", 10 * MOST_EUR, default=0.0
        ),
    )


def _has(fields: Fields, name: str) -> bool:
    """Whether a list is there and not empty."""
    return name in fields and fields.value(name) != []


def _contract(fields: Fields) -> Contract:
    match fields.text("kind"):
        case "spot":
            return Spot(_price(fields, "adder_eur_kwh", default=0.0))
        case "bands":
            return Bands(*(_price(fields, name) for name in ("F1", "F2", "F3")))
        case "flat":
            return Flat(_price(fields, "price_eur_kwh"))
    raise fields.refuse("kind", "must be spot, bands or flat")


def _limit(fields: Fields) -> TimedLimit:
    return TimedLimit(
        days=_days(fields),
        begins=_time(fields, "from"),
        ends=_time(fields, "to"),
        import_limit_kw=_positive(fields, "import_limit_kw", MOST_KW),
    )


def _days(fields: Fields) -> frozenset[int]:
    """`mon-fri`, `sat`, `fri-mon`, or several with commas."""
    found: set[int] = set()
    for part in fields.text("days").replace(" ", "").lower().split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise fields.refuse("days", "must be like mon-fri or sat,sun")
        begin = DAYS.index(first)
        length = (DAYS.index(last or first) - begin) % len(DAYS)
        found |= {(begin + step) % len(DAYS) for step in range(length + 1)}
    return frozenset(found)


def _time(fields: Fields, name: str) -> time:
    text = fields.text(name)
    try:
        return time(0) if text == "24:00" else time.fromisoformat(text)
    except ValueError as fault:
        raise fields.refuse(name, "must be a time of day (HH:MM)") from fault


def _battery(fields: Fields) -> Battery:
    shares = {name: _share(fields, name) for name in ("soc_min", "soc_max", "soc_start")}
    efficiency = _share(fields, "efficiency")
    if not efficiency:
        raise fields.refuse("efficiency", "must be more than 0")
    if not shares["soc_min"] <= shares["soc_start"] <= shares["soc_max"]:
        raise fields.refuse("soc_start", "must lie between soc_min and soc_max")
    return Battery(
        capacity_kwh=_positive(fields, "capacity_kwh", MOST_KW),
        charge_kw=_positive(fields, "charge_kw", MOST_KW),
        discharge_kw=_positive(fields, "discharge_kw", MOST_KW),
        efficiency=efficiency,
        wear_eur_kwh=_positive(fields, "wear_eur_kwh", MOST_EUR, default=0.0),
        **shares,
    )


def _photovoltaics(fields: Fields) -> Photovoltaics:
    return Photovoltaics(_positive(fields, "kwp", MOST_KW), fields.text("column"))


def _positive(fields: Fields, name: str, most: float, default: float | None = None) -> float:
    if default is not None and name not in fields:
        return default
    number = float(fields.number(name))
    if not 0 <= number <= most:
        raise fields.refuse(name, f"must be from 0 to {most}")
    return number


def _price(fields: Fields, name: str, default: float | None = None) -> float:
    if default is not None and name not in fields:
        return default
    number = float(fields.number(name))
    if abs(number) > MOST_EUR:
        raise fields.refuse(name, f"must be from -{MOST_EUR} to {MOST_EUR} EUR/kWh")
    return number


def _share(fields: Fields, name: str) -> float:
    return _positive(fields, name, 1)


def _zone(fields: Fields) -> ZoneInfo:
    try:
        return ZoneInfo(fields.text("time_zone"))
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise fields.refuse("time_zone", "is no time zone of IANA's list") from fault
