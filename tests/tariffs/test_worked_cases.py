"""The worked cases of the specification, through the command that operators use."""

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from django.core.management import call_command

FILE = Path(__file__).parent / "data" / "tariff_examples.json"
CASES = json.loads(FILE.read_text(), parse_float=Decimal)["cases"]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What `tariff price` prints for all of them, by id."""
    cases = json.loads(FILE.read_text())["cases"]
    asked, printed = (tmp_path_factory.mktemp("cases") / name for name in ("in", "out"))
    fields = ("id", "version", "tariff", "session")
    asked.write_text(json.dumps([{name: case[name] for name in fields} for case in cases]))
    with printed.open("w") as out:
        call_command("tariff", "price", str(asked), "--json", stdout=out)
    return {one["id"]: one for one in json.loads(printed.read_text(), parse_float=Decimal)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_worked_case_costs_what_it_says(answers, case):
    expected, found = case["expected"], answers[case["id"]]
    stated = [name for name in ("excl_vat", "incl_vat") if expected[name] is not None]

    rounded = {name: _rounded(found[name], expected["compare_decimals"]) for name in stated}
    billed = {name: found["billed"][name] for name in expected["billed"]}

    assert rounded == {name: Decimal(expected[name]) for name in stated}
    assert billed == expected["billed"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_price_with_vat_is_null_only_where_no_component_states_vat(answers, case):
    components = [one for e in case["tariff"]["elements"] for one in e["price_components"]]

    assert (answers[case["id"]]["incl_vat"] is None) is not any("vat" in one for one in components)


def _rounded(number, decimals):
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
