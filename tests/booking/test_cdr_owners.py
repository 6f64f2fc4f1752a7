"""Whose a CDR is, it says itself: whom its session's token was issued by when it was issued."""

from importlib import import_module

import pytest
from django.db import connection

from booking.models import Cdr, ChargingSession
from tests.factories.booking import CdrFactory, SessionFactory, TokenFactory
from tests.factories.ocpi import roaming_token

FILL = import_module("booking.migrations.0012_old_cdrs_know_whose_they_are").FILL


def owner(cdr):
    return Cdr.objects.values_list("country_code", "party_id").get(pk=cdr.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (lambda: TokenFactory(country_code="nl", party_id="rmr"), ("NL", "RMR")),
        (TokenFactory, ("", "")),
        (lambda: None, ("", "")),
    ],
)
def test_a_cdr_is_its_issuers(token, expected):
    session = SessionFactory(ended=True, token=token(), id_token="04AA")

    assert owner(CdrFactory(session=session)) == expected


@pytest.mark.django_db(transaction=True)
def test_cdrs_from_before_get_their_owner():
    old, own = (CdrFactory(session__token=None, session__id_token="04AA") for _ in range(2))
    for cdr, token in ((old, roaming_token()), (own, TokenFactory())):
        ChargingSession.objects.filter(pk=cdr.session_id).update(token=token)

    with connection.cursor() as cursor:
        cursor.execute(FILL)

    assert (owner(old), owner(own)) == (("NL", "RMR"), ("", ""))
