"""Meter readings of many stations in two statements: the gateway's hot path.

Called by the gateway's writer inside its one transaction per batch, on its own connection; the
writer has dropped what came over replaced sockets. A reading counts only for a transaction of
the station that sent it.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from booking.domain.facts import MeterReading
from booking.domain.plausibility import LARGEST_SESSION_WH
from booking.events import SessionProgressed

COLUMNS = (
    ("station_id", "bigint[]"),
    ("evse_number", "smallint[]"),
    ("measured_at", "timestamptz[]"),
    ("received_at", "timestamptz[]"),
    ("content_hash", "bigint[]"),
    ("context", "smallint[]"),
    ("transaction_reference", "text[]"),
    ("energy_wh", "bigint[]"),
    ("power_w", "integer[]"),
    ("current_l1_a", "real[]"),
    ("current_l2_a", "real[]"),
    ("current_l3_a", "real[]"),
    ("voltage_l1_v", "real[]"),
    ("voltage_l2_v", "real[]"),
    ("voltage_l3_v", "real[]"),
    ("soc_percent", "smallint[]"),
    ("other", "jsonb[]"),
)
NAMES = ", ".join(name for name, _ in COLUMNS)
ARRAYS = ", ".join(f"%s::{kind}" for _, kind in COLUMNS)

# Number 0 is the station's main meter: kept under the negative of the station's key.
# A transaction that a station does not know the id of (-1, errata 3.18) is its EVSE's open one.
STORE = f"""
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
"""  # noqa: S608 -- column names of ours


async def store_meter_readings(
    connection: psycopg.AsyncConnection[Any], readings: Sequence[MeterReading]
) -> list[SessionProgressed]:
    """Store a batch; return the sessions that progressed, once each."""
    cursor = await connection.execute(STORE.encode(), _columns(readings), prepare=True)
    return [SessionProgressed(*row) for row in await cursor.fetchall()]


def _columns(readings: Sequence[MeterReading]) -> list[list[Any]]:
    """One list per column, in the order of COLUMNS."""
    return [
        [r.station_id for r in readings],
        [r.evse_number for r in readings],
        [r.measured_at for r in readings],
        [r.received_at for r in readings],
        [r.content_hash for r in readings],
        [r.context for r in readings],
        [r.transaction_reference for r in readings],
        [r.energy_wh for r in readings],
        [r.power_w for r in readings],
        [r.current_a[0] for r in readings],
        [r.current_a[1] for r in readings],
        [r.current_a[2] for r in readings],
        [r.voltage_v[0] for r in readings],
        [r.voltage_v[1] for r in readings],
        [r.voltage_v[2] for r in readings],
        [r.soc_percent for r in readings],
        [Jsonb(r.other) if r.other else None for r in readings],
    ]
