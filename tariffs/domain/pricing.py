"""Price a session by an OCPI tariff: energy, time, parking and flat components.

The first element whose components fit prices each dimension (OCPI 2.2.1 §11.3.2). Elements with
restrictions are left to the full engine and are refused here, never ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from cpms.kernel.errors import Invalid

CENT_FRACTION = Decimal("0.0001")
UNIT = {  # how many of the smallest unit (Wh, s) make the unit that is priced (kWh, h)
    "ENERGY": Decimal(1000),
    "TIME": Decimal(3600),
    "PARKING_TIME": Decimal(3600),
    "FLAT": Decimal(1),
}


class InvalidTariff(Invalid):
    code, message = "invalid_tariff", "This is not a tariff that can be priced."


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used: Wh, and seconds of charging and of standing connected without energy."""

    energy_wh: int
    charging_s: int
    parking_s: int = 0

    def volume(self, dimension: str) -> int:
        volumes = {
            "ENERGY": self.energy_wh,
            "TIME": self.charging_s,
            "PARKING_TIME": self.parking_s,
            "FLAT": 1,
        }
        return volumes[dimension]


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """Money per kWh, per hour or per session; `step_size` in Wh or seconds; VAT in percent."""

    dimension: str
    price: Decimal
    step_size: int
    vat: Decimal | None

    def cost(self, volume: int) -> Decimal:
        return self.price * whole_steps(volume, self.step_size) / UNIT[self.dimension]


@dataclass(frozen=True, slots=True)
class Price:
    """Money before and with VAT (None where no component states VAT), by dimension."""

    currency: str
    excl_vat: Decimal
    incl_vat: Decimal | None
    by_dimension: Mapping[str, Decimal]


def whole_steps(volume: int, step_size: int) -> int:
    """The volume billed: started steps count whole."""
    step = max(step_size, 1)
    return -(-volume // step) * step


def components_of(tariff: Mapping[str, Any]) -> list[PriceComponent]:
    """The component that prices each dimension. Raises InvalidTariff."""
    found: dict[str, PriceComponent] = {}
    for element in tariff.get("elements", ()):
        if element.get("restrictions"):
            raise InvalidTariff("Elements with restrictions cannot be priced yet.")
        for raw in element.get("price_components", ()):
            component = _component(raw)
            found.setdefault(component.dimension, component)
    if not found:
        raise InvalidTariff("A tariff needs at least one price component.")
    return list(found.values())


def _component(raw: Mapping[str, Any]) -> PriceComponent:
    if raw.get("type") not in UNIT:
        raise InvalidTariff(f"Unknown price component {raw.get('type')!r}.")
    vat = raw.get("vat")
    return PriceComponent(
        dimension=str(raw["type"]),
        price=Decimal(str(raw["price"])),
        step_size=int(raw.get("step_size", 1)),
        vat=None if vat is None else Decimal(str(vat)),
    )


def price(tariff: Mapping[str, Any], usage: Usage) -> Price:
    """What `usage` costs. Raises InvalidTariff."""
    components = components_of(tariff)
    costs = {
        component.dimension: component.cost(usage.volume(component.dimension))
        for component in components
    }
    excl_vat = sum(costs.values(), start=Decimal(0))
    with_vat = sum(
        (
            costs[component.dimension] * (1 + (component.vat or Decimal(0)) / 100)
            for component in components
        ),
        start=Decimal(0),
    )
    states_vat = any(component.vat is not None for component in components)
    excl, incl = _bounded(tariff, excl_vat, with_vat if states_vat else None)
    return Price(
        currency=str(tariff["currency"]),
        excl_vat=excl.quantize(CENT_FRACTION, ROUND_HALF_UP),
        incl_vat=None if incl is None else incl.quantize(CENT_FRACTION, ROUND_HALF_UP),
        by_dimension=costs,
    )


def _bounded(
    tariff: Mapping[str, Any], excl: Decimal, incl: Decimal | None
) -> tuple[Decimal, Decimal | None]:
    """Within the tariff's min_price and max_price (§11.3.1)."""
    for name, choose in (("min_price", max), ("max_price", min)):
        limit = tariff.get(name)
        if limit:
            excl = choose(excl, Decimal(str(limit["excl_vat"])))
            if incl is not None and limit.get("incl_vat") is not None:
                incl = choose(incl, Decimal(str(limit["incl_vat"])))
    return excl, incl


def energy_price_kwh(tariff: Mapping[str, Any]) -> Decimal | None:
    """The headline price per kWh, before VAT; None where energy costs nothing by itself."""
    for component in components_of(tariff):
        if component.dimension == "ENERGY":
            return component.price
    return None
