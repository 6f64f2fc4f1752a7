"""An OCPI tariff as the engine sees it: typed, checked, the same for 2.2.1 and 2.3.0."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

ENERGY, TIME, PARKING_TIME, FLAT = "ENERGY", "TIME", "PARKING_TIME", "FLAT"
RESERVATION, RESERVATION_EXPIRES = "RESERVATION", "RESERVATION_EXPIRES"
AD_HOC_PAYMENT, REGULAR, PROFILE = "AD_HOC_PAYMENT", "REGULAR", "PROFILE_"
KINDS = frozenset(
    {AD_HOC_PAYMENT, REGULAR, *(f"{PROFILE}{name}" for name in ("CHEAP", "FAST", "GREEN"))}
)
"""OCPI TariffType (2.2.1 §11.4.7)."""
UNIT = {  # how many of the smallest unit (Wh, s) make the unit that is priced (kWh, h)
    ENERGY: Decimal(1000),
    TIME: Decimal(3600),
    PARKING_TIME: Decimal(3600),
    FLAT: Decimal(1),
}


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """Money per kWh, per hour or once; `step_size` in Wh or seconds; VAT in percent, None where
    none is stated (which is not 0 %)."""

    dimension: str
    price: Decimal
    step_size: int
    vat: Decimal | None


@dataclass(frozen=True, slots=True)
class Restrictions:
    """When an element holds (OCPI 2.2.1 §11.4.6): all of these, each `min` included, each `max`
    and end excluded. Times and dates are the location's; `from_time` may be after `until_time`
    (over midnight), and None as `until_time` is the end of the day."""

    from_time: time | None = None
    until_time: time | None = None
    from_date: date | None = None
    until_date: date | None = None
    min_wh: Decimal | None = None
    max_wh: Decimal | None = None
    min_current_a: Decimal | None = None
    max_current_a: Decimal | None = None
    min_power_kw: Decimal | None = None
    max_power_kw: Decimal | None = None
    min_duration_s: int | None = None
    max_duration_s: int | None = None
    weekdays: frozenset[int] = frozenset()
    reservation: str | None = None

    @property
    def reads_clock(self) -> bool:
        return bool(
            self.from_time or self.until_time or self.from_date or self.until_date or self.weekdays
        )

    @property
    def reads_load(self) -> bool:
        """Whether it depends on how fast the car charges."""
        limits = (self.min_current_a, self.max_current_a, self.min_power_kw, self.max_power_kw)
        return any(limit is not None for limit in limits)

    @property
    def reads_progress(self) -> bool:
        """Whether it changes with energy or duration."""
        limits = (self.min_wh, self.max_wh, self.min_duration_s, self.max_duration_s)
        return any(limit is not None for limit in limits)


NONE = Restrictions()


@dataclass(frozen=True, slots=True)
class Element:
    components: Sequence[PriceComponent]
    restrictions: Restrictions = NONE


@dataclass(frozen=True, slots=True)
class PriceLimit:
    """The least or the most that a session costs; the two are kept independently."""

    excl_vat: Decimal
    incl_vat: Decimal | None


@dataclass(frozen=True, slots=True)
class Tariff:
    """What is charged. `includes_tax`: its prices are after VAT (2.3.0 `tax_included: YES`).
    It holds for sessions that start in [valid_from, valid_until); `kind` is OCPI's TariffType,
    None for every session."""

    id: str
    currency: str
    elements: Sequence[Element]
    kind: str | None = None
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    includes_tax: bool = False

    @property
    def states_vat(self) -> bool:
        return any(component.vat is not None for component in self.components())

    def components(self) -> list[PriceComponent]:
        return [component for element in self.elements for component in element.components]

    @property
    def is_restricted(self) -> bool:
        """Whether its prices for charging may change during a session."""
        return any(
            element.restrictions != NONE
            for element in self.elements
            if element.restrictions.reservation is None
        )

    @property
    def prices_reservations(self) -> bool:
        return any(element.restrictions.reservation is not None for element in self.elements)

    @property
    def needs_course(self) -> bool:
        """Whether the cost depends on more than how much energy a session took."""
        return self.is_restricted or any(
            component.dimension in {TIME, PARKING_TIME} for component in self.components()
        )

    @property
    def reads_load(self) -> bool:
        """Whether the cost depends on how fast the car charged."""
        return any(element.restrictions.reads_load for element in self.elements)

    def holds_at(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )
