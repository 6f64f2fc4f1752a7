"""What an EVSE can (2.2.1 §8.4.3), as far as it is so: the operator's word, and its station's."""

from collections.abc import Sequence

PROFILES, PREFERENCES = "CHARGING_PROFILE_CAPABLE", "CHARGING_PREFERENCES_CAPABLE"
OF_PROFILES = frozenset({PROFILES, PREFERENCES})


def capabilities(listed: Sequence[str], *, takes_profiles: bool | None) -> list[str]:
    """`listed` by the operator; `takes_profiles`: what the station says of charging profiles,
    without which no preference of a driver could be met. None: it did not say."""
    if takes_profiles is False:
        return [one for one in listed if one not in OF_PROFILES]
    if takes_profiles and PROFILES not in listed:
        return [*listed, PROFILES]
    return list(listed)
