"""Which tokens may stand in a local authorization list, and as what."""

import pytest
from django.db import IntegrityError

from booking.domain.local_list import Limits
from booking.models import LocalList, Token
from booking.services import sync_local_lists
from booking.services.list_contents import wanted_entries
from tests.booking.test_local_lists import ACCEPTED, MINUTE, a_station, answer, synced
from tests.factories.booking import NOON, TokenFactory
from tests.factories.stations import StationFactory

pytestmark = pytest.mark.django_db

pytestmark = pytest.mark.django_db
TRUSTED, ASKING = Limits(9, 9, is_trusted=True), Limits(9, 9, is_trusted=False)


def tokens_of(limits, now=NOON):
    return {key: data["idTagInfo"] for key, data in wanted_entries(limits, now).items()}


@pytest.mark.parametrize("whitelist", ["ALWAYS", "ALLOWED", "ALLOWED_OFFLINE", "NEVER"])
@pytest.mark.parametrize("limits", [TRUSTED, ASKING])
def test_a_partners_token_stands_there_only_if_the_partner_allows_it(whitelist, limits):
    TokenFactory(uid="E1", country_code="NL", party_id="EMS", whitelist=whitelist)

    allowed = whitelist in ("ALWAYS", "ALLOWED") or (
        whitelist == "ALLOWED_OFFLINE" and limits is ASKING
    )
    assert list(tokens_of(limits)) == (["E1"] if allowed else [])


def test_a_token_that_becomes_never_goes_from_the_list():
    station = a_station()
    TokenFactory(uid="e1", country_code="NL", party_id="EMS", whitelist="ALLOWED")
    synced(station)

    Token.objects.update(whitelist="NEVER")
    sync_local_lists(now=NOON)

    assert answer(ACCEPTED) == "Differential 2: -e1"
    assert LocalList.objects.get().entries == {}


def test_the_token_that_decides_elsewhere_decides_here():
    TokenFactory(uid="same", country_code="AA", party_id="AAA", whitelist="NEVER")
    TokenFactory(uid="SAME", country_code="ZZ", party_id="ZZZ", whitelist="ALWAYS")
    TokenFactory(uid="ours", country_code="AA", party_id="AAA", whitelist="NEVER")
    TokenFactory(uid="OURS", status="Blocked")

    assert tokens_of(TRUSTED) == {"OURS": {"status": "Blocked"}}


def test_what_a_station_can_read_and_store_stands_there_as_it_is_worth():
    long_ago, soon = NOON - MINUTE, NOON + MINUTE
    TokenFactory(uid="x" * 21)
    TokenFactory(uid="app", type="APP_USER")
    TokenFactory(uid="adhoc", type="AD_HOC_USER")
    TokenFactory(uid="g1", group_id="STAFF", expires_at=soon)
    TokenFactory(uid="g2", group_id="g" * 21)
    TokenFactory(uid="old", expires_at=long_ago)
    TokenFactory(uid="off", country_code="NL", party_id="EMS", valid=False)

    assert tokens_of(TRUSTED) == {
        "G1": {"status": "Accepted", "expiryDate": "2026-06-01T12:01:00Z", "parentIdTag": "STAFF"},
        "G2": {"status": "Accepted"},
        "OLD": {"status": "Expired", "expiryDate": "2026-06-01T11:59:00Z"},
        "OFF": {"status": "Blocked"},
    }


def test_where_not_all_fit_those_that_may_charge_come_first():
    TokenFactory(uid="bad", status="Blocked")
    TokenFactory(uid="theirs", country_code="NL", party_id="EMS")
    TokenFactory(uid="ours1")
    TokenFactory(uid="ours2")

    assert [list(tokens_of(Limits(n, 9, is_trusted=True))) for n in (1, 3, 4)] == [
        ["OURS1"],
        ["OURS1", "OURS2", "THEIRS"],
        ["OURS1", "OURS2", "THEIRS", "BAD"],
    ]


@pytest.mark.parametrize("wrong", [{"fingerprint": "x"}, {"trouble": "love"}])
def test_a_list_that_contradicts_itself_cannot_be_stored(wrong):
    with pytest.raises(IntegrityError):
        LocalList.objects.create(station=StationFactory(), **wrong)
