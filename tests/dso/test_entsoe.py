"""Day-ahead prices of ENTSO-E. The documents are written here, in the shape of A44 answers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dso.domain.entsoe import NothingPublished, Published, read
from dso.errors import BadMessage
from energy.domain.supply import Price

SPACE = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
MIDNIGHT = datetime(2026, 1, 14, 23, tzinfo=UTC)  # of the 15th, in Brussels


def series(prices, *, sequence="1", start=MIDNIGHT, end=None, step="PT60M", unit="MWH",
           currency="EUR"):  # fmt: skip
    """`prices` by position."""
    length = {"PT15M": QUARTER, "PT60M": HOUR}.get(step, HOUR)
    end = end or start + length * max(prices)
    place = (
        f"<classificationSequence_AttributeInstanceComponent.position>{sequence}"
        "</classificationSequence_AttributeInstanceComponent.position>"
        if sequence
        else ""
    )
    points = "".join(
        f"<Point><position>{n}</position><price.amount>{p}</price.amount></Point>"
        for n, p in prices.items()
    )
    return (
        f"<TimeSeries><currency_Unit.name>{currency}</currency_Unit.name>"
        f"<price_Measure_Unit.name>{unit}</price_Measure_Unit.name>{place}"
        f"<Period><timeInterval><start>{start:%Y-%m-%dT%H:%MZ}</start>"
        f"<end>{end:%Y-%m-%dT%H:%MZ}</end></timeInterval>"
        f"<resolution>{step}</resolution>{points}</Period></TimeSeries>"
    )


def document(*parts, name="Publication_MarketDocument"):
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><{name} xmlns="{SPACE}">{"".join(parts)}</{name}>'
    )
    return text.encode()


def price(number, kwh, *, start=MIDNIGHT, step=HOUR):
    return Price(start + step * (number - 1), start + step * number, Decimal(kwh))


def test_hours_are_read_per_kwh():
    assert read(document(series({1: 85.3, 2: -4.1}))) == Published(
        "EUR", (price(1, "0.085300"), price(2, "-0.004100"))
    )


def test_quarters_are_read():
    found = read(document(series({n: n for n in range(1, 97)}, step="PT15M")))

    assert len(found.prices) == 96
    assert found.prices[-1] == price(96, "0.096", step=QUARTER)


def test_the_first_sequence_is_chosen():
    other = series({1: 99}, sequence="2")

    assert read(document(other, series({1: 50}))).prices == (price(1, "0.05"),)
    assert read(document(series({1: 50}, sequence=""))).prices == (price(1, "0.05"),)
    with pytest.raises(NothingPublished):
        read(document(other))


def test_quarters_hold_before_the_hours_beside_them():
    hours = series({1: 10, 2: 20, 3: 30})
    quarters = series({n: n for n in range(1, 5)}, step="PT15M", start=MIDNIGHT + HOUR)

    found = read(document(hours, quarters)).prices

    assert found == (
        price(1, "0.01"),
        *(price(n, f"0.00{n}", start=MIDNIGHT + HOUR, step=QUARTER) for n in range(1, 5)),
        price(3, "0.03"),
    )


def test_a_price_that_is_left_out_is_the_one_before():
    found = read(document(series({1: 10, 4: 40}, end=MIDNIGHT + 5 * HOUR))).prices

    assert [float(one.price_kwh) for one in found] == [0.01, 0.01, 0.01, 0.04, 0.04]


@pytest.mark.parametrize(
    ("start", "hours"),
    [
        (datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
    ],
)
@pytest.mark.parametrize(("step", "parts"), [("PT60M", 1), ("PT15M", 4)])
def test_days_of_23_and_25_hours_are_whole(start, hours, step, parts):
    count = hours * parts

    found = read(document(series({n: n for n in range(1, count + 1)}, start=start, step=step)))

    assert len(found.prices) == count
    assert found.prices[0].starts_at == start
    assert found.prices[-1].ends_at == start + hours * HOUR
    pairs = zip(found.prices, found.prices[1:], strict=False)
    assert all(one.ends_at == other.starts_at for one, other in pairs)


def acknowledgement(code, text):
    reason = f"<Reason><code>{code}</code><text>{text}</text></Reason>"
    return document(reason, name="Acknowledgement_MarketDocument")


BAD = {
    "not XML": (b"<html>", "This is not XML"),
    "something else": (document(name="Balancing_MarketDocument"), "not a Publication"),
    "entities": (b'<!DOCTYPE x [<!ENTITY a "b">]>' + document(), "declares"),
    "per kWh": (document(series({1: 1}, unit="KWH")), "not money per MWH"),
    "without currency": (document(series({1: 1}, currency="")), "not money per MWH"),
    "two currencies": (
        document(series({1: 1}), series({1: 1}, currency="PLN", start=MIDNIGHT + HOUR)),
        "Prices in EUR, PLN",
    ),
    "not a number": (document(series({1: "NaN"})), "is not a number"),
    "a word": (document(series({1: "dear"})), "is not a number"),
    "a step of a day": (document(series({1: 1}, step="P1D")), "not 15, 30 or 60"),
    "a place beyond the period": (
        document(series({1: 1, 3: 1}, end=MIDNIGHT + 2 * HOUR)),
        "not from 1 to 2",
    ),
    "without its first price": (document(series({2: 1})), "without its first price"),
    "a period of no time": (document(series({1: 1}, end=MIDNIGHT)), "A period of"),
    "a period of years": (document(series({1: 1}, end=MIDNIGHT + 9_000 * HOUR)), "A period of"),
    "refused": (acknowledgement(999, "Unauthorized."), "ENTSO-E refuses: 999 Unauthorized."),
}


@pytest.mark.parametrize(("body", "reason"), BAD.values(), ids=BAD)
def test_what_cannot_be_is_refused_with_the_reason(body, reason):
    with pytest.raises(BadMessage, match=reason) as refused:
        read(body)

    assert not isinstance(refused.value, NothingPublished)


def test_not_published_yet_is_no_fault():
    with pytest.raises(NothingPublished):
        read(acknowledgement(999, "No matching data found for Data item"))
