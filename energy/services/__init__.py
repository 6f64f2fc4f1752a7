"""What the rest of the CPMS asks of energy."""

from energy.services.batteries import remove_battery, save_battery
from energy.services.preferences import prefer
from energy.services.profiles import (
    ask_plan,
    limit_session,
    plan_in,
    release_session,
    watch_profiles,
)
from energy.services.safe_defaults import keep_defaults
from energy.services.sharing import share, share_due
from energy.services.supply import drop_limits, set_fallback, take_limits, take_prices

__all__ = [
    "ask_plan",
    "drop_limits",
    "keep_defaults",
    "limit_session",
    "plan_in",
    "prefer",
    "release_session",
    "remove_battery",
    "save_battery",
    "set_fallback",
    "share",
    "share_due",
    "take_limits",
    "take_prices",
    "watch_profiles",
]
