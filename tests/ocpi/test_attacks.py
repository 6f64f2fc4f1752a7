"""What a partner that means ill, or errs, may send is refused in OCPI's terms."""

from urllib.parse import quote

import pytest

from tests.factories.ocpi import roaming_cdr, roaming_session, token_body

PATHS = {
    "NUL": "locations/%00",
    "NUL in a token's": "tokens/NL/RMR/a%00b",
    "a new line": "nothing%0Ahere",
    "a new line in a module": "locations/a%0Ab/c/d/e",
    "no UTF-8": "locations/%FF",
    "half a character": "tariffs/%ED%A0%80",
    "up the tree": "..%2F..%2Fversions",
    "long": "tariffs/" + "x" * 3000,
}
TYPES = ["%00", "RFID%00", "%0A", "", "X" * 13, "%F0%9F%94%8C", "%FF"]


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_no_path_makes_us_fail_or_answer_without_an_envelope(emsp, endpoints, path):
    url = f"{endpoints['locations'].removesuffix('locations')}{path}"

    for method in ("GET", "PUT", "PATCH", "POST", "DELETE"):
        answer = emsp.ask(method, url, None if method in ("GET", "DELETE") else {})
        assert answer.status in (404, 405), (method, answer)
        assert answer.body["status_code"] in (2000, 2001, 2003), (method, answer)
        assert {"status_message", "timestamp"} <= answer.body.keys()


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize("kind", TYPES)
def test_a_type_that_no_token_has(emsp, endpoints, version, kind):
    url = endpoints["tokens"].replace("2.2.1", version)

    answer = emsp.ask("GET", f"{url}/NL/RMR/04AA?type={kind}")

    assert answer.codes == (200, 2001), answer.body


@pytest.mark.parametrize("kind", ["", " ", "RF\tID", "é"])
def test_a_token_of_such_a_type_is_not_kept(emsp, endpoints, kind):
    url = f"{endpoints['tokens'].replace('2.2.1', '2.3.0')}/NL/RMR/04AA"

    answer = emsp.ask("PUT", url, token_body(type=kind))

    assert answer.codes == (200, 2001), answer.body
    assert emsp.ask("GET", f"{url}?type={quote(kind)}").codes == (200, 2001)


def test_what_is_anothers_is_not_there(emsp, endpoints):
    """Whatever it is asked with: its id, commands, profiles, preferences."""
    theirs, bill = roaming_session("OTH"), roaming_cdr("OTH")
    to = {"response_url": f"{emsp.url}/emsp/results/1"}
    profile = {
        "charging_rate_unit": "A",
        "charging_profile_period": [{"start_period": 0, "limit": 6.0}],
    }
    session = str(theirs.pk)
    asked = {
        "session": ("GET", f"{endpoints['sessions']}/{session}", None),
        "cdr": ("GET", f"{endpoints['cdrs']}/{bill.pk}", None),
        "preferences": (
            "PUT",
            f"{endpoints['sessions']}/{session}/charging_preferences",
            {"profile_type": "FAST"},
        ),
        "stop": ("POST", f"{endpoints['commands']}/STOP_SESSION", {**to, "session_id": session}),
        "profile": (
            "PUT",
            f"{endpoints['chargingprofiles']}/{session}",
            {**to, "charging_profile": profile},
        ),
    }

    answers = {name: emsp.ask(*request) for name, request in asked.items()}

    assert {name: answer.codes for name, answer in answers.items()} == {
        "session": (404, 2001),
        "cdr": (404, 2001),
        "preferences": (404, 2001),
        "stop": (200, 1000),
        "profile": (200, 1000),
    }
    assert answers["stop"].data["result"] == "UNKNOWN_SESSION"
    assert answers["profile"].data["result"] == "UNKNOWN_SESSION"
    for module in ("sessions", "cdrs"):
        answer = emsp.ask("GET", endpoints[module])
        assert (answer.data, answer.headers["X-Total-Count"]) == ([], "0")


@pytest.mark.parametrize("name", ["OCPI-from-party-id", "OCPI-to-party-id"])
@pytest.mark.parametrize("party", ["OTH", "x" * 3000, "\xe9", "*"])
def test_no_header_makes_a_caller_somebody_else(emsp, endpoints, name, party):
    country = name.replace("party-id", "country-code")

    answer = emsp.ask("GET", endpoints["locations"], None, **{name: party, country: "NL"})

    assert answer.codes == (200, 2001)
    assert answer.data is None
