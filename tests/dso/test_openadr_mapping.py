"""Events of OpenADR 3 as limits and prices."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dso.domain.openadr.events import event_of, is_for, program_of, targets_of, targets_written
from dso.domain.openadr.mapping import Context, read
from energy.domain.supply import Limit, Price
from energy.enums import LimitKind

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROGRAM = program_of(
    {
        "id": "p",
        "programName": "grid",
        "payloadDescriptors": [
            {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "PRICE", "units": "KWH",
             "currency": "EUR"}
        ],
    }
)  # fmt: skip
CONTEXT = Context({"p": PROGRAM}, connection_kw=100.0, currency="EUR")


def event(number, *payloads, units="KW", start=0, hours=1, **more):
    """An event with one interval of an hour for each `(type, value)`; `hours` None: no end."""
    length = "P9999Y" if hours is None else f"PT{hours}H"
    descriptors = [
        {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": kind, "units": units}
        for kind in dict.fromkeys(kind for kind, _ in payloads)
        if units and kind != "PRICE"
    ]
    intervals = [
        {
            "id": n,
            "payloads": [{"type": kind, "values": value if isinstance(value, list) else [value]}],
        }
        for n, (kind, value) in enumerate(payloads)
    ]
    body = {
        "id": str(number),
        "programID": "p",
        "payloadDescriptors": descriptors,
        "intervalPeriod": {"start": (NOON + start * HOUR).isoformat(), "duration": length},
        "intervals": intervals,
        **more,
    }
    return event_of(body)


def reading(*events, context=CONTEXT):
    return read([(one, NOON) for one in events], context, now=NOON)


def shape(limits):
    return [
        (
            one.kind,
            (one.starts_at - NOON) / HOUR,
            None if one.ends_at is None else (one.ends_at - NOON) / HOUR,
            one.kw,
        )
        for one in limits
    ]


IMPORT, EXPORT = LimitKind.IMPORT, LimitKind.EXPORT
ICL, ICS = "IMPORT_CAPACITY_LIMIT", "IMPORT_CAPACITY_SUBSCRIPTION"
CASES = {
    "a limit": ([event(1, (ICL, 40))], [(IMPORT, 0, 1, 40)]),
    "equal steps are one": ([event(1, (ICL, 40), (ICL, 40), (ICL, 30))],
                            [(IMPORT, 0, 2, 40), (IMPORT, 2, 3, 30)]),
    "in watts": ([event(1, (ICL, 40_000), units="W")], [(IMPORT, 0, 1, 40)]),
    "into the grid": ([event(1, ("EXPORT_CAPACITY_LIMIT", 5))], [(EXPORT, 0, 1, 5)]),
    "of equal priority the lowest holds": (
        [event(1, (ICL, 40), hours=2), event(2, (ICL, 30), start=1)],
        [(IMPORT, 0, 1, 40), (IMPORT, 1, 2, 30)],
    ),
    "the more urgent holds though it is higher": (
        [event(1, (ICL, 30), hours=2), event(2, (ICL, 40), start=1, priority=0)],
        [(IMPORT, 0, 1, 30), (IMPORT, 1, 2, 40)],
    ),
    "what was subscribed to holds where no limit does": (
        [event(1, (ICS, 60), hours=None), event(2, (ICL, 20), start=1)],
        [(IMPORT, 0, 1, 60), (IMPORT, 1, 2, 20), (IMPORT, 2, None, 60)],
    ),
    "what was reserved comes on top of it": (
        [event(1, (ICS, 60), hours=2), event(2, ("IMPORT_CAPACITY_RESERVATION", 15), start=1)],
        [(IMPORT, 0, 1, 60), (IMPORT, 1, 2, 75)],
    ),
    "a set point is a wish": (
        [event(1, ("DISPATCH_SETPOINT", 12))], [(LimitKind.OPTIMUM, 0, 1, 12)]
    ),
    "a level of shedding is a share of the connection": (
        [event(1, ("SIMPLE", 2)), event(2, ("SIMPLE", 3), start=1)],
        [(IMPORT, 0, 1, 40), (IMPORT, 1, 2, 0)],
    ),
    "safe mode is the fallback": (
        [event(1, (ICL, 10), hours=None, eventName="Safe mode")],
        [(LimitKind.FALLBACK_IMPORT, 0, None, 10)],
    ),
    "packed values share the interval": (
        [event(1, (ICL, [40, 20]), hours=2)], [(IMPORT, 0, 1, 40), (IMPORT, 1, 2, 20)]
    ),
}  # fmt: skip


@pytest.mark.parametrize(("events", "expected"), CASES.values(), ids=CASES)
def test_events_become_limits(events, expected):
    found = reading(*events)

    assert shape(found.limits) == expected
    assert found.refused == []


def test_only_a_wish_does_not_bind():
    (limit, wish) = reading(event(7, (ICL, 40)), event(8, ("DISPATCH_SETPOINT", 12))).limits

    assert limit == Limit(40.0, NOON, NOON + HOUR)
    assert wish == Limit(12.0, NOON, NOON + HOUR, LimitKind.OPTIMUM, binding=False)


def test_prices_are_per_kwh_and_the_more_urgent_holds():
    cheap = event(1, ("PRICE", [0.1, 0.2]), hours=2)
    urgent = event(2, ("PRICE", -0.05), priority=1)

    found = reading(cheap, urgent)

    assert found.prices == [
        Price(NOON, NOON + HOUR, Decimal("-0.05")),
        Price(NOON + HOUR, NOON + 2 * HOUR, Decimal("0.2")),
    ]
    assert reading(cheap, context=Context({}, 100.0)).prices == []  # it takes no prices


BAD = {
    "negative": (event(1, (ICL, -5)), "kw must be from 0 to 100000: -5"),
    "ten gigawatts": (event(1, (ICL, 1e7)), "kw must be from 0 to 100000: 1e+07"),
    "not a number": (event(1, (ICL, float("nan"))), "nan is not a number"),
    "a text": (event(1, (ICL, "40")), "'40' is not a number"),
    "true": (event(1, (ICL, True)), "True is not a number"),
    "of energy": (event(1, (ICL, 40), units="KWH"), "'KWH' is no unit of power"),
    "of current": (event(1, (ICL, 40), units="AMPS"), "'AMPS' is no unit of power"),
    "a level that is none": (event(1, ("SIMPLE", 4)), "4 is not from 0 to 3"),
    "a price without end": (event(1, ("PRICE", 0.2), hours=None), "a price without end"),
    "next year": (event(1, (ICL, 4), start=10_000), "begins in more than a year"),
    "a price beyond all": (event(1, ("PRICE", 1e9)), "the price must be from -1 to 5"),
}


@pytest.mark.parametrize(("bad", "reason"), BAD.values(), ids=BAD)
def test_a_bad_event_is_refused_whole_and_the_others_hold(bad, reason):
    found = reading(bad, event(2, (ICL, 30)))

    assert shape(found.limits) == [(IMPORT, 0, 1, 30)]
    assert found.prices == []
    assert len(found.refused) == 1
    assert found.refused[0].startswith("event 1: ")
    assert reason in found.refused[0]


def test_a_price_in_another_currency_is_refused():
    dollars = Context({}, 100.0, "EUR")
    body = event(1, ("PRICE", 0.2), payloadDescriptors=[
        {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "PRICE", "units": "KWH",
         "currency": "USD"}])  # fmt: skip

    assert reading(body, context=dollars).refused == ["event 1: PRICE: in USD, not in EUR"]


def test_what_people_should_know_is_noted_once():
    alert = event(1, ("ALERT_GRID_EMERGENCY", ["storm"]), ("GHG", 300), ("GHG", 310))
    unsaid = event(2, (ICL, 40), units="")

    assert reading(alert, unsaid).notices == [
        "ALERT_GRID_EMERGENCY: storm",
        "GHG is not acted upon",
        f"event 2: {ICL} without units, read as kW",
    ]


def test_a_cancelled_event_says_nothing():
    cancelled = event(1, (ICL, 40), intervalPeriod={"start": "0001-01-01", "duration": "PT0S"})

    assert reading(cancelled) == reading()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (["EAN1", "VEN-A"], {"EAN1", "VEN-A"}),
        ([{"type": "POWER_SERVICE_LOCATION", "values": ["EAN1"]},
          {"type": "VEN_NAME", "values": ["VEN-A"]}], {"EAN1", "VEN-A"}),
        (None, set()),
        ("EAN1", set()),
        ([7, {"values": "x"}], set()),
    ],
)  # fmt: skip
def test_targets_are_read_in_both_versions(raw, expected):
    assert targets_of(raw) == expected


def test_targets_are_written_as_the_version_has_them():
    assert targets_written(["B", "A"], "3.1.0") == ["A", "B"]
    assert targets_written(["A"], "3.0.1") == [{"type": "POWER_SERVICE_LOCATION", "values": ["A"]}]


@pytest.mark.parametrize(
    ("targets", "ours", "expected"),
    [
        ([], ["EAN1"], True),
        (["EAN1"], ["EAN1"], True),
        (["EAN2"], ["EAN1"], False),
        (["VEN-A"], ["EAN1"], True),
        (["VEN-A", "EAN2"], ["EAN1"], False),  # the VEN's name opens no other connection
        (["EAN2", "EAN1"], ["EAN1"], True),
    ],
)
def test_an_event_is_for_whom_it_names(targets, ours, expected):
    assert is_for(event(1, (ICL, 1), targets=targets), ours, "VEN-A") is expected
