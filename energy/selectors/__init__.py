"""Questions about energy, by topic."""

from energy.selectors.batteries import batteries, battery_by_id, planned_batteries
from energy.selectors.profiles import supply_at, takes_profiles
from energy.selectors.report import energy_report
from energy.selectors.sharing import (
    draws_of,
    due_for_sharing,
    limits_of,
    loads_of,
    next_change_at,
    power_sharing_of,
    sharers,
    supply_of_session,
)
from energy.selectors.status import internal_status
from energy.selectors.supply import (
    contract_at,
    holds_fallback,
    is_stale,
    limit_kw,
    limits_at,
    locations_priced_by,
    phase_limits_kw,
    price_at,
    prices_between,
    site_limit_kw,
    sources_of,
)

__all__ = [
    "batteries",
    "battery_by_id",
    "contract_at",
    "draws_of",
    "due_for_sharing",
    "energy_report",
    "holds_fallback",
    "internal_status",
    "is_stale",
    "limit_kw",
    "limits_at",
    "limits_of",
    "loads_of",
    "locations_priced_by",
    "next_change_at",
    "phase_limits_kw",
    "planned_batteries",
    "power_sharing_of",
    "price_at",
    "prices_between",
    "sharers",
    "site_limit_kw",
    "sources_of",
    "supply_at",
    "supply_of_session",
    "takes_profiles",
]
