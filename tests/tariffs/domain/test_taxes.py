"""VAT, the least and the most, whole steps, and what is refused at the door."""

from decimal import Decimal
from fractions import Fraction

import pytest

from tariffs.domain.model import ENERGY, PriceComponent, PriceLimit, Tariff
from tariffs.domain.reading import tariff_of
from tariffs.domain.soundness import doubts_about
from tariffs.domain.steps import whole_steps
from tariffs.domain.taxes import before_and_with, limited


@pytest.mark.parametrize(
    ("vat", "includes_tax", "expected"),
    [
        (None, False, (100, 100)),
        ("0", False, (100, 100)),
        ("21", False, (100, 121)),
        ("21", True, (Fraction(10000, 121), 100)),
        (None, True, (100, 100)),
    ],
)
def test_before_vat_and_with_it(vat, includes_tax, expected):
    component = PriceComponent(ENERGY, Decimal(1), 1, vat and Decimal(vat))

    assert before_and_with(component, Fraction(100), includes_tax=includes_tax) == expected


def limit(excl, incl=None):
    return PriceLimit(Decimal(excl), None if incl is None else Decimal(incl))


@pytest.mark.parametrize(
    ("least", "most", "cost", "expected"),
    [
        (None, None, ("5", "6"), ("5", "6")),
        (limit("7"), None, ("5", "6"), ("7", "7")),
        (limit("5.5"), None, ("5", "6"), ("5.5", "6")),
        (limit("7", "8"), None, ("5", "6"), ("7", "8")),
        (limit("1", "8"), None, ("5", "6"), ("5", "8")),
        (limit("7", "8"), None, ("5", None), ("7", None)),
        (None, limit("4"), ("5", "6"), ("4", "6")),
        (None, limit("4", "4.8"), ("5", "6"), ("4", "4.8")),
        (None, limit("9", "5.5"), ("5", "6"), ("5", "5.5")),
        (None, limit("4", "4.8"), ("5", None), ("4", None)),
        (limit("1"), limit("3"), ("2", "2.5"), ("2", "2.5")),
    ],
)
def test_each_limit_is_kept_for_itself(least, most, cost, expected):
    tariff = Tariff("T", "EUR", (), min_price=least, max_price=most)
    cost, expected = ([one and Decimal(one) for one in pair] for pair in (cost, expected))

    assert list(limited(tariff, *cost)) == expected


@pytest.mark.parametrize(
    ("volume", "step_size", "billed"),
    [
        ("0", 300, 0),
        ("0.001", 300, 300),
        ("300", 300, 300),
        ("300.0004", 300, 300),  # noise of a conversion
        ("300.001", 300, 600),
        ("20450", 100, 20_500),
        ("10.2", 0, 11),
        ("10.2", 1, 11),
        ("-10.2", 100, Decimal("-10.2")),
    ],
)
def test_started_steps_count_whole(volume, step_size, billed):
    assert whole_steps(Decimal(volume), step_size) == billed


PART = {"type": "ENERGY", "price": 1, "step_size": 1}
BODY = {"id": "T", "currency": "EUR", "elements": [{"price_components": [PART]}]}


def one_element(**more):
    return {"elements": [{"price_components": [PART], **more}]}


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({}, []),
        ({"currency": "eur"}, ["currency"]),
        (
            {"start_date_time": "2026-06-01T12:00:00Z", "end_date_time": "2026-06-01T12:00:00Z"},
            ["end_date_time"],
        ),
        ({"min_price": {"excl_vat": 2}, "max_price": {"excl_vat": 1}}, ["max_price"]),
        (
            {"min_price": {"excl_vat": 1, "incl_vat": 3}, "max_price": {"excl_vat": 2, "incl_vat": 2}},
            ["max_price"],
        ),
        ({"min_price": {"excl_vat": 2, "incl_vat": 1}}, ["min_price"]),
        ({"max_price": {"excl_vat": 2, "incl_vat": 1}}, ["max_price"]),
        ({"max_price": {"excl_vat": 2, "incl_vat": 2}}, []),
        ({"elements": [{"price_components": [PART, PART]}]}, ["elements.0.price_components"]),
        (
            {"elements": [{"price_components": [PART | {"vat": 101}]}]},
            ["elements.0.price_components"],
        ),
        (one_element(restrictions={"reservation": "RESERVATION"}), ["elements.0.price_components"]),
        (
            one_element(restrictions={"min_kwh": 2, "max_kwh": 2}),
            ["elements.0.restrictions.max_kwh"],
        ),
        (
            one_element(restrictions={"min_duration": 2, "max_duration": 1}),
            ["elements.0.restrictions.max_duration"],
        ),
        (
            one_element(restrictions={"min_power": 2, "max_power": 1, "min_current": 1, "max_current": 0}),
            ["elements.0.restrictions.max_current", "elements.0.restrictions.max_power"],
        ),
        (
            one_element(restrictions={"start_date": "2026-06-02", "end_date": "2026-06-02"}),
            ["elements.0.restrictions.end_date"],
        ),
    ],
)  # fmt: skip
def test_what_means_two_things_or_nothing_is_doubted(change, paths):
    doubts = doubts_about(tariff_of(BODY | change))

    assert [line.partition(":")[0] for line in doubts] == paths
