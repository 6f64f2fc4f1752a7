"""What energy asks of those that speak to stations: charging profiles in an OCPP version's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from energy.domain.profiles import ChargingProfile
from energy.enums import RateUnit

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a profile belongs: the station's own names of EVSE and transaction, and the id that
    the profile keeps for as long as the session lasts, so that it is replaced in one step."""

    profile_id: int
    evse_number: int
    transaction: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a station."""

    action: str
    payload: Json


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a station said that it can. None: it did not say."""

    takes_profiles: bool | None
    units: frozenset[RateUnit] | None
    most_steps: int | None


@dataclass(frozen=True, slots=True)
class Composite:
    """What a station plans: all its limits put together. `profile` None: it has none."""

    calculated_at: datetime | None
    profile: ChargingProfile | None


class ProfileLanguage(Protocol):
    """How one OCPP version speaks of charging profiles."""

    def abilities(self, configuration: Mapping[str, Any]) -> Abilities:
        """What a station's configuration says of it."""
        ...

    def limit(self, target: Target, profile: ChargingProfile) -> Request:
        """Let a transaction charge no faster, in place of what was said before."""
        ...

    def default(self, profile_id: int, limit: ChargingProfile) -> Request:
        """Let every transaction of the station charge no faster that has no profile of its own."""
        ...

    def maximum(self, profile_id: int, limit: ChargingProfile) -> Request:
        """Let the whole station draw no more."""
        ...

    def release(self, profile_id: int) -> Request:
        """Take a profile away."""
        ...

    def ask(self, target: Target, duration_s: int, unit: RateUnit | None) -> Request:
        """What the station plans for the next seconds."""
        ...

    def composite_in(self, response: Mapping[str, Any]) -> Composite | None:
        """What an accepted answer to `ask` says; None: nothing that makes sense."""
        ...


_languages: dict[str, ProfileLanguage] = {}


def fill(subprotocol: str, language: ProfileLanguage) -> None:
    """Say how a version speaks of profiles (at start-up)."""
    _languages[subprotocol] = language


def language_of(subprotocol: str) -> ProfileLanguage | None:
    """None for a version that has no words for profiles here."""
    return _languages.get(subprotocol)
