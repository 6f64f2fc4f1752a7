"""`manage.py tariff price`: its answers, its refusals, its exit codes."""

import json

import pytest
from django.core.management import CommandError, call_command

SESSION = {
    "time_zone": "Europe/Amsterdam",
    "start_date_time": "2026-03-02T10:00:00Z",
    "end_date_time": "2026-03-02T11:00:00Z",
    "charging_periods": [
        {
            "start_date_time": "2026-03-02T10:00:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 3.3333}, {"type": "TIME", "volume": 1}],
        }
    ],
}
TARIFF = {
    "id": "T",
    "currency": "EUR",
    "elements": [
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.3, "step_size": 1},
                {"type": "TIME", "price": 1, "vat": 21, "step_size": 0},
            ]
        }
    ],
}
ENTRY = {"id": "A", "tariff": TARIFF, "session": SESSION}


@pytest.fixture
def priced(tmp_path, capsys):
    """Exit code, stdout and the lines of stderr for a file of this text."""

    def run(text):
        file = tmp_path / "sessions.json"
        file.write_text(text if isinstance(text, str) else json.dumps(text))
        code = 0
        try:
            call_command("tariff", "price", str(file))
        except SystemExit as end:
            code = end.code
        printed = capsys.readouterr()
        return code, printed.out, printed.err.splitlines()

    return run


def test_money_has_at_least_four_decimals_and_is_not_rounded(priced):
    code, out, err = priced([ENTRY])

    assert (code, err) == (0, [])
    assert '"excl_vat": 2.0002' in out
    assert '"incl_vat": 2.2102' in out
    assert json.loads(out)[0]["billed"] == {
        "ENERGY": 3.334,
        "TIME_min": 60.0,
        "PARKING_TIME_min": 0.0,
        "RESERVATION_TIME_min": 0.0,
    }


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"tariff": None}, "must be an object"),
        ({"tariff": {**TARIFF, "elements": []}}, "elements: must be a list that is not empty"),
        ({"tariff": {**TARIFF, "currency": 3}}, "currency: must be a text"),
        ({"tariff": TARIFF | {"start_date_time": "2027-01-01T00:00:00Z"}}, "does not hold"),
        ({"tariff": TARIFF | {"min_price": {"incl_vat": 1}}}, "min_price.excl_vat: is missing"),
        ({"version": "2.3.0"}, "tax_included: is missing"),
        ({"version": "9"}, "version: must be one of 2.2.1, 2.3.0"),
        ({"session": 7}, "must be an object"),
        ({"session": SESSION | {"time_zone": "Mars/Olympus"}}, "time_zone: is no time zone"),
        ({"session": SESSION | {"end_date_time": "soon"}}, "end_date_time: must be a date and"),
        ({"session": SESSION | {"end_date_time": "2020-01-01T00:00:00Z"}}, "must not be before"),
        ({"session": SESSION | {"end_date_time": "9999-12-31T23:59:59Z"}}, "is out of range"),
        ({"session": SESSION | {"charging_periods": [{}]}}, "charging_periods.0.start_date_time"),
    ],
)
def test_an_entry_that_cannot_be_priced_says_why_and_the_others_are_priced(priced, change, error):
    code, out, err = priced([ENTRY | change, ENTRY | {"id": "B"}])

    refused, fine = json.loads(out)
    assert (code, len(err)) == (1, 1)
    assert refused == {"id": "A", "error": refused["error"]}
    assert error in refused["error"]
    assert refused["error"] in err[0]
    assert fine["id"] == "B"
    assert fine["excl_vat"] == 2.0002


@pytest.mark.parametrize("text", ["", "{}", "[NaN]", "[1e999999999999999999999]", "[" * 100_000])
def test_a_file_that_is_no_array_of_json_is_refused_in_one_line(priced, text):
    code, out, err = priced(text)

    assert (code, len(err)) == (1, 1)
    assert "Traceback" not in out + err[0]


@pytest.mark.parametrize("volume", [1e300, 1e-300, -1, True, "1", None])
def test_a_volume_that_is_no_sensible_number_is_refused(priced, volume):
    periods = [
        {**SESSION["charging_periods"][0], "dimensions": [{"type": "TIME", "volume": volume}]}
    ]

    code, out, _err = priced([ENTRY | {"session": SESSION | {"charging_periods": periods}}])

    assert code == 1
    assert json.loads(out)[0]["error"].startswith("charging_periods.0.dimensions.0.volume: ")


def test_a_missing_file_is_refused_and_a_missing_argument_is_wrong_usage(tmp_path, capsys):
    with pytest.raises(SystemExit) as refusal:
        call_command("tariff", "price", str(tmp_path / "none"))
    with pytest.raises(CommandError, match="FILE"):
        call_command("tariff", "price")

    assert refusal.value.code == 1
    assert "No such file" in capsys.readouterr().err
