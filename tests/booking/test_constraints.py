"""What the database refuses, whoever asks."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from booking.models import Cdr, ChargingSession
from tests.factories.booking import (
    NOON,
    CdrFactory,
    SessionFactory,
    TokenFactory,
    TransactionFactory,
)

pytestmark = pytest.mark.django_db


def refused_as(statement, *values):
    """The constraint or SQLSTATE that refuses a statement; None when it is let through."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as refusal:
        cause = refusal.__cause__
        return cause.diag.constraint_name or cause.sqlstate
    return None


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("energy_wh = 0", None),
        ("energy_wh = -1", "session_energy_not_negative"),
        ("ended_at = started_at", "session_active_has_no_end"),
        ("status = 'COMPLETED'", "session_ends_after_start"),
        ("status = 'COMPLETED', ended_at = started_at", None),
        (
            "status = 'COMPLETED', ended_at = started_at - interval '1 s'",
            "session_ends_after_start",
        ),
        ("evse_id = -1", "booking_chargingsession_evse_id_8757596b_fk_stations_evse_id"),
        ("started_at = NULL", "23502"),
    ],
)
def test_a_session_that_runs_may_become(change, refusal):
    SessionFactory()

    assert refused_as(f"UPDATE booking_chargingsession SET {change}") == refusal


def test_one_active_session_for_an_evse():
    running = SessionFactory()
    SessionFactory(evse=running.evse, ended=True)

    refusal = refused_as("UPDATE booking_chargingsession SET status = 'ACTIVE', ended_at = NULL")

    assert refusal == "session_one_active_per_evse"
    assert ChargingSession.objects.filter(status="ACTIVE").get() == running


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("reference = '1'", "transaction_unique_in_station"),
        (
            "evse_number = 1, id_token = 'A', started_at = now(), meter_start_wh = 0",
            "transaction_started_once",
        ),
        ("reference = reference || evse_number", None),
    ],
)
def test_a_stations_transactions_are_told_apart(change, refusal):
    first = TransactionFactory(evse_number=1)
    TransactionFactory(station=first.station, evse_number=2)

    assert refused_as(f"UPDATE booking_transaction SET {change}") == refusal


def test_another_station_may_use_the_same_reference():
    TransactionFactory(evse_number=1)
    TransactionFactory(evse_number=1)

    assert refused_as("UPDATE booking_transaction SET reference = '1'") is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE booking_cdr SET energy_wh = 0",
        "UPDATE booking_cdr SET body = '{}'",
        "UPDATE booking_cdr SET issued_at = now()",
        "DELETE FROM booking_cdr",
    ],
)
def test_a_cdr_never_changes(statement):
    issued = CdrFactory()

    assert refused_as(statement) == "23001"
    assert Cdr.objects.values().get() == {
        name: value for name, value in vars(issued).items() if not name.startswith("_")
    }


def test_a_session_has_one_cdr():
    issued = CdrFactory()

    refusal = refused_as(
        "INSERT INTO booking_cdr (id, body, started_at, ended_at, energy_wh, currency,"
        " total_excl_vat, issued_at, session_id) SELECT gen_random_uuid(), body, started_at,"
        " ended_at, energy_wh, currency, total_excl_vat, issued_at, session_id FROM booking_cdr"
    )

    assert refusal == "cdr_one_per_session"
    assert Cdr.objects.get() == issued


def test_what_has_a_cdr_stays():
    issued = CdrFactory()

    refusal = refused_as("DELETE FROM booking_chargingsession WHERE id = %s", issued.session_id)

    assert refusal.startswith("booking_cdr_session_id")


@pytest.mark.parametrize(
    ("other", "is_refused"),
    [
        ({"uid": "AB"}, True),
        ({"uid": "ab"}, True),
        ({"uid": "ab", "type": "APP_USER"}, False),
        ({"uid": "ab", "party_id": "MSP"}, False),
        ({"uid": "ab", "country_code": "DE"}, False),
    ],
)
def test_a_uid_is_unique_in_its_party_and_type_without_case(other, is_refused):
    TokenFactory(uid="Ab")
    second = TokenFactory(uid="XX", **{k: v for k, v in other.items() if k != "uid"})

    refusal = refused_as("UPDATE booking_token SET uid = %s WHERE id = %s", other["uid"], second.pk)

    assert refusal == ("token_unique_in_party" if is_refused else None)


def test_a_session_outlives_its_token():
    session = SessionFactory()

    session.token.delete()

    session.refresh_from_db()
    assert (session.token, session.started_at - NOON) == (None, timedelta(0))
    assert session.id_token
