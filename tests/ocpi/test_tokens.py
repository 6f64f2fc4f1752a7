from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.models import Token
from tests.factories.ocpi import roaming_token, token_body


@pytest.fixture
def url(endpoints):
    return f"{endpoints['tokens']}/NL/RMR"


def test_a_token_is_stored_changed_and_read(emsp, url):
    made = emsp.ask("PUT", f"{url}/04AA?type=RFID", token_body(group_id="G1"))
    again = emsp.ask("PUT", f"{url}/04aa", token_body("04aa", group_id="G1"))
    changed = emsp.ask(
        "PATCH", f"{url}/04AA/", {"valid": False, "last_updated": "2026-06-02T12:00:00Z"}
    )

    assert [made.codes, again.codes, changed.codes] == [(201, 1000), (200, 1000), (200, 1000)]
    assert "data" not in made.body
    assert emsp.ask("GET", f"{url}/04aA?type=RFID").data == token_body(
        group_id="G1", valid=False, last_updated="2026-06-02T12:00:00Z"
    )


def test_one_uid_may_be_two_tokens(emsp, url):
    emsp.ask("PUT", f"{url}/04AA", token_body())
    emsp.ask("PUT", f"{url}/04AA?type=APP_USER", token_body(type="APP_USER", valid=False))

    assert emsp.ask("GET", f"{url}/04AA").data["valid"]
    assert not emsp.ask("GET", f"{url}/04AA?token_type=APP_USER").data["valid"]


def test_what_is_older_changes_nothing(emsp, url):
    emsp.ask("PUT", f"{url}/04AA", token_body())

    late = token_body(valid=False, last_updated="2026-05-01T12:00:00Z")
    assert emsp.ask("PUT", f"{url}/04AA", late).codes == (200, 1000)

    assert emsp.ask("GET", f"{url}/04AA").data == token_body()


@pytest.mark.parametrize(
    ("method", "body", "codes"),
    [
        ("PUT", token_body("other"), (200, 2001)),
        ("PUT", token_body(party_id="OTH"), (200, 2001)),
        ("PUT", token_body(type="CARD"), (200, 2001)),
        ("PUT", token_body(whitelist=None), (200, 2001)),
        ("PUT", token_body(valid="yes"), (200, 2001)),
        ("PUT", token_body(issuer="x" * 65), (200, 2001)),
        ("PUT", token_body(last_updated="2026-02-30T12:00:00Z"), (200, 2001)),
        ("PUT", [], (200, 2001)),
        ("PUT", b"", (200, 2001)),
        ("PUT", b'{"uid":', (400, 2000)),
        ("PUT", b'{"uid": "a\\u0000"}', (400, 2000)),
        ("PUT", b"\xff", (400, 2000)),
        ("PATCH", {"last_updated": "2026-06-02T12:00:00Z"}, (404, 2004)),
        ("PATCH", {"valid": False}, (200, 2001)),
        ("DELETE", None, (405, 2000)),
        ("GET", None, (404, 2004)),
    ],
)
def test_what_cannot_be_taken_leaves_nothing(emsp, url, method, body, codes):
    assert emsp.ask(method, f"{url}/04AA", body).codes == codes

    assert Token.objects.count() == 0


def test_another_partys_tokens_are_out_of_reach(emsp, endpoints):
    theirs = roaming_token("OTH")
    body = token_body(theirs.uid, party_id="OTH")

    for method in ("GET", "PUT", "PATCH"):
        answer = emsp.ask(method, f"{endpoints['tokens']}/NL/OTH/{theirs.uid}", body)
        assert answer.codes == (404, 2001)
    assert Token.objects.get().contract_id == "NL-OTH-1"


def test_the_same_new_token_twenty_times_at_once_is_one(emsp, url):
    with ThreadPoolExecutor(10) as pool:
        asked = [pool.submit(emsp.ask, "PUT", f"{url}/04AA", token_body()) for _ in range(20)]
        statuses = sorted(one.result().status for one in asked)

    assert statuses == [200] * 19 + [201]
    assert Token.objects.count() == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=5,
)
CHANGES = st.dictionaries(st.sampled_from([*sorted(token_body()), "group_id", "language"]), JSON)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=CHANGES, method=st.sampled_from(["PUT", "PATCH"]))
def test_any_body_is_taken_or_refused(emsp, url, changes, method):
    Token.objects.all().delete()
    emsp.ask("PUT", f"{url}/04AA", token_body())
    body = {**token_body(), **changes} if method == "PUT" else changes

    answer = emsp.ask(method, f"{url}/04AA", body)

    assert answer.codes in {(200, 1000), (201, 1000), (200, 2001), (400, 2000)}
    if answer.body["status_code"] != 1000:
        assert emsp.ask("GET", f"{url}/04AA").data == token_body()
