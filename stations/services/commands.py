"""Commands to stations: issue, claim, settle. The row is the command.

queued → sent → accepted | rejected | failed | timed out; each change is a compare-and-set, so a
command ends once, whoever sees it first.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction

from accounts.models import User
from cpms.kernel import events
from cpms.kernel.sealing import seal, unseal
from stations.domain.configuration import is_station_key
from stations.domain.credentials import digest_of, is_strong_enough
from stations.domain.outcome import outcome_of
from stations.domain.smart_charging import profile_faults
from stations.enums import OPEN_COMMAND, Availability, CommandStatus, WhenOffline
from stations.errors import InvalidPayload, WeakKey
from stations.events import CommandIssued, CommandSettled
from stations.models import ChargingStation, Evse, StationCommand, StationConnection
from stations.ports import apply_effects
from stations.schemas import check_request

KEPT = timedelta(days=7)
FEATURES = "SupportedFeatureProfiles"
OFFLINE = {"code": "station_offline", "description": "The station is not connected."}
TIMED_OUT = {"code": "timed_out", "description": "The station did not answer in time."}
LOST = {"code": "connection_lost", "description": "The connection ended before the answer."}


@dataclass(frozen=True, slots=True)
class ClaimedCommand:
    """A command that the claiming gateway must send now."""

    id: UUID
    station_id: int
    action: str
    payload: dict[str, Any]
    deadline_at: datetime
    epoch: int


@transaction.atomic
def issue_command(  # noqa: PLR0913 -- one call for every kind of command, by keyword
    *,
    station: ChargingStation,
    action: str,
    payload: dict[str, Any],
    now: datetime,
    issued_by: User | None = None,
    origin: str = "",
    when_offline: str = WhenOffline.FAIL,
    deadline: timedelta | None = None,
) -> StationCommand:
    """Ask a station for `action`. Raises UnknownAction or InvalidPayload.

    For a station that is not connected the command fails at once, or waits (`keep`).
    """
    check_request(action, payload)
    if faults := profile_faults(action, payload, station.configuration):
        raise InvalidPayload("; ".join(faults), errors=faults)
    link = StationConnection.objects.filter(station=station).first()
    keeps = when_offline == WhenOffline.KEEP
    lasts = deadline or (KEPT if keeps else settings.OCPP.command_deadline)
    command = StationCommand(
        id=uuid4(),
        station=station,
        action=action,
        when_offline=when_offline,
        issued_by=issued_by,
        origin=origin,
        created_at=now,
        deadline_at=now + lasts,
    )
    if not keeps and not (link and link.is_connected):
        command.status, command.error, command.settled_at = CommandStatus.FAILED, OFFLINE, now
    command.payload = _without_secret(command, payload)
    command.save(force_insert=True)
    if command.status == CommandStatus.QUEUED:
        gateway = link.gateway if link and link.is_connected else ""
        events.publish(CommandIssued(command.pk, station.pk, gateway))
    else:
        _tell_settled(command)
    return command


def sets_key(action: str, payload: dict[str, Any]) -> bool:
    """Whether such a command gives the station another key."""
    return action == "ChangeConfiguration" and is_station_key(payload.get("key"))


def _without_secret(command: StationCommand, payload: dict[str, Any]) -> dict[str, Any]:
    """The payload as stored: a new station key is sealed, and it is the pending key from the
    moment that it may be sent. Raises WeakKey."""
    if not sets_key(command.action, payload):
        return payload
    key = str(payload["value"])
    if not is_strong_enough(key):
        raise WeakKey(identity=command.station.identity)
    if command.status == CommandStatus.QUEUED:
        station = ChargingStation.objects.select_for_update(no_key=True).get(pk=command.station_id)
        station.pending_key_digest = _digest(station, key)
        station.save(update_fields=["pending_key_digest"])
    return {**payload, "value": seal(key, str(command.pk), settings.SECRET_KEY)}


def _digest(station: ChargingStation, key: str) -> bytes:
    return digest_of(key.encode(), bytes(station.key_salt), settings.SECRET_KEY)


def payload_to_send(claimed: ClaimedCommand) -> dict[str, Any]:
    """The payload with its secret in clear, for the wire only."""
    if not sets_key(claimed.action, claimed.payload):
        return claimed.payload
    key = unseal(claimed.payload["value"], str(claimed.id), settings.SECRET_KEY)
    return {**claimed.payload, "value": key}


CLAIM = """
UPDATE stations_stationcommand AS command
SET status = 'sent', sent_at = %(now)s, epoch = link.epoch
FROM stations_stationconnection AS link
WHERE command.id IN (
        SELECT DISTINCT ON (waiting.station_id) waiting.id
        FROM stations_stationcommand AS waiting
        WHERE waiting.status = 'queued' AND waiting.station_id = ANY(%(stations)s)
          AND waiting.deadline_at > %(now)s
        ORDER BY waiting.station_id, waiting.created_at, waiting.id)
  AND command.status = 'queued'
  AND link.station_id = command.station_id
  AND link.gateway = %(gateway)s AND link.disconnected_at IS NULL
RETURNING command.id, command.station_id, command.action, command.payload, command.deadline_at,
          link.epoch
"""


def claim_commands(
    *, station_ids: Sequence[int], gateway: str, now: datetime
) -> list[ClaimedCommand]:
    """Take the oldest queued command of each of these stations, if this gateway holds them."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "stations": list(station_ids), "gateway": gateway})
        rows = cursor.fetchall()
    return [ClaimedCommand(row[0], row[1], row[2], _loaded(row[3]), row[4], row[5]) for row in rows]


def return_commands(*, command_ids: Sequence[UUID]) -> int:
    """Put claimed commands that were not sent back to the queue."""
    claimed = StationCommand.objects.filter(pk__in=command_ids, status=CommandStatus.SENT)
    return claimed.update(status=CommandStatus.QUEUED, sent_at=None, epoch=None)


def _loaded(payload: Any) -> dict[str, Any]:
    """Django's cursors hand JSON out as text."""
    loaded: dict[str, Any] = json.loads(payload) if isinstance(payload, str) else payload
    return loaded


@transaction.atomic
def settle_command(
    *,
    command_id: UUID,
    now: datetime,
    response: dict[str, Any] | None = None,
    error: dict[str, str] | None = None,
    status: CommandStatus | None = None,
) -> bool:
    """Write the outcome of a command, once. Returns whether this call did.

    `response` is a CALLRESULT's payload; `error` a CALLERROR's or our own reason.
    """
    final = status or (CommandStatus.FAILED if response is None else outcome_of(response))
    changed = StationCommand.objects.filter(pk=command_id, status__in=OPEN_COMMAND).update(
        status=final, response=response, error=error, settled_at=now
    )
    if not changed:
        return False
    command = StationCommand.objects.get(pk=command_id)
    _apply_effect(command, now)
    _tell_settled(command)
    return True


def _apply_effect(command: StationCommand, now: datetime) -> None:
    """What an answered command changes in what we know of the station."""
    if command.status == CommandStatus.ACCEPTED and command.action == "GetConfiguration":
        _keep_configuration(command, now)
    if sets_key(command.action, command.payload):
        _settle_key(command)
    elif command.status == CommandStatus.ACCEPTED and command.action == "ChangeConfiguration":
        station = ChargingStation.objects.select_for_update(no_key=True).get(pk=command.station_id)
        entry = station.configuration.get(command.payload["key"], {})
        station.configuration[command.payload["key"]] = {
            "readonly": False,
            **entry,
            "value": command.payload["value"],
        }
        station.save(update_fields=["configuration"])
    apply_effects(command.action, command, now)


def _settle_key(command: StationCommand) -> None:
    """Accepted: the old key is dead (A01.FR.03). Refused: the new one is (A01.FR.04). With the
    outcome unknown, or while the station has yet to reboot, both stay until it uses the new
    one. The key is this command's: a later one may be pending by now."""
    if command.status not in (CommandStatus.ACCEPTED, CommandStatus.REJECTED):
        return
    if (command.response or {}).get("status") == "RebootRequired":
        return
    station = ChargingStation.objects.select_for_update(no_key=True).get(pk=command.station_id)
    digest = _digest(
        station, unseal(command.payload["value"], str(command.pk), settings.SECRET_KEY)
    )
    if command.status == CommandStatus.ACCEPTED:
        station.key_digest = digest
    if bytes(station.pending_key_digest or b"") == digest:
        station.pending_key_digest = None
    station.save(update_fields=["key_digest", "pending_key_digest"])


def _keep_configuration(command: StationCommand, now: datetime) -> None:
    """What a station can is part of what is told of its EVSEs."""
    keys = (command.response or {}).get("configurationKey")
    known = {
        entry["key"]: {"value": entry.get("value"), "readonly": entry.get("readonly", False)}
        for entry in (keys if isinstance(keys, list) else ())
        if isinstance(entry, dict)
        and isinstance(entry.get("key"), str)
        and not is_station_key(entry["key"])
    }
    station = ChargingStation.objects.select_for_update(no_key=True).get(pk=command.station_id)
    if FEATURES in known and station.configuration.get(FEATURES) != known[FEATURES]:
        Evse.objects.filter(station=station).update(last_updated=now)
    station.configuration = {**station.configuration, **known}
    station.save(update_fields=["configuration"])


def expire_commands(*, now: datetime) -> int:
    """Close what has passed its deadline: nobody will answer it any more."""
    overdue = StationCommand.objects.filter(status__in=OPEN_COMMAND, deadline_at__lt=now)
    return sum(
        settle_command(
            command_id=command_id, now=now, error=TIMED_OUT, status=CommandStatus.TIMED_OUT
        )
        for command_id in overdue.values_list("pk", flat=True)[:1000]
    )


def fail_commands_of_lost_connection(*, station_id: int, epoch: int, now: datetime) -> int:
    """The socket of this epoch is gone: what was sent on it will not be answered, and what
    waited for it fails unless it may wait for the next."""
    lost = StationCommand.objects.filter(
        station_id=station_id, status=CommandStatus.SENT, epoch__lte=epoch
    )
    waiting = StationCommand.objects.filter(
        station_id=station_id,
        status=CommandStatus.QUEUED,
        when_offline=WhenOffline.FAIL,
        station__connection__epoch=epoch,
    )
    ended = [(pk, LOST) for pk in lost.values_list("pk", flat=True)]
    ended += [(pk, OFFLINE) for pk in waiting.values_list("pk", flat=True)]
    return sum(settle_command(command_id=pk, now=now, error=error) for pk, error in ended)


def restore_availability(*, station_id: int, now: datetime) -> int:
    """Say again to a station that booted what the CPO wants out of service (§5.2: a station
    need not remember). Only what differs from the default."""
    station = ChargingStation.objects.get(pk=station_id)
    wanted = [
        evse.number
        for evse in Evse.objects.filter(station=station, availability=Availability.INOPERATIVE)
    ]
    if station.availability == Availability.INOPERATIVE:
        wanted = [0]
    for number in wanted:
        payload = {"connectorId": number, "type": Availability.INOPERATIVE.value}
        issue_command(
            station=station, action="ChangeAvailability", payload=payload, now=now, origin="boot"
        )
    return len(wanted)


def _tell_settled(command: StationCommand) -> None:
    events.publish(CommandSettled(command.pk, command.station_id, command.action, command.status))
