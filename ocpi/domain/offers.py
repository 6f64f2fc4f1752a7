"""BookingTerms and BookingOption (OCPI 2.3.0 Bookings) from what we offer. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from booking.domain.offering import Offer

Json = dict[str, Any]

MINUTE = timedelta(minutes=1)


def terms_body(offer: Offer, *, charges_no_show: bool) -> Json:
    """BookingTerms. Who does not come pays what the tariff says, if it says something. A driver may come while the EVSE is kept already, and nobody stops who
    charges on after the window; each booking is kept apart, whatever its token."""
    terms = offer.terms
    early = terms.hold_before // MINUTE
    body: Json = {
        "rfid_auth_required": False,
        "token_groups_supported": True,
        "remote_auth_supported": True,
        "supported_access_methods": ["OPEN"],
        "change_until_minutes": offer.change_before // MINUTE,
        "cancel_until_minutes": terms.cancel_before // MINUTE,
        "change_not_allowed": False,
        "early_start_allowed": early > 0,
        "noshow_timeout": terms.no_show_after // MINUTE,
        "noshow_fee": charges_no_show,
        "late_stop_allowed": True,
        "overlapping_bookings_allowed": True,
        "min_booking_duration": offer.shortest // MINUTE,
        "max_booking_duration": terms.longest // MINUTE,
    }
    return {**body, "early_start_time": early} if early else body


def option_body(standard: str, formats: Iterable[str], power_types: Iterable[str]) -> Json:
    """BookingOption: any EVSE with such a connector."""
    return {
        "connector_types": [standard],
        "connector_format": sorted(set(formats)),
        "power_types": sorted(set(power_types)),
    }
