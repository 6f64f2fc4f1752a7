"""What a whole station may draw, as an operator says: its ChargePointMaxProfile."""

from datetime import datetime
from decimal import Decimal

from accounts.models import User
from energy.domain.profiles import GRID_PHASES, GRID_VOLTS, ChargingProfile, Step
from energy.enums import RateUnit
from energy.errors import BadProfile, ProfilesNotSupported
from energy.ports import language_of
from energy.selectors import takes_profiles
from stations.models import ChargingStation, StationCommand
from stations.services import issue_command

PROFILE_ID = 2_000_000_001  # beside that of the safe default


def limit_station(
    *, station: ChargingStation, limit_a: int | None, now: datetime, issued_by: User | None = None
) -> StationCommand:
    """Let a station draw no more than so many amperes per phase, from now on; None: as much as it
    can. Raises ProfilesNotSupported or BadProfile."""
    language = language_of(station.connection.subprotocol)
    if language is None or takes_profiles(station) is False:
        raise ProfilesNotSupported(identity=station.identity)
    if limit_a is None:
        request = language.release(PROFILE_ID)
    else:
        if limit_a < 0:
            raise BadProfile("limit: 0 or more")
        units = language.abilities(station.configuration).units
        request = language.maximum(PROFILE_ID, _profile(limit_a, units, now))
    return issue_command(
        station=station,
        action=request.action,
        payload=request.payload,
        now=now,
        issued_by=issued_by,
    )


def _profile(limit_a: int, units: frozenset[RateUnit] | None, now: datetime) -> ChargingProfile:
    if units is None or RateUnit.AMPERE in units:
        return ChargingProfile(RateUnit.AMPERE, (Step(0, Decimal(limit_a)),), starts_at=now)
    watts = Decimal(limit_a * GRID_VOLTS * GRID_PHASES)
    return ChargingProfile(RateUnit.WATT, (Step(0, watts),), starts_at=now)
