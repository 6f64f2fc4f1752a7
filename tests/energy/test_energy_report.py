"""The energy sources report of a month that was simulated, in all of its forms."""

import csv
import io
import random
import re
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from booking.models import ChargingSession
from energy import selectors
from energy.domain.period import period_of
from energy.errors import InvalidPeriod
from energy.models import EnergyReading, SiteMeter
from energy.rendering import as_csv, as_pdf, as_xlsx
from tests.factories.energy import BatteryFactory, SupplyContractFactory, SupplySourceFactory
from tests.factories.stations import EvseFactory, LocationFactory, StationFactory

BEGINS = datetime(2026, 9, 23, tzinfo=UTC)
OCTOBER = datetime(2026, 9, 30, 22, tzinfo=UTC)
NOVEMBER = datetime(2026, 10, 31, 23, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class Plant:
    """A site that really has losses, with meters that are read each hour."""

    def __init__(self):
        self.location = LocationFactory(ocpi_id="LOC1")
        self.evse = EvseFactory(station=StationFactory(location=self.location))
        self.sources = {}
        for name, price, grams in (("A", "0.20", 300), ("B", "0.10", 50)):
            source = SupplySourceFactory(location=self.location, name=name)
            SupplyContractFactory(
                source=source, price_kwh=Decimal(price), co2_g_kwh=grams, valid_from=BEGINS
            )
            self.sources[name] = SiteMeter.objects.create(
                location=self.location, name=name, role="SUPPLY", source=source, host="127.0.0.1"
            )
        self.sun = SiteMeter.objects.create(
            location=self.location, name="Sun", role="PV", host="127.0.0.1"
        )
        self.battery = BatteryFactory(location=self.location, efficiency=0.95)
        self.sessions = []
        self.used = {"A": 0.0, "B": 0.0, "Photovoltaics": 0.0, "vehicles": 0.0, "stock": 0.0}

    def run(self, seed=1):
        """From a week before October to its end."""
        dice, readings = random.Random(seed), []
        counters = dict.fromkeys(("A", "B", "sun", "in", "out"), 0.0)
        stock, at = 0.0, BEGINS
        while at <= NOVEMBER:
            if at.minute == 0:
                readings += self._read(counters, at)
            if at == OCTOBER:
                self.used = dict.fromkeys(self.used, 0.0) | {"stock": -stock}
            if at == NOVEMBER:
                break
            vehicles, sun = 5.0 if 7 <= at.hour < 19 else 0.0, 3.0 if 9 <= at.hour < 15 else 0.0
            charge = min(4.0, (150 - stock) / 0.95) if at.hour < 5 else 0.0
            discharge = min(2.0, stock * 0.95) if 16 <= at.hour < 19 else 0.0
            stock += charge * 0.95 - discharge / 0.95
            need = vehicles * 1.004 + charge - discharge - sun  # cables and controllers
            share = dice.random()
            came = {"A": max(need, 0) * share, "B": max(need, 0) * (1 - share)}
            for name, kwh in came.items():
                counters[name] += kwh
                self.used[name] += kwh
            sun += min(need, 0)  # the rest is curtailed
            self.used["Photovoltaics"] += sun
            for name, kwh in (("sun", sun), ("in", discharge), ("out", charge)):
                counters[name] += kwh
            self.used["vehicles"] += vehicles
            if vehicles and at.minute == 0:
                self.sessions.append(self._session(at, 4 * vehicles))
            at += QUARTER
        self.used["stock"] += stock
        EnergyReading.objects.bulk_create(readings)

    def _session(self, at, kwh):
        return ChargingSession(
            evse=self.evse, id_token="04A1B2C3", started_at=at, ended_at=at + 4 * QUARTER,
            status="COMPLETED", meter_start_wh=0, energy_wh=round(kwh * 1000),
        )  # fmt: skip

    def _read(self, counters, at):
        meters = {**self.sources, "sun": self.sun}
        rows = [
            EnergyReading(meter=meter, at=at, in_kwh=counters[name])
            for name, meter in meters.items()
        ]
        return [
            *rows,
            EnergyReading(
                battery=self.battery, at=at, in_kwh=counters["in"], out_kwh=counters["out"]
            ),
        ]


@pytest.fixture
def plant(db):
    made = Plant()
    made.run()
    ChargingSession.objects.bulk_create(made.sessions)
    return made


def test_sources_are_what_vehicles_took_and_what_was_lost_within_one_per_cent(plant):
    found = selectors.energy_report(plant.location, "2026-10", NOVEMBER)

    by_source = {line.source: float(line.kwh) for line in found.lines}
    came = sum(plant.used[name] for name in ("A", "B", "Photovoltaics"))
    assert [line.source for line in found.lines] == ["A", "B", "Photovoltaics"]
    assert float(found.ev_kwh) == pytest.approx(plant.used["vehicles"], rel=0.001)
    assert sum(by_source.values()) == pytest.approx(came - plant.used["stock"], rel=0.01)
    assert found.kwh == found.ev_kwh + found.losses_kwh
    assert 0 < float(found.losses_kwh) < 0.05 * float(found.ev_kwh)
    assert (found.estimated, found.notes) == (False, [])


def test_cost_and_co2_follow_each_kilowatt_hour(plant):
    lines = {
        line.source: line
        for line in selectors.energy_report(plant.location, "2026-10", NOVEMBER).lines
    }

    for name, price, grams in (("A", 0.2, 300), ("B", 0.1, 50), ("Photovoltaics", 0, 0)):
        kwh = float(lines[name].kwh)
        assert float(lines[name].cost) == pytest.approx(kwh * price, abs=0.02)
        assert float(lines[name].co2_kg) == pytest.approx(kwh * grams / 1000, abs=0.02)


def test_page_csv_xlsx_pdf_and_json_have_the_same_figures(plant):
    report = selectors.energy_report(plant.location, "2026-10", NOVEMBER)

    kwh = {line.source: str(line.kwh) for line in report.lines} | {"Total": str(report.kwh)}
    rows = list(csv.DictReader(io.StringIO(as_csv(plant.location, report).decode())))
    sheet = zipfile.ZipFile(io.BytesIO(as_xlsx(plant.location, report))).read(
        "xl/worksheets/sheet1.xml"
    )
    numbers = {Decimal(text.decode()) for text in re.findall(rb"<v>([^<]*)</v>", sheet)}

    assert {row["source"]: row["kwh"] for row in rows} == kwh
    assert {Decimal(one) for one in kwh.values()} <= numbers
    assert as_pdf(plant.location, report).startswith(b"%PDF-")


def test_the_command_writes_a_file(plant, tmp_path):
    out = tmp_path / "report.csv"

    call_command(
        "energy", "report", "LOC1", "--month", "2026-10", "--format", "csv", "-o", str(out)
    )

    assert out.read_text().splitlines()[0].startswith("location_id,period,source,kwh")


def test_a_site_without_meters_is_estimated_from_its_sessions_and_says_so(plant):
    EnergyReading.objects.all().delete()
    SiteMeter.objects.all().delete()
    plant.battery.delete()

    found = selectors.energy_report(plant.location, "2026-10", NOVEMBER)

    assert found.estimated
    assert found.notes == ["No meter at the supply: estimated from the sessions."]
    assert float(found.kwh) == pytest.approx(plant.used["vehicles"], rel=0.001)


def test_a_meter_with_a_gap_is_named(plant):
    gap = OCTOBER + timedelta(days=3)
    EnergyReading.objects.filter(meter=plant.sun, at__range=(gap, gap + timedelta(days=1))).delete()

    found = selectors.energy_report(plant.location, "2026-10", NOVEMBER)

    assert found.notes == ["The meter of Photovoltaics has gaps."]


@pytest.mark.django_db
def test_an_empty_location_has_an_empty_report():
    found = selectors.energy_report(LocationFactory(), "2026", NOVEMBER)

    assert (found.kwh, found.ev_kwh, found.estimated) == (0, 0, True)


@pytest.mark.parametrize(
    ("name", "begins", "ends"),
    [
        ("2026-10", OCTOBER, NOVEMBER),
        ("2026-Q4", OCTOBER, datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("2026-12", datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("2025", datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_periods_go_from_midnight_to_midnight_of_the_place(name, begins, ends):
    found = period_of(name, AMSTERDAM)

    assert (found.begins, found.ends) == (begins, ends)


@pytest.mark.parametrize("name", ["", "2026-13", "2026-00", "2026-Q5", "26", "2026-1", "1999", "x"])
def test_what_is_no_period_is_refused(name):
    with pytest.raises(InvalidPeriod):
        period_of(name, AMSTERDAM)
