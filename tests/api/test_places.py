import pytest

from booking.models import ChargingSession
from stations.models import ChargingStation, Evse, Location, StationConnection
from tests.api.conftest import problem_of
from tests.factories.booking import SessionFactory
from tests.factories.stations import LocationFactory, StationFactory
from tests.factories.tariffs import TariffFactory

pytestmark = pytest.mark.django_db

CONNECTOR = {
    "id": "1",
    "standard": "IEC_62196_T2",
    "format": "SOCKET",
    "power_type": "AC_3_PHASE",
    "max_voltage": 230,
    "max_amperage": 32,
}
LOCATION = {
    "country_code": "NL",
    "party_id": "EMA",
    "id": "DELFT",
    "publish": True,
    "publish_allowed_to": [],
    "name": "Station square",
    "address": "Stationsplein 1",
    "city": "Delft",
    "postal_code": "2611 BP",
    "state": "",
    "country": "NLD",
    "coordinates": {"latitude": "52.0060000", "longitude": "4.3570000"},
    "related_locations": [],
    "parking_type": "PARKING_LOT",
    "directions": [{"language": "en", "text": "Behind the station"}],
    "operator": {"name": "eMall"},
    "suboperator": None,
    "owner": None,
    "facilities": ["TRAIN_STATION"],
    "time_zone": "Europe/Amsterdam",
    "opening_times": {"twentyfourseven": True},
    "charging_when_closed": True,
    "images": [],
    "energy_mix": {"is_green_energy": True},
}
DATED = {"created_at", "last_updated", "evses"}


def without(body, names):
    return {name: value for name, value in body.items() if name not in names}


def test_a_location_comes_back_as_it_was_sent(admin):
    made = admin.post("locations", LOCATION)

    assert made.status_code == 201, made.content
    assert without(made.json(), DATED) == LOCATION
    assert admin.get("locations/DELFT").json() == made.json()
    assert admin.get("locations").json() == {"results": [made.json()], "next": None}


def test_a_location_is_made_with_its_evses_and_connectors(admin):
    TariffFactory(ocpi_id="DAY")
    evse = {
        "uid": "DELFT-1",
        "status": "UNKNOWN",
        "connectors": [CONNECTOR | {"tariff_ids": ["DAY"]}],
    }

    made = admin.post("locations", LOCATION | {"evses": [evse]}).json()

    (stored,) = made["evses"]
    (connector,) = stored["connectors"]
    assert (stored["uid"], stored["type"], stored["location_id"]) == ("DELFT-1", "fast", "DELFT")
    assert without(connector, {"last_updated", "terms_and_conditions", "max_electric_power"}) == (
        CONNECTOR | {"key": "DELFT-1:1", "evse_uid": "DELFT-1", "tariff_ids": ["DAY"]}
    )


def test_a_refused_evse_leaves_no_location_behind(admin, place):
    body = LOCATION | {"evses": [{"uid": "E1", "connectors": [CONNECTOR]}]}

    assert problem_of(admin.post("locations", body)) == (409, "already_exists")
    assert not Location.objects.filter(ocpi_id="DELFT").exists()


def test_a_patch_changes_what_it_names_and_a_put_clears_the_rest(admin):
    before = admin.post("locations", LOCATION).json()
    required = {
        "country_code",
        "party_id",
        "address",
        "city",
        "country",
        "coordinates",
        "time_zone",
    }

    patched = admin.patch("locations/DELFT", {"name": "Square"}).json()
    put = admin.put("locations/DELFT", {name: LOCATION[name] for name in required}).json()

    assert without(patched, DATED) == LOCATION | {"name": "Square"}
    assert patched["last_updated"] > before["last_updated"]
    emptied = {"name": "", "postal_code": "", "parking_type": None, "directions": [],
               "operator": None, "facilities": [], "opening_times": None, "energy_mix": None}  # fmt: skip
    assert without(put, DATED) == LOCATION | emptied


def test_what_was_read_can_be_put_back(admin, place):
    for path in ("locations/LOC1", "stations/CP1", "evses/E1", "connectors/E1:1"):
        read = admin.get(path).json()

        put = admin.put(path, read)

        assert put.status_code == 200, put.content
        assert without(put.json(), DATED | {"connectors"}) == without(read, DATED | {"connectors"})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"coordinates": {"latitude": "91", "longitude": "0"}}, "coordinates"),
        ({"coordinates": {"latitude": "1"}}, "coordinates"),
        ({"coordinates": None}, "coordinates"),
        ({"coordinates": "52,4"}, "coordinates"),
        ({"country": "NL"}, "country"),
        ({"country_code": "NLD"}, "country_code"),
        ({"facilities": ["MOON"]}, "facilities"),
        ({"facilities": "HOTEL"}, "facilities"),
        ({"opening_times": {"twentyfourseven": "yes"}}, "opening_times"),
        ({"opening_times": 7}, "opening_times"),
        ({"name": "x" * 256}, "name"),
        ({"name": {"en": "x"}}, "name"),
        ({"id": "a/b"}, "id"),
        ({"id": ""}, "id"),
        ({"id": "é"}, "id"),
        ({"publish": "perhaps"}, "publish"),
        ({"evses": [{"uid": "X", "connectors": [{"id": "1"}]}]}, "evses"),
        ({"evses": {"uid": "X"}}, "evses"),
        ({"city": None}, "city"),
    ],
)
def test_a_location_that_makes_no_sense_is_refused_by_field(admin, change, field):
    answer = admin.post("locations", LOCATION | change)

    assert problem_of(answer) == (400, "invalid")
    assert list(answer.json()["errors"]) == [field]
    assert not Location.objects.exists()


def test_an_id_is_given_once(admin, place):
    station = {"identity": "CP1", "location_id": "LOC1"}
    evse = {"uid": "E1", "location_id": "LOC1"}
    numbered = {"uid": "E2", "station": "CP1", "number": 1}

    refused = [
        admin.post("locations", LOCATION | {"id": "LOC1"}),
        admin.post("stations", station),
        admin.post("evses", evse),
        admin.post("evses", numbered),
        admin.post("connectors", CONNECTOR | {"evse_uid": "E1"}),
    ]

    assert {problem_of(answer) for answer in refused} == {(409, "already_exists")}


def test_an_evse_takes_its_place_and_its_next_number_from_its_station(admin, place):
    made = admin.post("evses", {"uid": "E2", "station": "CP1", "connectors": [CONNECTOR]})

    assert made.status_code == 201, made.content
    assert (made.json()["location_id"], made.json()["number"]) == ("LOC1", 2)
    assert admin.patch("evses/E2", {"station": None}).json()["number"] is None


def test_an_evse_stands_where_its_station_stands(admin, place):
    LocationFactory(ocpi_id="FAR")

    answers = [
        admin.post("evses", {"uid": "E2", "station": "CP1", "location_id": "FAR"}),
        admin.patch("stations/CP1", {"location_id": "FAR"}),
    ]

    assert {problem_of(answer) for answer in answers} == {(400, "evse_elsewhere")}
    assert ChargingStation.objects.get().location == place


def test_the_connectors_of_an_evse_are_replaced_whole(admin, place):
    second = CONNECTOR | {"id": "2", "standard": "CHADEMO"}

    changed = admin.patch("evses/E1", {"connectors": [second]}).json()
    partly = admin.patch("evses/E1", {"connectors": [{"id": "2", "max_voltage": 400}]})

    assert [connector["id"] for connector in changed["connectors"]] == ["2"]
    assert problem_of(partly) == (400, "invalid")


def test_a_connector_is_added_changed_and_deleted(admin, place):
    TariffFactory(ocpi_id="DAY")
    made = admin.post("connectors", CONNECTOR | {"id": "a:2", "evse_uid": "E1"}).json()
    path = f"connectors/{made['key']}"

    changed = admin.patch(path, {"max_amperage": 16, "tariff_ids": ["DAY"]}).json()

    assert without(changed, {"last_updated"}) == without(made, {"last_updated"}) | {
        "max_amperage": 16,
        "tariff_ids": ["DAY"],
    }
    assert problem_of(admin.patch(path, {"tariff_ids": ["NONE"]})) == (400, "invalid_tariff")
    assert admin.get(path).json()["tariff_ids"] == ["DAY"]
    assert admin.delete(path).status_code == 204
    assert problem_of(admin.get(path)) == (404, "unknown_connector")


def test_what_is_in_use_is_not_deleted(admin, place):
    assert problem_of(admin.delete("locations/LOC1")) == (409, "still_in_use")
    assert problem_of(admin.delete("stations/CP1")) == (409, "still_in_use")
    assert Location.objects.exists()
    assert ChargingStation.objects.exists()


def test_what_nothing_depends_on_is_deleted_from_the_evse_up(admin, place):
    paths = ["evses/E1", "stations/CP1", "locations/LOC1"]

    assert [admin.delete(path).status_code for path in paths] == [204, 204, 204]

    assert {problem_of(admin.get(path)) for path in paths} == {
        (404, "unknown_evse"),
        (404, "unknown_station"),
        (404, "unknown_location"),
    }


def test_an_evse_with_sessions_is_removed_but_its_sessions_still_name_it(admin, place):
    session = SessionFactory(evse=Evse.objects.get(), ended=True)

    assert admin.delete("evses/E1").status_code == 204

    assert problem_of(admin.get("evses/E1")) == (404, "unknown_evse")
    assert admin.get("evses").json()["results"] == []
    assert admin.get("locations/LOC1").json()["evses"] == []
    assert admin.get(f"sessions/{session.pk}").json()["evse_uid"] == "E1"
    assert problem_of(admin.delete("locations/LOC1")) == (409, "still_in_use")
    assert ChargingSession.objects.count() == 1


def test_an_evse_where_a_car_stands_is_not_removed(admin, place):
    Evse.objects.update(status="Charging")

    assert problem_of(admin.delete("evses/E1")) == (409, "still_in_use")
    assert admin.get("evses/E1").status_code == 200


def test_lists_are_narrowed_by_their_filters(viewer, place):
    far = LocationFactory(ocpi_id="FAR", city="Utrecht")
    StationFactory(identity="CP9", location=far)
    StationConnection.objects.filter(station__identity="CP1").update(
        connected_at="2026-01-01T00:00Z"
    )

    def ids(path, name):
        return [row[name] for row in viewer.get(path).json()["results"]]

    assert ids("locations?city=utrecht", "id") == ["FAR"]
    assert ids("locations?name=square", "id") == ["LOC1"]
    assert ids("locations?ordering=-id", "id") == ["LOC1", "FAR"]
    assert ids("stations?location_id=FAR", "identity") == ["CP9"]
    assert ids("stations?connected=true", "identity") == ["CP1"]
    assert ids("stations?connected=false", "identity") == ["CP9"]
    assert ids("evses?station=CP1", "uid") == ["E1"]
    assert ids("evses?reported_status=Faulted", "uid") == []
    assert ids("connectors?evse_uid=E1", "key") == ["E1:1"]
    assert ids("locations?date_from=2100-01-01T00:00:00Z", "id") == []


def test_pages_follow_each_other_to_the_end(viewer):
    for number in range(5):
        LocationFactory(ocpi_id=f"L{number}", city="Delft")

    seen, url = [], "locations?limit=2&ordering=-city"
    while url:
        page = viewer.get(url).json()
        seen.append([row["id"] for row in page["results"]])
        url = page["next"]

    assert seen == [["L4", "L3"], ["L2", "L1"], ["L0"]]
