"""News of energy, told after COMMIT."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SupplyChanged:
    """What a location's energy costs, or how much it may take, is another than before."""

    location_id: int


@dataclass(frozen=True, slots=True)
class BatteryChanged:
    """A battery was read, commanded, taken out of the plan or put back."""

    location_id: int


@dataclass(frozen=True, slots=True)
class PowerShared:
    """A location's shares were weighed anew."""

    location_id: int


@dataclass(frozen=True, slots=True)
class DispatchPlanned:
    """A location has a new plan."""

    location_id: int
