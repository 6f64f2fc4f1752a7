"""Where energy comes from and what it costs; what stores it; how fast sessions may charge, how
their drivers want it, and how they share what there is."""

from energy.models.battery import Battery, BatterySetpoint
from energy.models.commissioning import CommissioningTest
from energy.models.dispatch import (
    DispatchDue,
    DispatchPlan,
    DispatchStep,
    EnergyPolicy,
    MonthPeak,
)
from energy.models.meter import EnergyReading, SiteMeter
from energy.models.preferences import SessionPreferences
from energy.models.pricing import DynamicTariff
from energy.models.profile import SessionProfile
from energy.models.sharing import EvsePlace, PowerSharing, SessionShare, StationDefault
from energy.models.supply import (
    CapacityLimit,
    EnergyPrice,
    FallbackHold,
    PriceFile,
    PriceList,
    SiteLimit,
    SupplyContract,
    SupplySource,
)

__all__ = [
    "Battery",
    "BatterySetpoint",
    "CapacityLimit",
    "CommissioningTest",
    "DispatchDue",
    "DispatchPlan",
    "DispatchStep",
    "DynamicTariff",
    "EnergyPolicy",
    "EnergyPrice",
    "EnergyReading",
    "EvsePlace",
    "FallbackHold",
    "MonthPeak",
    "PowerSharing",
    "PriceFile",
    "PriceList",
    "SessionPreferences",
    "SessionProfile",
    "SessionShare",
    "SiteLimit",
    "SiteMeter",
    "StationDefault",
    "SupplyContract",
    "SupplySource",
]
