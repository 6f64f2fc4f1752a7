"""`manage.py fleet`: what is written out can be brought in, and is the same then."""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from booking.models import Token
from cpms.simulation.demo import make_fleet
from stations.models import ChargingStation, Connector, Evse, Location
from tariffs.domain.places import Place
from tariffs.models import Tariff, TariffAssignment, TariffVersion
from tariffs.services import assign
from tests.factories.booking import TokenFactory
from tests.factories.stations import ConnectorFactory, EvseFactory
from tests.factories.tariffs import TariffFactory

pytestmark = pytest.mark.django_db
DEMO = Path(make_fleet.__file__).with_name("fleet.json")


def exported():
    out = StringIO()
    call_command("fleet", "export", stdout=out)
    return json.loads(out.getvalue())


def imported(document, path):
    out, err = StringIO(), StringIO()
    path.write_text(json.dumps(document))
    try:
        call_command("fleet", "import", str(path), "--json", stdout=out, stderr=err)
    except SystemExit:
        return err.getvalue().splitlines()
    said = json.loads(out.getvalue())
    return said["created"], said["updated"], said["unchanged"]


def undated(value):
    if isinstance(value, list):
        return [undated(one) for one in value]
    if isinstance(value, dict):
        return {name: undated(one) for name, one in value.items() if name != "last_updated"}
    return value


def a_fleet():
    """A station whose tariffs hold in every way, one token of a partner and one of our own."""
    connector = ConnectorFactory(evse=EvseFactory(number=1, uid="E1"))
    day, agreed = TariffFactory(ocpi_id="DAY"), TariffFactory(ocpi_id="AGREED", type="REGULAR")
    everyone, ems = ("", ""), ("NL", "EMS")
    places = [
        Place(location_id=connector.evse.location_id),
        Place(evse_id=connector.evse_id),
        Place(connector_id=connector.pk),
        Place(),
    ]
    assign(
        (tariff.pk, Place(place.location_id, place.evse_id, place.connector_id, party))
        for tariff, party in ((day, everyone), (agreed, ems))
        for place in places
    )
    TokenFactory(uid="EMSP", country_code="NL", party_id="EMS")
    TokenFactory(uid="OWN", group_id="STAFF", expires_at=datetime(2030, 1, 1, tzinfo=UTC))


def forget_everything():
    for model in (TariffAssignment, TariffVersion, Tariff, Connector, Evse, ChargingStation,
                  Location, Token):  # fmt: skip
        model.objects.all().delete()


def test_what_is_written_out_comes_back_the_same(tmp_path):
    a_fleet()
    before = exported()

    forget_everything()
    first = imported(before, tmp_path / "fleet.json")
    again = imported(before, tmp_path / "fleet.json")

    assert undated(exported()) == undated(before)
    objects = 1 + 1 + 1 + 1 + 2 + 7 + 2  # place, EVSE, plug, station, tariffs, where, tokens
    assert (first, again) == ((objects, 0, 0), (0, 0, objects))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"location_id": "NONE"}, ".location_id: there is no location 'NONE'"),
        ({"evse_uid": "NONE"}, ".evse_uid: there is no EVSE 'NONE'"),
        ({"evse_uid": "E1", "connector_id": "9"}, ".connector_id: this EVSE has no '9'"),
        ({"tariff_id": "NONE"}, ".tariff_id: there is no tariff 'NONE'"),
        ({"tariff_id": 5}, ".tariff_id: must be a text of 1 to 36 characters"),
        ({"tariff_id": None}, ": tariff_id is missing"),
        ({"colour": "red"}, ".colour: unknown field"),
        ({"connector_id": "1"}, ": connector_id: needs evse_uid"),
        ({"party_id": "EMS"}, ": party_id: a party has a country code and an id, like NL and EMS"),
    ],
)
def test_an_assignment_that_makes_no_sense_is_refused_by_its_place(tmp_path, entry, reason):
    a_fleet()
    document = {"tariff_assignments": [{"tariff_id": "DAY", **entry}]}
    before = exported()

    lines = imported(document, tmp_path / "fleet.json")

    assert lines == [f"tariff_assignments.0{reason}"]
    assert exported() == before


def test_every_fault_is_told_whatever_else_is_wrong(tmp_path):
    document = {
        "stations": 5,
        "col\nour": [],
        "id_tokens": [{"id_token": "A"}, {"id_token": "B", "status": "Lost"}],
        "tokens": None,
    }

    lines = imported(document, tmp_path / "fleet.json")

    assert lines == [
        "col\\nour: unknown section",
        "stations: must be a list",
        "id_tokens.1.status: must be one of Accepted, Blocked, Expired, Invalid, ConcurrentTx",
    ]
    assert not Token.objects.exists()


def test_an_assignment_is_named_once(tmp_path):
    a_fleet()
    twice = [{"tariff_id": "DAY", "country_code": code, "party_id": "EMS"} for code in ("NL", "nl")]

    assert imported({"tariff_assignments": twice}, tmp_path / "fleet.json") == [
        "tariff_assignments.1.tariff_id: 'DAY' is named at tariff_assignments.0.tariff_id already"
    ]


def test_the_demo_fleet_comes_in_and_out_the_same(tmp_path):
    demo = json.loads(DEMO.read_text())

    first = imported(demo, tmp_path / "fleet.json")
    again = imported(demo, tmp_path / "fleet.json")
    written = exported()

    assert (first[1:], again[:2]) == ((0, 0), (0, 0))
    assert first[0] == again[2] == sum(len(rows) for rows in demo.values()) + _parts(demo)
    assert {name: len(rows) for name, rows in written.items() if rows} == {
        name: len(rows) for name, rows in demo.items() if rows
    }
    assert undated(written["tariffs"]) == sorted(undated(demo["tariffs"]), key=_id)


def test_the_demo_fleet_is_what_its_maker_makes():
    assert json.loads(DEMO.read_text()) == make_fleet.build()


def _parts(document):
    """EVSEs and connectors."""
    evses = [evse for location in document["locations"] for evse in location["evses"]]
    return len(evses) + sum(len(evse["connectors"]) for evse in evses)


def _id(body):
    return body["id"]
