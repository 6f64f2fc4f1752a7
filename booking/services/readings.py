"""Meter readings of sessions for pricing: of many in one statement, about one per minute."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from booking.domain.course import Reading
from booking.domain.plausibility import CLOCK_AHEAD
from booking.models import ChargingSession
from cpms.kernel.arrays import numbers, texts

# The times bound the partitions searched. Offered nothing (measurands that have no column): the
# car could not charge, whether it wanted to or not.
OF_SESSIONS = """
SELECT sample.session_id,
       COALESCE(max(measured_at) FILTER (WHERE energy_wh IS NOT NULL), max(measured_at)) AS at,
       max(energy_wh), max(power_w),
       max(COALESCE(current_l1_a, 0) + COALESCE(current_l2_a, 0) + COALESCE(current_l3_a, 0))
           FILTER (WHERE num_nonnulls(current_l1_a, current_l2_a, current_l3_a) > 0),
       COALESCE(bool_or(other @? '$[*] ? (
           (@.measurand == "Current.Offered" || @.measurand == "Power.Offered")
           && @.value like_regex "^0+(\\.0*)?$")'), false)
FROM unnest(%s::uuid[], %s::bigint[]) AS session (id, evse_id)
JOIN booking_metersample AS sample
  ON sample.evse_id = session.evse_id AND sample.session_id = session.id
WHERE measured_at BETWEEN %s AND %s
GROUP BY sample.session_id, date_bin('1 minute', measured_at, '2000-01-01+00')
ORDER BY at
"""


def readings_of(sessions: Iterable[ChargingSession], until: datetime) -> dict[UUID, list[Reading]]:
    """What was measured of sessions up to an instant, by session, in the order of time."""
    sessions = list(sessions)
    found: dict[UUID, list[Reading]] = defaultdict(list)
    if not sessions:
        return found
    since = min(session.started_at for session in sessions) - CLOCK_AHEAD
    with connection.cursor() as cursor:
        cursor.execute(
            OF_SESSIONS,
            [
                texts(str(session.pk) for session in sessions),
                numbers(session.evse_id for session in sessions),
                since,
                until + CLOCK_AHEAD,
            ],
        )
        for session_id, *values in cursor.fetchall():
            found[session_id].append(Reading(*values))
    return found
