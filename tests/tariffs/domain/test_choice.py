"""Which tariff prices a session: the decision table."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from tariffs.domain.choice import Occasion, Offer, chosen, kind_of
from tariffs.domain.places import NamedPlace, Place, party_of
from tariffs.errors import InvalidPlace

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EMS, ABC = ("NL", "EMS"), ("DE", "ABC")
WHERE = {
    "connector": {"connector_id": 1},
    "evse": {"evse_id": 1},
    "location": {"location_id": 1},
    "everywhere": {},
}
numbers = count(1)


def offer(where, kind="", party=("", ""), **when):
    number = next(numbers)
    return Offer(number, "EUR", Place(**WHERE[where], party=party), number, kind, **when)


def start(kind="REGULAR", party=("", "")):
    return Occasion(1, 1, NOON, kind, party)


BEGUN = {"starts_at": NOON - DAY}
COMING = {"starts_at": NOON + timedelta(microseconds=1)}
OVER = {"ends_at": NOON}
FROM_NOW, TO_LATER = {"starts_at": NOON}, {"ends_at": NOON + timedelta(microseconds=1)}

TABLE = {  # what is on offer, the place of the one that wins (None: none), the session
    "nothing is on offer": ([], None, start()),
    "one for everyone": ([offer("everywhere")], 0, start()),
    # the narrowest place
    "connector before EVSE": ([offer("evse"), offer("connector")], 1, start()),
    "EVSE before location": ([offer("location"), offer("evse")], 1, start()),
    "location before everywhere": ([offer("everywhere"), offer("location")], 1, start()),
    "the place goes before the type": (
        [offer("location", "REGULAR"), offer("evse")], 1, start()
    ),
    # holding when the session starts
    "one that holds from now on": ([offer("evse", **FROM_NOW)], 0, start()),
    "one that still holds": ([offer("evse", **TO_LATER)], 0, start()),
    "not one that is to come": ([offer("evse", **COMING)], None, start()),
    "not one that is over": ([offer("evse", **OVER)], None, start()),
    "wider, where the narrower is to come": (
        [offer("location"), offer("evse", **COMING)], 0, start()
    ),
    "wider, where the narrower is over": (
        [offer("everywhere"), offer("connector", **OVER)], 0, start()
    ),
    "the one that began last": (
        [offer("evse", **FROM_NOW), offer("evse", **BEGUN), offer("evse")], 0, start()
    ),
    "the one assigned last": ([offer("evse"), offer("evse")], 1, start()),
    # the type that the session asks for
    "regular before untyped": ([offer("evse", "REGULAR"), offer("evse")], 0, start()),
    "untyped where there is no regular one": ([offer("evse")], 0, start()),
    "not another type": ([offer("evse", "PROFILE_FAST")], None, start()),
    "not an ad hoc price": ([offer("evse", "AD_HOC_PAYMENT")], None, start()),
    "ad hoc before untyped": (
        [offer("evse"), offer("evse", "AD_HOC_PAYMENT"), offer("evse", "REGULAR")],
        1,
        start("AD_HOC_PAYMENT"),
    ),
    "untyped for ad hoc": ([offer("evse")], 0, start("AD_HOC_PAYMENT")),
    "the regular price for ad hoc where there is no other": (
        [offer("evse", "REGULAR"), offer("connector", "PROFILE_FAST")], 0, start("AD_HOC_PAYMENT")
    ),
    "no regular price for ad hoc, however near, where another holds": (
        [offer("connector", "REGULAR"), offer("everywhere", "AD_HOC_PAYMENT")],
        1,
        start("AD_HOC_PAYMENT"),
    ),
    "the regular price for ad hoc where the other is over": (
        [offer("evse", "REGULAR"), offer("evse", "AD_HOC_PAYMENT", **OVER)],
        0,
        start("AD_HOC_PAYMENT"),
    ),
    "the profile before regular": (
        [offer("evse", "REGULAR"), offer("evse", "PROFILE_CHEAP"), offer("evse")],
        1,
        start("PROFILE_CHEAP"),
    ),
    "regular before untyped where the profile is not on offer": (
        [offer("evse"), offer("evse", "REGULAR"), offer("evse", "PROFILE_FAST")],
        1,
        start("PROFILE_CHEAP"),
    ),
    # the partner
    "the partner's": ([offer("evse", party=EMS)], 0, start(party=EMS)),
    "not another partner's": ([offer("evse", party=EMS)], None, start(party=ABC)),
    "not a partner's for own drivers": ([offer("evse", party=EMS)], None, start()),
    "the partner's before a narrower one for everyone": (
        [offer("connector"), offer("everywhere", party=EMS)], 1, start(party=EMS)
    ),
    "the narrowest of the partner's": (
        [offer("everywhere", party=EMS), offer("evse", party=EMS)], 1, start(party=EMS)
    ),
    "everyone's where the partner's is over": (
        [offer("location"), offer("location", party=EMS, **OVER)], 0, start(party=EMS)
    ),
    "everyone's where the partner's is of another type": (
        [offer("location"), offer("location", "PROFILE_FAST", EMS)], 0, start(party=EMS)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_one_of_the_offers_prices_the_session(case):
    offers, winner, occasion = TABLE[case]

    expected = None if winner is None else offers[winner]
    assert chosen(offers, occasion) == expected
    assert chosen(reversed(offers), occasion) == expected


@pytest.mark.parametrize(
    ("token_type", "profile", "kind"),
    [
        ("RFID", "", "REGULAR"),
        ("APP_USER", "REGULAR", "REGULAR"),
        ("RFID", "GREEN", "PROFILE_GREEN"),
        ("OTHER", "CHEAP", "PROFILE_CHEAP"),
        ("AD_HOC_USER", "", "AD_HOC_PAYMENT"),
        ("AD_HOC_USER", "FAST", "AD_HOC_PAYMENT"),
    ],
)
def test_a_token_asks_for_a_type(token_type, profile, kind):
    assert kind_of(token_type, profile) == kind


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"location_id": "L", "evse_uid": "E"}, "evse_uid"),
        ({"connector_id": "1"}, "connector_id"),
        ({"location_id": "L", "connector_id": "1"}, "connector_id"),
        ({"party_id": "EMS"}, "party_id"),
        ({"country_code": "NL"}, "party_id"),
        ({"country_code": "N1", "party_id": "EMS"}, "party_id"),
        ({"country_code": "NL", "party_id": "É23"}, "party_id"),
    ],
)
def test_a_place_is_one_place(said, reason):
    with pytest.raises(InvalidPlace) as refusal:
        NamedPlace(**said)

    assert refusal.value.text.partition(":")[0] == reason


def test_a_place_says_what_it_has():
    name = NamedPlace(country_code="nl", party_id="ems", evse_uid="E1", connector_id="2")

    assert name.party == party_of("NL", "Ems") == EMS
    assert name.fields() == {
        "country_code": "NL", "party_id": "EMS", "evse_uid": "E1", "connector_id": "2",
    }  # fmt: skip
