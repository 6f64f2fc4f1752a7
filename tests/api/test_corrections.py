"""Correcting a CDR by REST."""

from uuid import uuid4

import pytest

from booking.models import Cdr
from tests.api.conftest import problem_of
from tests.factories.booking import CdrFactory, SessionFactory
from tests.factories.stations import ConnectorFactory
from tests.factories.tariffs import TariffFactory


@pytest.fixture
def cdr(db):
    session = SessionFactory(evse=ConnectorFactory().evse, ended=True, meter_start_wh=1_000)
    return CdrFactory(session=session)


def test_an_administrator_corrects_and_voids(admin, cdr):
    TariffFactory(ocpi_id="NIGHT", price=0.3)
    wrong = {"reason": "Wrong tariff.", "tariff_id": "NIGHT", "total_energy": "5.5"}

    made = admin.post(f"cdrs/{cdr.pk}/correct", wrong)
    second = made.json()["cdr"]
    between = admin.get(f"sessions/{cdr.session_id}").json()
    voided = admin.post(f"cdrs/{second['id']}/correct", {"reason": "Kindness.", "void": True})

    assert (made.status_code, voided.status_code, voided.json()["cdr"]) == (201, 201, None)
    assert made.json()["credit"]["credit_reference_id"] == str(cdr.pk)
    assert (second["total_energy"], second["total_cost"]["excl_vat"]) == (5.5, 1.65)
    assert voided.json()["credit"]["total_cost"]["excl_vat"] == -1.65
    by = Cdr.objects.exclude(pk=cdr.pk).values_list("issued_by", flat=True)
    assert set(by) == {admin.user.pk}
    shown = admin.get(f"sessions/{cdr.session_id}").json()
    costs = (between["total_cost"]["excl_vat"], shown["total_cost"]["excl_vat"])
    assert (costs, between["cdr_id"], shown["cdr_id"]) == ((1.65, 0.0), second["id"], None)


def test_who_may_not_correct_and_what_cannot_be(operator, admin, cdr):
    path = f"cdrs/{cdr.pk}/correct"
    answers = [
        admin.post(path, {"reason": "Why"}),
        admin.post(path, {"total_energy": 1}),
        admin.post(path, {"reason": "Why", "total_energy": "NaN"}),
        admin.post(path, {"reason": "Why", "total_energy": -1}),
        admin.post(path, {"reason": "Why", "void": True, "total_energy": 1}),
        admin.post(path, {"reason": "Why", "tariff_id": "NONE"}),
        admin.post(f"cdrs/{uuid4()}/correct", {"reason": "Why", "void": True}),
        operator.post(path, {"reason": "Why", "void": True}),
    ]
    admin.post(path, {"reason": "Why", "void": True})
    answers.append(admin.post(path, {"reason": "Why", "void": True}))

    assert [problem_of(answer)[0] for answer in answers] == [
        400, 400, 400, 400, 400, 404, 404, 403, 409,
    ]  # fmt: skip
    assert problem_of(answers[-1])[1] == "cdr_credited"
    assert Cdr.objects.count() == 2
