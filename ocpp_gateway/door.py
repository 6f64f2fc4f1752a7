"""The door: who may connect, decided before the upgrade.

In this order (contract): unknown identity 404, bad or missing credentials 401, no sub-protocol
in common 400; before any look-up the limits on attempts (429), and 503 while we drain or the
database is away, so that a station comes back later.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings

from ocpp_gateway.coalescing import Coalescer
from ocpp_gateway.database import Connection
from stations.domain.credentials import matches

PREFIX = b"/ocpp/"
LONGEST_IDENTITY = 48
SUBPROTOCOLS = ("ocpp1.6",)  # best first; a version is offered when its handlers are complete


class Denied(Exception):
    """No upgrade: the HTTP answer instead."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.reason, self.headers = status, reason, dict(headers or {})
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the database knows of an identity."""

    station_id: int
    location_id: int
    security_profile: int
    key_salt: bytes
    key_digest: bytes
    pending_key_digest: bytes | None
    strict: bool
    registration: str
    evse_numbers: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class Arrival:
    """An authenticated socket that asks to become its station's present one. Two sockets are
    two arrivals, however alike they look."""

    station_id: int
    gateway: str
    subprotocol: str
    remote_address: str
    uses_pending_key: bool


@dataclass(frozen=True, slots=True)
class Admission:
    """The new epoch, and which process held the socket before."""

    epoch: int
    previous_gateway: str


LOOK_UP = """
SELECT station.identity, station.id, station.location_id, station.security_profile,
       station.key_salt, station.key_digest, station.pending_key_digest, station.strict,
       station.registration,
       ARRAY(SELECT number FROM stations_evse
             WHERE station_id = station.id AND removed_at IS NULL ORDER BY number)
FROM stations_chargingstation AS station WHERE station.identity = ANY(%s)
"""

ADMIT = """
WITH arrival AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::boolean[])
        AS arrival (station_id, gateway, subprotocol, remote_address, uses_pending_key)
), promoted AS (  -- a pending key that was used is the key from now on
    UPDATE stations_chargingstation AS station
    SET key_digest = pending_key_digest, pending_key_digest = NULL
    FROM arrival WHERE station.id = arrival.station_id AND uses_pending_key
      AND pending_key_digest IS NOT NULL
), before AS (
    SELECT link.station_id, link.gateway, link.disconnected_at
    FROM stations_stationconnection AS link JOIN arrival USING (station_id)
    ORDER BY link.station_id FOR UPDATE OF link
)
UPDATE stations_stationconnection AS link
SET epoch = link.epoch + 1, gateway = arrival.gateway, connected_at = now(),
    disconnected_at = NULL, last_seen_at = now(), subprotocol = arrival.subprotocol,
    remote_address = arrival.remote_address
FROM arrival JOIN before USING (station_id)
WHERE link.station_id = arrival.station_id
RETURNING link.station_id, link.epoch,
          CASE WHEN before.disconnected_at IS NULL THEN before.gateway ELSE '' END
"""


async def look_up(connection: Connection, identities: list[str]) -> dict[str, Candidate]:
    cursor = await connection.execute(LOOK_UP, [identities], prepare=True)
    rows: list[tuple[Any, ...]] = await cursor.fetchall()
    return {identity: Candidate(*known) for identity, *known in rows}


async def admit(connection: Connection, arrivals: list[Arrival]) -> dict[Arrival, Admission]:
    """Count each station's epoch up. Of several arrivals of one station in a batch the last
    is admitted; the others find no answer."""
    newest = {arrival.station_id: arrival for arrival in arrivals}
    columns = [
        list(newest),
        [arrival.gateway for arrival in newest.values()],
        [arrival.subprotocol for arrival in newest.values()],
        [arrival.remote_address for arrival in newest.values()],
        [arrival.uses_pending_key for arrival in newest.values()],
    ]
    cursor = await connection.execute(ADMIT, columns, prepare=True)
    rows = await cursor.fetchall()
    return {newest[row[0]]: Admission(row[1], row[2]) for row in rows}


class Door:
    """One per process."""

    def __init__(self) -> None:
        self._candidates = Coalescer(look_up)
        self._admissions = Coalescer(admit)

    async def recognise(self, scope: Mapping[str, Any]) -> tuple[str, Candidate, bool, str]:
        """Identity, candidate, whether the pending key was used, and the sub-protocol. Raises
        Denied or DatabaseAway."""
        identity = identity_of(scope)
        candidate = await self._candidates.ask(identity)
        if candidate is None:
            raise Denied(404, "unknown station")
        pending = authenticate(identity, candidate, header(scope, b"authorization"))
        return identity, candidate, pending, choose_subprotocol(scope["subprotocols"])

    async def admit(self, arrival: Arrival) -> Admission | None:
        """The epoch of this socket; None when a newer one came meanwhile."""
        return await self._admissions.ask(arrival)

    async def close(self) -> None:
        await self._candidates.close()
        await self._admissions.close()


def identity_of(scope: Mapping[str, Any]) -> str:
    """The station's identity in the path. Raises Denied 404 for what cannot be one."""
    raw = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    try:
        identity = unquote_to_bytes(raw.removeprefix(PREFIX)).decode("utf-8")
    except UnicodeDecodeError:
        raise Denied(404, "unknown station") from None
    if not 0 < len(identity) <= LONGEST_IDENTITY or not identity.isprintable() or "/" in identity:
        raise Denied(404, "unknown station")
    return identity


def authenticate(identity: str, candidate: Candidate, authorization: bytes) -> bool:
    """Whether the pending key was presented. Raises Denied 401 for anything but a right key
    of this station: the user name is the identity (A00.FR.203)."""
    user, key = basic_credentials(authorization)
    found = matches(
        key,
        candidate.key_salt,
        (candidate.key_digest, candidate.pending_key_digest),
        settings.SECRET_KEY,
    )
    if user != identity.encode() or found < 0:
        raise Denied(401, "wrong credentials", {"WWW-Authenticate": 'Basic realm="ocpp"'})
    return found == 1


def basic_credentials(header_value: bytes) -> tuple[bytes, bytes]:
    """User name and password of a Basic header; empty for anything else."""
    scheme, _, text = header_value.partition(b" ")
    if scheme.lower() != b"basic":
        return b"", b""
    try:
        user, _, password = base64.b64decode(text.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return b"", b""
    return user, password


def choose_subprotocol(offered: list[str]) -> str:
    """Our best of what the station offers. Raises Denied 400 when there is none."""
    for ours in SUBPROTOCOLS:
        if ours in offered:
            return ours
    raise Denied(400, f"offer one of the sub-protocols {', '.join(SUBPROTOCOLS)}")


def header(scope: Mapping[str, Any], name: bytes) -> bytes:
    """A header that may stand once; empty when it is absent or doubled."""
    found = [value for key, value in scope["headers"] if key == name]
    return found[0] if len(found) == 1 else b""
