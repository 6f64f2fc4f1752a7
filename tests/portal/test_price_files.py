"""Prices by hand: an upload for a list, and what became of the drop folder's files."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from energy.models import EnergyPrice, PriceFile
from tests.factories.energy import PriceListFactory

HOUR = timedelta(hours=1)
BEGINS = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def csv_of(price):
    return (
        f"starts_at,ends_at,price_mwh\n{BEGINS.isoformat()},{(BEGINS + HOUR).isoformat()},{price}\n"
    )


def upload(client, zone, text, name="day.csv"):
    file = SimpleUploadedFile(name, text.encode())
    return client.post(reverse("prices-upload", args=[zone.pk]), {"file": file})


@pytest.fixture
def zone(db):
    return PriceListFactory(name="NL")


def test_a_file_fills_a_list(administrator, zone):
    form = administrator.get(reverse("prices-upload", args=[zone.pk])).content.decode()

    answer = upload(administrator, zone, csv_of("85.3"))

    assert 'enctype="multipart/form-data"' in form
    assert answer.status_code == 302
    held = EnergyPrice.objects.get()
    assert (held.starts_at, held.price_kwh, held.origin) == (BEGINS, Decimal("0.085300"), "manual")


@pytest.mark.parametrize(
    ("text", "name", "fault"),
    [
        (csv_of("85300"), "day.csv", "the price must be from -1 to 5 per kWh"),
        (csv_of("dear"), "day.csv", "line 2: needs starts_at"),
        (csv_of("1"), "day.pdf", "ends in .csv or .json"),
        ("", "day.csv", "The submitted file is empty."),
    ],
)
def test_a_file_that_makes_no_sense_is_a_form_error(administrator, zone, text, name, fault):
    answer = upload(administrator, zone, text, name)

    assert answer.status_code == 200
    assert fault in answer.content.decode()
    assert not EnergyPrice.objects.exists()


def test_without_a_file_or_a_list_nothing_happens(administrator, zone):
    answers = [
        administrator.post(reverse("prices-upload", args=[zone.pk])),
        administrator.post(reverse("prices-upload", args=[zone.pk + 1])),
    ]

    assert [answer.status_code for answer in answers] == [200, 404]


def test_what_became_of_files_is_shown(viewer, zone):
    PriceFile.objects.create(name="NL/a.csv", mark="1", taken_at=BEGINS, prices=96, price_list=zone)
    PriceFile.objects.create(
        name="BE/b.csv", mark="2", taken_at=BEGINS, error="There is no price list BE."
    )

    page = viewer.get(reverse("price-lists")).content.decode()

    assert [
        word for word in ("NL/a.csv", ">96<", "There is no price list BE.") if word not in page
    ] == []
