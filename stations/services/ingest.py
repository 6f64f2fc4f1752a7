"""What stations report, written for many of them at once: the gateway's hot path.

Called by the gateway's writer on its own connection, inside its one transaction per batch. A
report counts only over the station's present socket: rows whose `epoch` is old are passed over.
"""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

import psycopg

from cpms.kernel.arrays import copied_instants, instants, numbers, storable, texts
from stations.domain.facts import (
    BootReport,
    DeviceStatusReport,
    Disconnection,
    Exchange,
    QuirkUse,
    Seen,
    StatusReport,
)
from stations.events import EvseStatusChanged, StationBooted, StationDisconnected

Connection = psycopg.AsyncConnection[Any]

EPOCHS = """
SELECT station_id, epoch FROM stations_stationconnection WHERE station_id = ANY(%s::bigint[])
"""

STATUSES = """
WITH report AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::text[],
                         %s::timestamptz[], %s::text[], %s::text[], %s::text[])
        AS report (station_id, epoch, number, status, reported_at, error_code, info, vendor_code)
), live AS (
    SELECT report.* FROM report JOIN stations_stationconnection AS link
        ON link.station_id = report.station_id AND link.epoch = report.epoch
), whole AS (
    UPDATE stations_chargingstation AS station SET station_error_code = live.error_code
    FROM live WHERE live.number = 0 AND station.id = live.station_id
      AND station.station_error_code <> live.error_code
), locked AS (
    SELECT evse.id, evse.status AS old_status, live.*
    FROM live JOIN stations_evse AS evse
        ON evse.station_id = live.station_id AND evse.number = live.number
    ORDER BY evse.id FOR NO KEY UPDATE OF evse
)
UPDATE stations_evse AS evse
SET status = locked.status, status_at = locked.reported_at, error_code = locked.error_code,
    error_info = locked.info, vendor_error_code = locked.vendor_code,
    last_updated = CASE WHEN locked.status <> locked.old_status
                        THEN now() ELSE evse.last_updated END
FROM locked WHERE evse.id = locked.id
RETURNING evse.id, evse.station_id, evse.location_id, evse.status,
          evse.status <> locked.old_status
"""

BOOTS = """
UPDATE stations_chargingstation AS station
SET vendor = boot.vendor, model = boot.model, serial_number = boot.serial_number,
    firmware_version = boot.firmware_version, iccid = boot.iccid, imsi = boot.imsi,
    meter_type = boot.meter_type, meter_serial_number = boot.meter_serial_number,
    booted_at = boot.booted_at, last_updated = now()
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
            %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS boot (station_id, epoch, booted_at, vendor, model, serial_number, firmware_version,
                 iccid, imsi, meter_type, meter_serial_number),
     stations_stationconnection AS link
WHERE station.id = boot.station_id
  AND link.station_id = boot.station_id AND link.epoch = boot.epoch
RETURNING station.id, station.location_id,
          station.availability = 'Inoperative' OR EXISTS (
              SELECT FROM stations_evse AS evse
              WHERE evse.station_id = station.id AND evse.availability = 'Inoperative')
"""

DEVICE_STATUSES = """
UPDATE stations_chargingstation AS station
SET firmware_status = COALESCE(report.firmware_status, station.firmware_status),
    diagnostics_status = COALESCE(report.diagnostics_status, station.diagnostics_status)
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[])
        AS report (station_id, epoch, firmware_status, diagnostics_status),
     stations_stationconnection AS link
WHERE station.id = report.station_id
  AND link.station_id = report.station_id AND link.epoch = report.epoch
"""

SEEN = """
WITH locked AS (
    SELECT link.station_id, seen.seen_at
    FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS seen (station_id, epoch, seen_at)
    JOIN stations_stationconnection AS link
      ON link.station_id = seen.station_id AND link.epoch = seen.epoch
    ORDER BY link.station_id FOR NO KEY UPDATE OF link
)
UPDATE stations_stationconnection AS link SET last_seen_at = locked.seen_at
FROM locked WHERE link.station_id = locked.station_id
"""

DISCONNECTIONS = """
WITH locked AS (
    SELECT link.station_id, gone.ended_at
    FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS gone (station_id, epoch, ended_at)
    JOIN stations_stationconnection AS link
      ON link.station_id = gone.station_id AND link.epoch = gone.epoch
     AND link.disconnected_at IS NULL
    ORDER BY link.station_id FOR NO KEY UPDATE OF link
)
UPDATE stations_stationconnection AS link SET disconnected_at = locked.ended_at
FROM locked, stations_chargingstation AS station
WHERE link.station_id = locked.station_id AND station.id = locked.station_id
RETURNING link.station_id, station.location_id
"""

QUIRKS = """
INSERT INTO stations_stationquirk AS quirk (station_id, name, count, last_at)
SELECT used.station_id, used.name, used.count, used.last_at
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[])
    AS used (station_id, name, count, last_at)
JOIN stations_chargingstation AS station ON station.id = used.station_id
ORDER BY used.station_id, used.name
ON CONFLICT (station_id, name) DO UPDATE
SET count = quirk.count + excluded.count, last_at = excluded.last_at
"""

EXCHANGES: LiteralString = (
    "COPY stations_ocppmessage (at, station_id, direction, action, message_id,"
    " request, answer, answered_at, error_code) FROM STDIN"
)
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


async def present_epochs(connection: Connection, station_ids: Iterable[int]) -> dict[int, int]:
    """The epoch of each station's present socket."""
    cursor = await connection.execute(EPOCHS, [numbers(set(station_ids))], prepare=True)
    return dict(await cursor.fetchall())


async def store_statuses(
    connection: Connection, reports: Sequence[StatusReport]
) -> list[EvseStatusChanged]:
    """Store what EVSEs (and whole stations, number 0) report; of several reports of one EVSE
    in a batch the last is its state. Returns what changed."""
    newest = {(report.station_id, report.evse_number): report for report in reports}
    rows = newest.values()
    parameters = (
        numbers(row.station_id for row in rows),
        numbers(row.epoch for row in rows),
        numbers(row.evse_number for row in rows),
        texts(row.status for row in rows),
        instants(row.reported_at for row in rows),
        texts(row.error_code for row in rows),
        texts(row.info for row in rows),
        texts(row.vendor_error_code for row in rows),
    )
    cursor = await connection.execute(STATUSES, parameters, prepare=True)
    stored = await cursor.fetchall()
    return [EvseStatusChanged(row[0], row[1], row[2], row[3]) for row in stored if row[4]]


async def store_boots(connection: Connection, reports: Sequence[BootReport]) -> list[StationBooted]:
    """Store boots; the last of a station in a batch counts."""
    rows = {report.station_id: report for report in reports}.values()
    parameters = (
        numbers(row.station_id for row in rows),
        numbers(row.epoch for row in rows),
        instants(row.booted_at for row in rows),
        texts(row.vendor for row in rows),
        texts(row.model for row in rows),
        texts(row.serial_number for row in rows),
        texts(row.firmware_version for row in rows),
        texts(row.iccid for row in rows),
        texts(row.imsi for row in rows),
        texts(row.meter_type for row in rows),
        texts(row.meter_serial_number for row in rows),
    )
    cursor = await connection.execute(BOOTS, parameters, prepare=True)
    return [StationBooted(*row) for row in await cursor.fetchall()]


async def store_device_statuses(
    connection: Connection, reports: Sequence[DeviceStatusReport]
) -> None:
    """Store the progress of firmware updates and diagnostics."""
    merged: dict[int, DeviceStatusReport] = {}
    for report in reports:
        known = merged.setdefault(report.station_id, report)
        known.epoch = report.epoch
        known.firmware_status = report.firmware_status or known.firmware_status
        known.diagnostics_status = report.diagnostics_status or known.diagnostics_status
    rows = merged.values()
    parameters = (
        numbers(row.station_id for row in rows),
        numbers(row.epoch for row in rows),
        texts(row.firmware_status for row in rows),
        texts(row.diagnostics_status for row in rows),
    )
    await connection.execute(DEVICE_STATUSES, parameters, prepare=True)


async def store_last_seen(connection: Connection, seen: Sequence[Seen]) -> None:
    """Store when stations last said something."""
    rows = {entry.station_id: entry for entry in seen}.values()
    parameters = (
        numbers(row.station_id for row in rows),
        numbers(row.epoch for row in rows),
        instants(row.seen_at for row in rows),
    )
    await connection.execute(SEEN, parameters, prepare=True)


async def store_disconnections(
    connection: Connection, gone: Sequence[Disconnection]
) -> list[StationDisconnected]:
    """Store that sockets ended, unless a newer one has taken their place."""
    rows = {entry.station_id: entry for entry in gone}.values()
    parameters = (
        numbers(row.station_id for row in rows),
        numbers(row.epoch for row in rows),
        instants(row.ended_at for row in rows),
    )
    cursor = await connection.execute(DISCONNECTIONS, parameters, prepare=True)
    return [StationDisconnected(row[0], row[1]) for row in await cursor.fetchall()]


async def store_quirks(connection: Connection, uses: Sequence[QuirkUse]) -> None:
    """Count the repairs that stations needed."""
    counts: dict[tuple[int, str], int] = {}
    newest: dict[tuple[int, str], QuirkUse] = {}
    for use in uses:
        key = (use.station_id, use.name)
        counts[key] = counts.get(key, 0) + 1
        newest[key] = use
    parameters = (
        numbers(key[0] for key in counts),
        texts(key[1] for key in counts),
        numbers(counts.values()),
        instants(use.used_at for use in newest.values()),
    )
    await connection.execute(QUIRKS, parameters, prepare=True)


async def store_exchanges(connection: Connection, exchanges: Sequence[Exchange]) -> None:
    """Append to the message log. By COPY: a log needs no deduplication."""
    instants = copied_instants([row.at for row in exchanges])
    answered = copied_instants([row.answered_at for row in exchanges])
    block = "".join(map(_copy_row, exchanges, instants, answered))
    async with connection.cursor().copy(EXCHANGES) as copy:
        await copy.write(storable(block))


def _copy_row(row: Exchange, at: str, answered_at: str) -> str:
    answer = "\\N" if row.answer is None else _escaped(row.answer)
    return (
        f"{at}\t{row.station_id}\t{row.direction}\t{_escaped(row.action[:50])}"
        f"\t{_escaped(row.message_id[:64])}\t{_escaped(row.request)}\t{answer}\t{answered_at}"
        f"\t{_escaped(row.error_code)}\n"
    )


def _escaped(text: str) -> str:
    """`text` for COPY. Nearly all needs nothing, and looking is cheaper than translating."""
    if "\\" in text or "\n" in text or "\t" in text or "\r" in text:
        return text.translate(ESCAPES)
    return text
