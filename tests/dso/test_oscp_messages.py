"""What OSCP 2.0 messages say, and what ours look like."""

from datetime import UTC, datetime, timedelta

import pytest

from dso.domain import oscp
from dso.domain.neutral import overlaid
from dso.domain.oscp import Behaviour, Measurement, Registration
from dso.errors import BadMessage, UnsupportedVersion
from energy.domain.supply import Limit
from energy.enums import LimitKind, Phase

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def block(capacity, start=0, end=1, phase="ALL", unit="KW", **more):
    return {
        "capacity": capacity,
        "phase": phase,
        "unit": unit,
        "start_time": (NOON + start * HOUR).isoformat(),
        "end_time": (NOON + end * HOUR).isoformat(),
        **more,
    }


def message(*blocks, kind="CONSUMPTION", group="G1"):
    return {"group_id": group, "type": kind, "forecasted_blocks": list(blocks)}


def limit(kw, start=0, end=1, phase=Phase.ALL, kind=LimitKind.IMPORT):
    times = NOON + start * HOUR, NOON + end * HOUR
    return Limit(kw, *times, kind, phase, binding=kind != LimitKind.OPTIMUM)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CONSUMPTION", LimitKind.IMPORT),
        ("GENERATION", LimitKind.EXPORT),
        ("FALLBACK_CONSUMPTION", LimitKind.FALLBACK_IMPORT),
        ("FALLBACK_GENERATION", LimitKind.FALLBACK_EXPORT),
        ("OPTIMUM", LimitKind.OPTIMUM),
    ],
)
def test_a_forecast_is_a_limit_of_its_kind(kind, expected):
    found = oscp.forecast_of(message(block(40), block(30, 1, 2), kind=kind), now=NOON)

    assert found == oscp.Forecast(
        "G1", expected, (limit(40, kind=expected), limit(30, 1, 2, kind=expected))
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (block(40_000, unit="W"), limit(40)),
        (block(10, unit="A"), limit(6.9)),  # three phases of 230 V
        (block(10, unit="A", phase="TWO"), limit(2.3, phase=Phase.L2)),
        (block(20, 0, 2, unit="KWH"), limit(10, 0, 2)),  # the mean power of its time
        (block(500, 0, 0.5, unit="WH"), limit(1, 0, 0.5)),
        (block(7, phase="UNKNOWN"), limit(7)),
        (block(0), limit(0)),
        (block(5, phase="THREE"), limit(5, phase=Phase.L3)),
    ],
)
def test_every_unit_is_read_in_kw(given, expected):
    (found,) = oscp.forecast_of(message(given), now=NOON).limits

    assert found == expected


BAD = {
    "not a number": (message(block(float("nan"))), "nan is not a number"),
    "a text": (message(block("40")), "'40' is not a number"),
    "of volts": (message(block(4, unit="V")), "'V' is no unit of power"),
    "without a unit": (message(block(4, unit="")), "'' is no unit of power"),
    "amperes of an unknown phase": (message(block(4, unit="A", phase="UNKNOWN")), "unknown phase"),
    "a phase that is none": (message(block(4, phase="FOUR")), "'FOUR' is none of"),
    "backwards": (message(block(4, 1, 0)), "ends before it starts"),
    "lasting no time": (message(block(4, 1, 1)), "ends before it starts"),
    "in the past": (message(block(4, -2, -1)), "all of them are in the past"),
    "no blocks": (message(), "from 1 to"),
    "no list": ({"group_id": "G1", "type": "CONSUMPTION"}, "forecasted_blocks: missing"),
    "no group": ({"type": "CONSUMPTION", "forecasted_blocks": []}, "group_id: missing"),
    "a type that is none": (message(block(4), kind="DEMAND"), "'DEMAND' is none of"),
    "a time that is none": (message(block(4, start_time="soon")), "not a date-time"),
    "a block that is none": (message(7), "an object is needed"),
    "no message": ([], "group_id: missing"),
}


@pytest.mark.parametrize(("body", "reason"), BAD.values(), ids=BAD)
def test_a_forecast_that_cannot_be_is_refused_whole(body, reason):
    with pytest.raises(BadMessage, match=reason):
        oscp.forecast_of(body, now=NOON)


def test_what_is_over_is_left_out():
    found = oscp.forecast_of(message(block(4, -2, -1), block(5, -1, 1)), now=NOON)

    assert found.limits == (limit(5, -1, 1),)


def test_days_of_23_and_25_hours_need_no_rule():
    spring = datetime(2026, 3, 29, tzinfo=UTC)
    blocks = [
        {"capacity": n, "phase": "ALL", "unit": "KW", "start_time": start, "end_time": end}
        for n, (start, end) in enumerate(
            [
                ("2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"),  # one hour
                ("2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"),  # the hour twice
            ]
        )
    ]

    found = oscp.forecast_of(message(*blocks), now=spring - HOUR * 3).limits

    assert [one.ends_at - one.starts_at for one in found] == [HOUR, HOUR]


OVERLAYS = {
    "the same time is replaced": ([limit(40)], [limit(30)], [limit(30)]),
    "what is around stays": (
        [limit(40, 0, 4)],
        [limit(30, 1, 2)],
        [limit(40, 0, 1), limit(30, 1, 2), limit(40, 2, 4)],
    ),
    "whatever the phase": (
        [limit(40, 0, 2)],
        [limit(9, 0, 1, Phase.L1), limit(8, 0, 1, Phase.L2)],
        [limit(9, 0, 1, Phase.L1), limit(8, 0, 1, Phase.L2), limit(40, 1, 2)],
    ),
    "what is elsewhere stays": (
        [limit(40, 0, 1)], [limit(30, 5, 6)], [limit(40, 0, 1), limit(30, 5, 6)]
    ),
    "many are covered by one": ([limit(1, 0, 1), limit(2, 1, 2)], [limit(3, 0, 2)], [limit(3, 0, 2)]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), OVERLAYS.values(), ids=OVERLAYS)
def test_a_later_forecast_takes_the_place_of_an_earlier_one_for_its_time(old, new, expected):
    assert overlaid(old, new) == expected


def test_a_registration_is_read():
    body = {
        "token": "token-B",
        "version_url": [
            {"version": "1.0", "base_url": "https://dso.example/1"},
            {"version": "2.0", "base_url": "https://dso.example/oscp/cp/2.0/"},
        ],
    }

    found = oscp.registration_of(body)

    assert found == Registration("token-B", "https://dso.example/oscp/cp/2.0")
    assert "token-B" not in repr(found)


def test_a_registration_without_our_version_is_another_refusal():
    with pytest.raises(UnsupportedVersion):
        oscp.registration_of({"token": "x", "version_url": [{"version": "1.0", "base_url": "y"}]})


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"version_url": []},
        {"token": "", "version_url": []},
        {"token": "a\nb", "version_url": []},
        {"token": "x" * 257, "version_url": []},
        {"token": "x"},
        {"token": "x", "version_url": [{"version": "2.0", "base_url": "u" * 1025}]},
    ],
)
def test_a_registration_that_makes_no_sense_is_refused(body):
    with pytest.raises(BadMessage):
        oscp.registration_of(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"required_behaviour": {"heartbeat_interval": 60,
                                    "measurement_configuration": ["CONTINUOUS"]}},
            Behaviour(60, ("CONTINUOUS",)),
        ),
        ({"measurement_configuration": ["INTERMITTENT"]}, Behaviour(None, ("INTERMITTENT",))),
        ({"required_behaviour": {"heartbeat_interval": 0.5}}, Behaviour(1, ())),
        ({}, Behaviour(None, ())),
    ],
)  # fmt: skip
def test_a_handshake_says_what_is_wanted_of_us(body, expected):
    assert oscp.behaviour_of(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"required_behaviour": 7},
        {"heartbeat_interval": -1},
        {"heartbeat_interval": 0},
        {"heartbeat_interval": float("inf")},
        {"heartbeat_interval": 90_000},
        {"measurement_configuration": ["SOMETIMES"]},
        {"measurement_configuration": "CONTINUOUS"},
    ],
)
def test_a_handshake_that_makes_no_sense_is_refused(body):
    with pytest.raises(BadMessage):
        oscp.behaviour_of(body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-01T12:03:00Z", NOON + timedelta(minutes=3)),
        ("2026-06-01 12:03:00", NOON + timedelta(minutes=3)),
        ("2026-06-01 10:03:00", NOON + timedelta(minutes=3)),  # somebody's local time
        ("2026-07-01T12:00:00Z", NOON + timedelta(days=1)),  # nobody is silent for a month
    ],
)
def test_a_heartbeat_says_until_when_it_is_there(text, expected):
    assert oscp.offline_at({"offline_mode_at": text}, now=NOON, beat_s=60) == expected


@pytest.mark.parametrize("body", [{}, None, {"offline_mode_at": 7},
                                  {"offline_mode_at": "2026-06-01T11:00:00Z"}])  # fmt: skip
def test_a_heartbeat_that_makes_no_sense_is_refused(body):
    with pytest.raises(BadMessage):
        oscp.offline_at(body, now=NOON, beat_s=60)


def test_our_messages_are_as_the_schemas_have_them():
    later = NOON + HOUR
    assert oscp.registration("B", "https://us/oscp/fp/2.0") == {
        "token": "B",
        "version_url": [{"version": "2.0", "base_url": "https://us/oscp/fp/2.0"}],
    }
    assert oscp.handshake(60) == {
        "required_behaviour": {"heartbeat_interval": 60, "measurement_configuration": []}
    }
    assert oscp.heartbeat(NOON) == {"offline_mode_at": "2026-06-01T12:00:00Z"}
    assert oscp.heartbeat(NOON, plainly=True) == {"offline_mode_at": "2026-06-01 12:00:00"}
    assert oscp.compliance_error("Too little.") == {"message": "Too little."}
    assert oscp.forecast("G1", LimitKind.EXPORT, [limit(4.25, phase=Phase.L1)]) == {
        "group_id": "G1",
        "type": "GENERATION",
        "forecasted_blocks": [
            {
                "capacity": 4.25,
                "phase": "ONE",
                "unit": "KW",
                "start_time": "2026-06-01T12:00:00Z",
                "end_time": "2026-06-01T13:00:00Z",
            }
        ],
    }
    measured = [Measurement(12.3456, later, NOON, "IMPORT"), Measurement(99, later)]
    assert oscp.group_measurements("G1", measured) == {
        "group_id": "G1",
        "measurements": [
            {"value": 12.346, "phase": "ALL", "unit": "KWH", "direction": "IMPORT",
             "energy_type": "TOTAL", "measure_time": "2026-06-01T13:00:00Z",
             "initial_measure_time": "2026-06-01T12:00:00Z"},
            {"value": 99, "phase": "ALL", "unit": "KWH", "direction": "NET",
             "energy_type": "TOTAL", "measure_time": "2026-06-01T13:00:00Z"},
        ],
    }  # fmt: skip


def test_what_leaves_less_than_cars_need_is_found():
    given = [limit(4), limit(2), limit(1, kind=LimitKind.EXPORT), limit(1, phase=Phase.L1)]

    assert oscp.not_met(given, floor_kw=2.76) == [limit(2)]
