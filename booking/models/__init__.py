"""The driver's journey: who may charge, what was charged, what is billed."""

from booking.models.cdr import Cdr
from booking.models.local_list import LocalList
from booking.models.meter import MeterSample
from booking.models.reservation import Reservation
from booking.models.ruling import Ruling
from booking.models.session import ChargingSession, StartRequest, Transaction, UnmatchedStop
from booking.models.token import Token

__all__ = [
    "Cdr",
    "ChargingSession",
    "LocalList",
    "MeterSample",
    "Reservation",
    "Ruling",
    "StartRequest",
    "Token",
    "Transaction",
    "UnmatchedStop",
]
