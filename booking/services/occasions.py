"""What the price of a session is chosen by."""

from datetime import datetime

from booking.models import Token
from stations.models import Evse
from tariffs.domain.choice import Occasion, kind_of
from tariffs.domain.places import EVERYONE, Party, party_of


def party_that_issued(token: Token | None) -> Party:
    """The eMSP whose token it is; `EVERYONE`'s: the CPO's own, or nobody's."""
    if token is None or token.is_own:
        return EVERYONE
    return party_of(token.country_code, token.party_id)


def occasion_at(evse: Evse, token: Token | None, at: datetime) -> Occasion:
    """A session with this token that starts here then."""
    if token is None:
        return Occasion(evse.pk, evse.location_id, at)
    return Occasion(
        evse.pk,
        evse.location_id,
        at,
        kind_of(token.type, token.default_profile_type),
        party_that_issued(token),
    )
