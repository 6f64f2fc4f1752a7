"""Where, and for whose drivers, a tariff holds."""

import re
from dataclasses import asdict, dataclass

from tariffs.errors import InvalidPlace

Party = tuple[str, str]
"""OCPI `country_code` and `party_id` in capitals (CiStrings, 2.2.1 §17.1)."""

EVERYONE: Party = ("", "")
PARTY = re.compile(r"[A-Z]{2}[A-Z0-9]{3}")
CONNECTOR, EVSE, LOCATION, EVERYWHERE = range(4)


def party_of(country_code: str, party_id: str) -> Party:
    return country_code.upper(), party_id.upper()


@dataclass(frozen=True, slots=True)
class Place:
    """One connector, one EVSE, a whole location, or (none of them) everywhere; for the tokens of
    one party, or of everyone."""

    location_id: int | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    party: Party = EVERYONE

    @property
    def breadth(self) -> int:
        """The narrowest is 0."""
        if self.connector_id is not None:
            return CONNECTOR
        if self.evse_id is not None:
            return EVSE
        return EVERYWHERE if self.location_id is None else LOCATION

    @property
    def is_whole_location(self) -> bool:
        """For everyone: what `location_ids` says."""
        return self.breadth == LOCATION and self.party == EVERYONE

    @property
    def is_at_large(self) -> bool:
        """Wider than one EVSE."""
        return self.breadth in (LOCATION, EVERYWHERE)


@dataclass(frozen=True, slots=True, order=True)
class NamedPlace:
    """A place by the names it has outside, empty where they say nothing; the party in capitals.
    Raises InvalidPlace for one that is several, or none: a connector is named with its EVSE."""

    country_code: str = ""
    party_id: str = ""
    location_id: str = ""
    evse_uid: str = ""
    connector_id: str = ""

    def __post_init__(self) -> None:
        for name in ("country_code", "party_id"):
            object.__setattr__(self, name, getattr(self, name).upper())
        if self.location_id and self.evse_uid:
            raise InvalidPlace("evse_uid: is narrower than location_id; say one of them")
        if self.connector_id and not self.evse_uid:
            raise InvalidPlace("connector_id: needs evse_uid")
        if self.party != EVERYONE and not PARTY.fullmatch("".join(self.party)):
            raise InvalidPlace("party_id: a party has a country code and an id, like NL and EMS")

    @property
    def party(self) -> Party:
        return self.country_code, self.party_id

    def fields(self) -> dict[str, str]:
        """What it says, by name."""
        return {name: value for name, value in asdict(self).items() if value}
