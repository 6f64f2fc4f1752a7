"""What a driver wants of a charging session, and whether that can be (OCPI 2.2.1 §9.3.2). Pure."""

from dataclasses import dataclass
from datetime import datetime

from energy.domain.profiles import Supply
from energy.enums import PreferencesAnswer, ProfileType

SHIFTED = frozenset({ProfileType.CHEAP, ProfileType.GREEN})
"""They move charging to better hours, so it must be known until when, and how much."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """`energy_need_wh`: to be charged in all by `departs_at`, an estimate."""

    profile_type: ProfileType
    departs_at: datetime | None = None
    energy_need_wh: int | None = None
    may_discharge: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """A running session: energy so far; the type of the tariff that it began under (empty: for
    every session)."""

    energy_wh: int
    tariff_type: str
    supply: Supply | None


def answer_to(wanted: Preferences, session: Progress, now: datetime) -> PreferencesAnswer:
    """Whether a session can be charged like this."""
    if not _is_priced(wanted.profile_type, session.tariff_type):
        return PreferencesAnswer.PROFILE_TYPE_NOT_SUPPORTED
    if wanted.profile_type in SHIFTED and wanted.departs_at is None:
        return PreferencesAnswer.DEPARTURE_REQUIRED
    if wanted.profile_type in SHIFTED and wanted.energy_need_wh is None:
        return PreferencesAnswer.ENERGY_NEED_REQUIRED
    is_possible = wanted.departs_at is None or _is_possible(wanted, session, now)
    return PreferencesAnswer.ACCEPTED if is_possible else PreferencesAnswer.NOT_POSSIBLE


def _is_priced(profile_type: ProfileType, tariff_type: str) -> bool:
    """The tariff is fixed when a session begins, so no other type than its own has a price."""
    if tariff_type.startswith("PROFILE_"):
        return tariff_type == f"PROFILE_{profile_type}"
    return not tariff_type or profile_type == ProfileType.REGULAR


def _is_possible(wanted: Preferences, session: Progress, now: datetime) -> bool:
    """Whether there is time enough at full power."""
    assert wanted.departs_at is not None
    left_s = (wanted.departs_at - now).total_seconds()
    if left_s <= 0:
        return False
    if wanted.energy_need_wh is None or session.supply is None:
        return True
    lacking_wh = wanted.energy_need_wh - session.energy_wh
    return lacking_wh * 3600 <= session.supply.max_w * left_s
