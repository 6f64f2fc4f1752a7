"""Roaming partners, the tokens that let them in, and what is owed to them."""

from ocpi.models.booking import Booking, BookingLocation, BookingRequest
from ocpi.models.client_info import ClientInfo, HubReading
from ocpi.models.command import PartnerCommand
from ocpi.models.document import EvseDocument, LocationDocument, Outdated
from ocpi.models.handshake import Handshake
from ocpi.models.message import OcpiMessage
from ocpi.models.partner import Partner, PartnerToken, Party
from ocpi.models.pull import TokenPull
from ocpi.models.push import Change, OwedPush

__all__ = [
    "Booking",
    "BookingLocation",
    "BookingRequest",
    "Change",
    "ClientInfo",
    "EvseDocument",
    "Handshake",
    "HubReading",
    "LocationDocument",
    "OcpiMessage",
    "Outdated",
    "OwedPush",
    "Partner",
    "PartnerCommand",
    "PartnerToken",
    "Party",
    "TokenPull",
]
