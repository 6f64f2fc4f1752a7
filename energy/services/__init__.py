"""What the rest of the CPMS asks of energy."""

from energy.services.preferences import prefer
from energy.services.profiles import (
    ask_plan,
    limit_session,
    plan_in,
    release_session,
    watch_profiles,
)

__all__ = [
    "ask_plan",
    "limit_session",
    "plan_in",
    "prefer",
    "release_session",
    "watch_profiles",
]
