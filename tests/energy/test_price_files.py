"""Files of day-ahead prices: what they hold, and the folder that they are dropped into."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from energy import services
from energy.domain.price_files import MOST_BYTES, prices_in
from energy.domain.supply import Price
from energy.errors import BadPrices
from energy.models import DispatchDue, EnergyPrice, PriceFile
from energy.services import dropped_files
from tests.factories.energy import PriceListFactory, SupplyContractFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TWO = [Price(NOON, NOON + HOUR, Decimal("0.1")), Price(NOON + HOUR, NOON + 2 * HOUR, Decimal("-0.02"))]  # fmt: skip

WHOLE = """starts_at,ends_at,price_kwh
2026-06-01T12:00:00Z,2026-06-01T13:00:00Z,0.1
2026-06-01T15:00:00+02:00,2026-06-01T16:00:00+02:00,-0.02
"""
SHORT = (
    """\ufeffts_utc;price_eur_mwh\r\n2026-06-01T12:00:00;100,0\r\n2026-06-01T13:00:00Z;-20\r\n"""
)
DOCUMENT = {
    "unit": "MWh",
    "prices": [
        {"starts_at": "2026-06-01T12:00:00Z", "ends_at": "2026-06-01T13:00:00Z", "price": 100},
        {"starts_at": "2026-06-01T13:00Z", "ends_at": "2026-06-01T14:00Z", "price": "-20"},
    ],
}


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", WHOLE), ("a.CSV", SHORT), ("a.json", json.dumps(DOCUMENT))]
)
def test_prices_in_each_form(name, text):
    assert prices_in(name, text.encode()) == TWO


def line(text):
    return f"starts_at,ends_at,price_kwh\n{text}\n".encode()


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.txt", b"", "ends in .csv or .json"),
        ("a.csv", b"", "no column of prices"),
        ("a.csv", b"starts_at,price_kwh\n", "no column of prices"),
        ("a.csv", b"starts_at,cost\n2026-06-01T12:00Z,1\n", "no column of prices"),
        ("a.csv", b"\xff\xfe\x00", "cannot be read as CSV"),
        ("a.csv", b"x" * (MOST_BYTES + 1), "at most 5,000,000 bytes"),
        ("a.csv", line("2026-06-01T12:00,2026-06-01T13:00,1"), "line 2: needs starts_at"),
        ("a.csv", line("2026-06-01T12:00Z,,1"), "line 2: needs starts_at"),
        ("a.csv", line("2026-06-01T12:00Z,2026-06-01T13:00Z,cheap"), "line 2: needs"),
        ("a.csv", line("2026-06-01T12:00Z"), "line 2: needs starts_at"),
        ("a.csv", b"ts_utc,price_kwh\n2026-06-01T12:00,1\n", "must be several prices"),
        ("a.csv", b"ts_utc,price_kwh\n2026-06-01T12,1\n2026-06-01T11,1\n", "in the order of time"),
        ("a.json", b"[]", "must be an object"),
        ("a.json", b"{", "not JSON"),
        ("a.json", b'{"unit": "GWh", "prices": []}', "with a unit"),
        ("a.json", b'{"unit": "kWh", "prices": {}}', "must be a list"),
        ("a.json", b'{"unit": "kWh", "prices": [1]}', "must be a list of objects"),
        ("a.json", b'{"unit": "kWh", "prices": []}', "no prices in it"),
        ("a.json", b'{"unit": "kWh", "prices": [{"price": null}]}', "prices.0: needs"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(name, content, fault):
    with pytest.raises(BadPrices, match=fault):
        prices_in(name, content)


def test_a_price_that_is_no_number_is_refused_by_what_prices_can_be(db):
    said = prices_in("a.csv", line("2026-06-01T12:00Z,2026-06-01T13:00Z,NaN"))

    with pytest.raises(BadPrices, match="must be a number"):
        services.take_prices(price_list=PriceListFactory(), prices=said, origin="file", now=NOON)


@pytest.fixture
def folder(tmp_path, settings, db):
    settings.PRICE_FOLDER = tmp_path / "prices"
    PriceListFactory(name="NL")
    (settings.PRICE_FOLDER / "NL").mkdir(parents=True)
    return settings.PRICE_FOLDER


def drop(folder, name, text=WHOLE, at=NOON - HOUR):
    path = folder / name
    path.write_text(text)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def lies(folder):
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def prices():
    return list(EnergyPrice.objects.values_list("starts_at", "price_kwh", "origin"))


def test_without_a_folder_nothing_is_taken(tmp_path, settings, db):
    settings.PRICE_FOLDER = tmp_path / "nowhere"

    assert services.take_price_files(now=NOON) == 0


def test_a_file_is_taken_once_and_moved_aside(folder):
    contract = SupplyContractFactory(
        spot=True, price_list=PriceListFactory._meta.model.objects.get()
    )
    drop(folder, "NL/day.csv")

    taken = [services.take_price_files(now=NOON + n * HOUR) for n in (0, 1)]

    assert taken == [1, 0]
    assert lies(folder) == {"NL/taken/20260601T120000Z-day.csv"}
    assert [price for _, price, origin in prices() if origin == "file"] == [
        Decimal("0.1"), Decimal("-0.02"),
    ]  # fmt: skip
    file = PriceFile.objects.get()
    assert (file.name, file.prices, file.doubts, file.error) == ("NL/day.csv", 2, [], "")
    assert DispatchDue.objects.get().location_id == contract.source.location_id


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("NL/day.csv", "nothing", "There is no column of prices"),
        ("NL/day.csv", WHOLE.replace("0.1", "85.3"), "the price must be from -1 to 5"),
        ("NL/day.csv", WHOLE.replace("2026", "2020"), "is in the past"),
        ("NL/day.xlsx", WHOLE, "ends in .csv or .json"),
        ("day.csv", WHOLE, "must lie in a folder"),
        ("BE/day.csv", WHOLE, "There is no price list BE."),
    ],
)
def test_a_bad_file_is_moved_aside_with_the_reason(folder, name, text, fault):
    (folder / "BE").mkdir()
    path = drop(folder, name, text)

    taken = services.take_price_files(now=NOON)

    assert (taken, prices()) == (0, [])
    assert fault in PriceFile.objects.get().error
    aside = path.parent.relative_to(folder) / f"refused/20260601T120000Z-{path.name}"
    assert lies(folder) == {str(aside)}
    assert services.take_price_files(now=NOON + HOUR) == 0
    assert PriceFile.objects.count() == 1


def test_a_bad_file_keeps_no_good_one(folder):
    drop(folder, "NL/a.csv", "nothing")
    drop(folder, "NL/b.csv")

    assert services.take_price_files(now=NOON) == 1


def test_what_is_still_written_hidden_or_a_link_is_left(folder, tmp_path):
    drop(folder, "NL/new.csv", at=NOON - timedelta(seconds=2))
    drop(folder, "NL/.day.csv")
    drop(folder, "NL/day.csv.part")
    secret = drop(tmp_path, "secret.csv")
    (folder / "NL/link.csv").symlink_to(secret)

    services.take_price_files(now=NOON)

    assert not PriceFile.objects.exists()
    assert lies(folder) == {"NL/new.csv", "NL/.day.csv", "NL/day.csv.part", "NL/link.csv"}


def test_a_crash_before_it_is_moved_repeats_nothing(folder, monkeypatch):
    path = drop(folder, "NL/day.csv")
    with monkeypatch.context() as crash:
        crash.setattr(dropped_files, "_move_aside", lambda *_: None)
        services.take_price_files(now=NOON)
    EnergyPrice.objects.update(price_kwh=Decimal("0.3"))  # somebody knows better since

    services.take_price_files(now=NOON)

    assert not path.exists()
    assert {price for _, price, _ in prices()} == {Decimal("0.3")}
    assert PriceFile.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_workers_that_find_the_same_file_take_it_once(folder):
    drop(folder, "NL/day.csv")
    everybody = Barrier(4)

    def work(_):
        try:
            everybody.wait()
            return services.take_price_files(now=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert PriceFile.objects.get().prices == EnergyPrice.objects.count() == 2
    assert lies(folder) == {"NL/taken/20260601T120000Z-day.csv"}


def test_files_are_forgotten_after_a_while(folder):
    drop(folder, "NL/day.csv")
    services.take_price_files(now=NOON)

    forgotten = [services.forget_price_files(now=NOON + timedelta(days=n)) for n in (89, 91)]

    assert forgotten == [0, 1]
