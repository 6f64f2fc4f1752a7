"""Correcting a bill: credit and new CDR, the original as it was."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from booking.errors import BadCorrection, CdrCredited, CdrIsCredit
from booking.models import Cdr
from booking.services import Correction, correct_cdr, void_cdr
from stations.schemas import faults_in
from tests.booking.test_constraints import refused_as
from tests.factories.booking import CdrFactory, SessionFactory
from tests.factories.stations import ConnectorFactory
from tests.factories.tariffs import TariffFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOW = NOON + timedelta(days=3)


@pytest.fixture
def cdr(db):
    """An hour, 10 kWh at 0.40 each and 21 % VAT."""
    version = TariffFactory(ocpi_id="USUAL").versions.get()
    session = SessionFactory(
        evse=ConnectorFactory().evse, ended=True, tariff_version=version, meter_start_wh=1_000
    )
    return CdrFactory(session=session)


def columns(cdr):
    return cdr.energy_wh, cdr.total_excl_vat, cdr.total_incl_vat


def test_a_correction_credits_the_one_and_issues_another(cdr):
    before = Cdr.objects.values().get()

    credit, right = correct_cdr(
        cdr=cdr, correction=Correction(energy_wh=5_000), reason="Meter was wrong.", now=NOW
    )

    assert columns(cdr) == (10_000, Decimal("4.0000"), Decimal("4.8400"))
    assert columns(credit) == (-10_000, Decimal("-4.0000"), Decimal("-4.8400"))
    assert columns(right) == (5_000, Decimal("2.0000"), Decimal("2.4200"))
    assert credit.body == {
        **cdr.body,
        "id": str(credit.pk),
        "total_cost": {"excl_vat": -4.0, "incl_vat": -4.84},
        "credit": True,
        "credit_reference_id": str(cdr.pk),
        "remark": "Meter was wrong.",
        "last_updated": "2026-06-04T12:00:00Z",
    }
    said = {name: right.body.get(name) for name in ("id", "total_energy", "total_cost", "remark")}
    assert said == {
        "id": str(right.pk),
        "total_energy": 5.0,
        "total_cost": {"excl_vat": 2.0, "incl_vat": 2.42},
        "remark": "Meter was wrong.",
    }
    assert not right.body.keys() & {"credit", "credit_reference_id"}
    assert [faults_in("CDR", one.body) for one in (credit, right)] == [[], []]
    assert Cdr.objects.values().get(pk=cdr.pk) == before
    assert (cdr.session.cdr, list(Cdr.objects.order_by("issued_at"))) == (
        right,
        [cdr, credit, right],
    )


def test_a_new_one_keeps_what_was_right_and_is_corrected_in_turn(cdr):
    dear = TariffFactory(ocpi_id="DEAR", price=1.0).versions.get()
    half_past = NOON + timedelta(minutes=30)

    _, second = correct_cdr(
        cdr=cdr, correction=Correction(version=dear), reason="Wrong tariff.", now=NOW
    )
    _, third = correct_cdr(
        cdr=second, correction=Correction(ended_at=half_past), reason="Left earlier.", now=NOW
    )
    void = void_cdr(cdr=third, reason="Kindness.", now=NOW)

    assert [columns(one) for one in (second, third, void)] == [
        (10_000, Decimal("10.0000"), Decimal("12.1000")),
        (10_000, Decimal("10.0000"), Decimal("12.1000")),
        (-10_000, Decimal("-10.0000"), Decimal("-12.1000")),
    ]
    assert (third.body["end_date_time"], third.body["total_time"]) == ("2026-06-01T12:30:00Z", 0.5)
    assert third.body["tariffs"][0]["id"] == "DEAR"
    assert dear.__class__.objects.get(pk=dear.pk).used_at == NOW
    assert cdr.session.cdr is None
    assert sum(one.total_excl_vat for one in Cdr.objects.all()) == 0


@pytest.mark.parametrize(
    ("correction", "reason", "said"),
    [
        (Correction(), "Why", "It says nothing that was wrong."),
        (Correction(energy_wh=-1), "Why", "energy: from 0 to 100000 kWh"),
        (Correction(energy_wh=100_000_001), "Why", "energy: from 0 to 100000 kWh"),
        (
            Correction(ended_at=NOON - timedelta(seconds=1)),
            "Why",
            "end: after the start, and not in the future",
        ),
        (
            Correction(ended_at=NOW + timedelta(seconds=1)),
            "Why",
            "end: after the start, and not in the future",
        ),
        (Correction(energy_wh=1), "", "reason: one line of at most 255 letters"),
        (Correction(energy_wh=1), "x" * 256, "reason: one line of at most 255 letters"),
        (Correction(energy_wh=1), "a\nb", "reason: one line of at most 255 letters"),
    ],
)
def test_what_makes_no_sense_changes_nothing(cdr, correction, reason, said):
    with pytest.raises(BadCorrection) as refused:
        correct_cdr(cdr=cdr, correction=correction, reason=reason, now=NOW)

    assert (refused.value.text, Cdr.objects.get()) == (said, cdr)


def test_a_credit_stays_and_a_cdr_is_credited_once(cdr):
    credit = void_cdr(cdr=cdr, reason="Twice.", now=NOW)

    with pytest.raises(CdrIsCredit):
        void_cdr(cdr=credit, reason="Back.", now=NOW)
    with pytest.raises(CdrCredited):
        void_cdr(cdr=cdr, reason="Twice.", now=NOW)
    assert Cdr.objects.count() == 2


@pytest.mark.parametrize(
    ("columns", "values", "constraint"),
    [
        ("credits_id", "id", "cdr_credited_once"),
        ("replaces_id", "id", "cdr_replaced_once"),
        ("credits_id, replaces_id", "id, id", "cdr_credits_or_replaces"),
    ],
)
def test_the_database_keeps_a_chain_a_chain(cdr, columns, values, constraint):
    correct_cdr(cdr=cdr, correction=Correction(energy_wh=1), reason="Why", now=NOW)

    refusal = refused_as(
        f"INSERT INTO booking_cdr (id, body, started_at, ended_at, energy_wh, currency,"
        f" total_excl_vat, issued_at, session_id, {columns}) SELECT gen_random_uuid(), body,"
        f" started_at, ended_at, 0, currency, total_excl_vat, issued_at, session_id, {values}"
        f" FROM booking_cdr WHERE credits_id IS NULL AND replaces_id IS NULL"
    )

    assert refusal in (constraint, "cdr_one_per_session")


@pytest.mark.django_db(transaction=True)
def test_of_many_corrections_at_once_one_is_made(cdr):
    results, start = [], threading.Barrier(8)

    def correct(kwh):
        start.wait()
        try:
            correct_cdr(
                cdr=cdr, correction=Correction(energy_wh=kwh * 1000), reason="Race.", now=NOW
            )
            results.append("made")
        except CdrCredited:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=correct, args=[kwh]) for kwh in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["made"] + ["refused"] * 7
    assert Cdr.objects.count() == 3
