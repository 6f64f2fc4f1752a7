"""Bills corrected in the portal: nothing is issued that was not shown before."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from booking.models import Cdr
from tariffs.services import save_tariff
from tests.factories.booking import CdrFactory, SessionFactory
from tests.factories.stations import ConnectorFactory
from tests.factories.tariffs import TariffFactory, body_of_tariff

AGAIN = {"what": "again", "reason": "Meter was wrong."}
NOTHING = {"what": "nothing", "reason": "Kindness."}


@pytest.fixture
def cdr(db):
    """10 kWh at 0.40 each and 21 % VAT."""
    version = TariffFactory(ocpi_id="USUAL").versions.get()
    session = SessionFactory(
        evse=ConnectorFactory().evse, ended=True, tariff_version=version, meter_start_wh=1_000
    )
    return CdrFactory(session=session)


def url_of(cdr):
    return reverse("cdr-correct", args=[cdr.pk])


def shown(answer):
    """The preview's cells, and what stands for having seen it."""
    page = answer.content.decode()
    cells = [re.sub("<.*?>", "", cell) for cell in re.findall(r'<td class="n">(.*?)</td>', page)]
    return cells, re.search(r'name="seen" value="(.*?)"', page)[1]


@pytest.mark.parametrize(
    ("wrong", "cells", "issued"),
    [
        (
            {**AGAIN, "energy_kwh": "5"},
            ["10.0 kWh", "5.0 kWh", "-5.0 kWh", "€4.00", "€2.00", "€-2.00",
             "€4.84", "€2.42", "€-2.42"],
            [Decimal("4.0000"), Decimal("-4.0000"), Decimal("2.0000")],
        ),
        (
            NOTHING,
            ["10.0 kWh", "0.0 kWh", "-10.0 kWh", "€4.00", "€0.00", "€-4.00",
             "€4.84", "€0.00", "€-4.84"],
            [Decimal("4.0000"), Decimal("-4.0000")],
        ),
    ],
)  # fmt: skip
def test_a_correction_is_shown_and_then_issued(administrator, cdr, wrong, cells, issued):
    preview, seen = shown(administrator.post(url_of(cdr), wrong))
    untouched = Cdr.objects.count()
    answer = administrator.post(url_of(cdr), {**wrong, "seen": seen})

    found = Cdr.objects.order_by("issued_at")
    assert (preview, untouched) == (cells, 1)
    assert (answer.status_code, answer["Location"]) == (302, f"/sessions/{cdr.session_id}/")
    assert [one.total_excl_vat for one in found] == issued
    assert {one.issued_by for one in found[1:]} == {administrator.user}
    assert found[1].body["remark"] == wrong["reason"]
    page = administrator.get(answer["Location"]).content.decode()
    assert wrong["reason"] in page
    assert ("None holds: it was credited" in page) == (wrong is NOTHING)


def test_what_changed_since_it_was_shown_is_shown_again(administrator, cdr):
    TariffFactory(ocpi_id="NIGHT", price=0.3)
    wrong = {**AGAIN, "tariff": "NIGHT"}
    _cells, seen = shown(administrator.post(url_of(cdr), wrong))
    save_tariff(body=body_of_tariff("NIGHT", 0.2), now=cdr.issued_at)

    answer = administrator.post(url_of(cdr), {**wrong, "seen": seen})

    assert shown(answer)[0][4] == "€2.00"
    assert "This is not what you saw before: look again." in answer.content.decode()
    assert Cdr.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (AGAIN, "It says nothing that was wrong."),
        ({**AGAIN, "energy_kwh": "5", "reason": ""}, "This field is required."),
        ({**AGAIN, "energy_kwh": "-5"}, "greater than or equal to 0"),
        ({**AGAIN, "energy_kwh": "NaN"}, "Enter a number."),
        ({**AGAIN, "ended_at": "2020-01-01T00:00"}, "end: after the start, and not in the future"),
        ({**AGAIN, "tariff": "NONE"}, "Select a valid choice."),
        ({**NOTHING, "energy_kwh": "5"}, "Either nothing should have been billed"),
    ],
)
def test_what_is_no_correction_is_refused_in_words(administrator, cdr, wrong, word):
    answer = administrator.post(url_of(cdr), {**wrong, "seen": "anything"})

    assert answer.status_code == 200
    assert word in answer.content.decode()
    assert Cdr.objects.count() == 1


def test_a_bill_is_corrected_once(administrator, cdr):
    _cells, seen = shown(administrator.post(url_of(cdr), NOTHING))
    for _ in range(2):
        answer = administrator.post(url_of(cdr), {**NOTHING, "seen": seen})

    assert "credited" in answer.content.decode()
    assert Cdr.objects.count() == 2


def test_only_administrators_correct_bills(operator, cdr):
    page = operator.get(f"/sessions/{cdr.session_id}/").content.decode()

    assert "Correct the bill" not in page
    assert operator.get(url_of(cdr)).status_code == 403
    assert operator.post(url_of(cdr), NOTHING).status_code == 403
    assert Cdr.objects.count() == 1
