"""What the price of a session is chosen by."""

from datetime import datetime

from booking.models import Token
from stations.models import Evse
from tariffs.domain.choice import Occasion, kind_of
from tariffs.domain.places import EVERYONE, party_of


def occasion_at(evse: Evse, token: Token | None, at: datetime) -> Occasion:
    """A session with this token that starts here then."""
    if token is None:
        return Occasion(evse.pk, evse.location_id, at)
    return Occasion(
        evse.pk,
        evse.location_id,
        at,
        kind_of(token.type, token.default_profile_type),
        EVERYONE if token.is_own else party_of(token.country_code, token.party_id),
    )
