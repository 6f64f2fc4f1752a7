from datetime import UTC, datetime, timedelta

import pytest

from booking.domain.facts import Authorization
from booking.services import authorize
from booking.services.authorization import decide, find_token
from booking.services.many_starts import tokens_by_uid
from tests.factories.booking import TokenFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EMSP = {"country_code": "DE", "party_id": "MSP"}


def test_a_token_that_nobody_knows_is_invalid():
    assert decide(None, NOON) == Authorization("Invalid")


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ({}, Authorization("Accepted")),
        ({"group_id": "FLEET"}, Authorization("Accepted", None, "FLEET")),
        ({"expires_at": NOON + SECOND}, Authorization("Accepted", NOON + SECOND)),
        ({"expires_at": NOON}, Authorization("Expired", NOON)),
        ({"status": "Blocked", "group_id": "FLEET"}, Authorization("Blocked", None, "FLEET")),
        ({"status": "Blocked", "expires_at": NOON}, Authorization("Blocked", NOON)),
        ({"status": "Invalid"}, Authorization("Invalid")),
        ({"status": "Expired"}, Authorization("Expired")),
        (EMSP, Authorization("Accepted")),
        ({**EMSP, "group_id": "G"}, Authorization("Accepted", None, "G")),
        ({**EMSP, "valid": False}, Authorization("Blocked")),
    ],
)
def test_what_a_stored_token_is_worth(token, expected):
    authorization = decide(TokenFactory.build(**token), NOON)

    assert authorization == expected
    assert authorization.is_accepted == (expected.status == "Accepted")


@pytest.mark.django_db
@pytest.mark.parametrize("read", ["04a1b2c3", "04A1B2C3", "04A1b2c3"])
def test_a_uid_is_compared_without_case(read):
    TokenFactory(uid="04a1B2C3", group_id="FLEET")

    authorization = authorize(id_token=read, now=NOON)

    assert authorization == Authorization("Accepted", None, "FLEET")


@pytest.mark.django_db
@pytest.mark.parametrize("read", ["04A1B2C", "04A1B2C33", "%", "04_1B2C3", ""])
def test_no_other_uid_is_taken_for_it(read):
    TokenFactory(uid="04A1B2C3")

    assert authorize(id_token=read, now=NOON) == Authorization("Invalid")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "tokens",
    [
        [{"uid": "AB"}, {"uid": "ab", **EMSP}],  # the CPO's own first
        [{"uid": "AB", **EMSP}, {"uid": "ab", "country_code": "NL", "party_id": "ZZZ"}],
        [{"uid": "AB", **EMSP}, {"uid": "AB", **EMSP, "type": "OTHER", "valid": False}],
        [
            {"uid": "AB", **EMSP, "last_updated": NOON},
            {"uid": "AB", **EMSP, "type": "OTHER", "last_updated": NOON - SECOND},
        ],
    ],
)
def test_of_several_tokens_alone_and_in_a_batch_the_first_counts(tokens):
    first, *_ = [TokenFactory(**token) for token in tokens][:1]

    assert (find_token("aB"), tokens_by_uid(["aB"])) == (first, {"AB": first})
