"""Meter readings of many stations in two statements: the gateway's hot path.

Called by the gateway's writer inside its one transaction per batch, on its own connection; the
writer has dropped what came over replaced sockets. A reading counts only for a transaction of
the station that sent it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from msgspec.structs import astuple

from booking.domain.facts import MeterReading
from booking.domain.plausibility import LARGEST_SESSION_WH
from booking.events import SessionProgressed
from cpms.kernel.arrays import documents, instants, numbers, texts

COLUMNS: tuple[tuple[str, str, Callable[[Iterable[Any]], str]], ...] = (  # a reading's fields
    ("station_id", "bigint[]", numbers),
    ("epoch", "bigint[]", numbers),
    ("evse_number", "integer[]", numbers),
    ("measured_at", "timestamptz[]", instants),
    ("received_at", "timestamptz[]", instants),
    ("content_hash", "bigint[]", numbers),
    ("context", "smallint[]", numbers),
    ("transaction_reference", "text[]", texts),
    ("energy_wh", "bigint[]", numbers),
    ("power_w", "integer[]", numbers),
    ("current_l1_a", "real[]", numbers),
    ("current_l2_a", "real[]", numbers),
    ("current_l3_a", "real[]", numbers),
    ("voltage_l1_v", "real[]", numbers),
    ("voltage_l2_v", "real[]", numbers),
    ("voltage_l3_v", "real[]", numbers),
    ("soc_percent", "smallint[]", numbers),
    ("other", "jsonb[]", documents),
)
NAMES = ", ".join(name for name, _, _ in COLUMNS)
ARRAYS = ", ".join(f"%s::{kind}" for _, kind, _ in COLUMNS)

# Number 0 is the station's main meter: kept under the negative of the station's key.
# A transaction that a station does not know the id of (-1, errata 3.18) is its EVSE's open one.
STORE: bytes = f"""
WITH reading AS (
    SELECT {NAMES} FROM unnest({ARRAYS}) AS reading ({NAMES})
), placed AS (
    SELECT reading.*, COALESCE(evse.id, -reading.station_id) AS evse_id, evse.location_id,
           COALESCE(named.session_id, open.id) AS session_id
    FROM reading
    LEFT JOIN stations_evse AS evse
      ON evse.station_id = reading.station_id AND evse.number = reading.evse_number
    LEFT JOIN booking_transaction AS named
      ON named.station_id = reading.station_id
     AND named.reference = reading.transaction_reference
    LEFT JOIN booking_chargingsession AS open
      ON open.evse_id = evse.id AND open.status = 'ACTIVE'
     AND reading.transaction_reference = '-1'
), stored AS (
    INSERT INTO booking_metersample (
        evse_id, measured_at, content_hash, received_at, session_id, energy_wh, power_w,
        current_l1_a, current_l2_a, current_l3_a, voltage_l1_v, voltage_l2_v, voltage_l3_v,
        context, soc_percent, transaction_reference, other)
    SELECT evse_id, measured_at, content_hash, received_at, session_id, energy_wh, power_w,
           current_l1_a, current_l2_a, current_l3_a, voltage_l1_v, voltage_l2_v, voltage_l3_v,
           context, soc_percent, transaction_reference, other
    FROM placed
    ON CONFLICT DO NOTHING
), newest AS (
    SELECT DISTINCT ON (session_id) session_id, evse_id, location_id, measured_at,
           max(energy_wh) OVER (PARTITION BY session_id) AS energy_wh, power_w,
           max(soc_percent) OVER (PARTITION BY session_id) AS soc_percent, received_at
    FROM placed
    WHERE session_id IS NOT NULL AND evse_number > 0 AND location_id IS NOT NULL
    ORDER BY session_id, measured_at DESC, power_w DESC NULLS LAST
), progressed AS (
    UPDATE booking_chargingsession AS session
    SET energy_wh = CASE
            WHEN newest.energy_wh - session.meter_start_wh
                 BETWEEN session.energy_wh AND {LARGEST_SESSION_WH}
            THEN newest.energy_wh - session.meter_start_wh ELSE session.energy_wh END,
        power_w = COALESCE(newest.power_w, session.power_w),
        soc_percent = COALESCE(newest.soc_percent, session.soc_percent),
        last_meter_at = GREATEST(
            session.last_meter_at, LEAST(newest.measured_at, newest.received_at)),
        last_updated = newest.received_at
    FROM newest
    WHERE session.id = newest.session_id AND session.status = 'ACTIVE'
    RETURNING session.id, newest.evse_id, newest.location_id
)
SELECT * FROM progressed
""".encode()  # noqa: S608 -- column names of ours


async def store_meter_readings(
    connection: psycopg.AsyncConnection[Any], readings: Sequence[MeterReading]
) -> list[SessionProgressed]:
    """Store a batch; return the sessions that progressed, once each."""
    columns = zip(*map(astuple, readings), strict=True)
    parameters = [encode(values) for (_, _, encode), values in zip(COLUMNS, columns, strict=True)]
    cursor = await connection.execute(STORE, parameters, prepare=True)
    return [SessionProgressed(*row) for row in await cursor.fetchall()]
