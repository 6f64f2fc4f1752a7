"""What stations tell us, in words that no protocol version changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct

from booking.enums import AuthorizationStatus


@dataclass(frozen=True, slots=True)
class Authorization:
    """The answer about a token (OCPP 1.6 IdTagInfo)."""

    status: AuthorizationStatus
    expires_at: datetime | None = None
    parent_id_token: str | None = None

    @property
    def is_accepted(self) -> bool:
        return self.status == AuthorizationStatus.ACCEPTED


@dataclass(frozen=True, slots=True)
class TransactionStart:
    """A station began to charge a car. `meter_start_wh` is its register then; `epoch` is that
    of the socket it was told over (0: it was not told over one)."""

    station_id: int
    evse_number: int
    id_token: str
    started_at: datetime
    meter_start_wh: int
    reservation_id: int | None = None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class TransactionStop:
    """A station ended a transaction. `reference` is the transaction's, as text."""

    station_id: int
    reference: str
    stopped_at: datetime
    meter_stop_wh: int
    id_token: str = ""
    reason: str = "Local"
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token as its issuer, an eMSP, tells it (OCPI 2.2.1 §12.3.2); what it leaves out is
    empty."""

    country_code: str
    party_id: str
    uid: str
    type: str
    contract_id: str
    issuer: str
    valid: bool
    whitelist: str
    last_updated: datetime
    visual_number: str = ""
    group_id: str = ""
    language: str = ""
    default_profile_type: str = ""
    energy_contract: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BookedToken:
    """A token as a booking names it (OCPI 2.3.0 BookingToken)."""

    country_code: str
    party_id: str
    uid: str
    type: str
    contract_id: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where somebody wants to charge, in OCPI's words: our party, its Location, the EVSEs that
    it may turn out to be."""

    party: tuple[str, str]
    location_id: str
    evse_uids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IssuerAnswer:
    """What an issuer said of a token. `token` is None where it does not know it. `evse_uids`:
    the only EVSEs the token may be used at; empty: every one."""

    status: AuthorizationStatus
    token: IssuedToken | None = None
    evse_uids: tuple[str, ...] = ()
    authorization_reference: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.status == AuthorizationStatus.ACCEPTED


class MeterReading(Struct):
    """One set of sampled values at an instant. `epoch` is that of the socket it came over;
    `content_hash` makes a resent reading the same row. A struct: thousands come every second."""

    station_id: int
    epoch: int
    evse_number: int
    measured_at: datetime
    received_at: datetime
    content_hash: int
    context: int = 0
    transaction_reference: str | None = None
    energy_wh: int | None = None
    power_w: int | None = None
    current_l1_a: float | None = None
    current_l2_a: float | None = None
    current_l3_a: float | None = None
    voltage_l1_v: float | None = None
    voltage_l2_v: float | None = None
    voltage_l3_v: float | None = None
    soc_percent: int | None = None
    other: list[dict[str, Any]] | None = None
