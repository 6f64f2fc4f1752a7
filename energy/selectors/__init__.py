"""Questions about energy, by topic."""

from energy.selectors.batteries import batteries, battery_by_id, planned_batteries
from energy.selectors.profiles import supply_at, takes_profiles
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
    "holds_fallback",
    "is_stale",
    "limit_kw",
    "limits_at",
    "locations_priced_by",
    "phase_limits_kw",
    "planned_batteries",
    "price_at",
    "prices_between",
    "site_limit_kw",
    "sources_of",
    "supply_at",
    "takes_profiles",
]
