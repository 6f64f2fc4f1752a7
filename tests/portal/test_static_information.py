"""Administrators enter static information (R9): what was there and is not shown stays."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from accounts.enums import Role
from stations.models import ChargingStation, Connector, Evse, Location
from tests.factories.stations import ConnectorFactory, EvseFactory, LocationFactory, StationFactory

LOCATION = {
    "ocpi_id": "DELFT", "name": "Station", "address": "Stationsplein 1", "postal_code": "2611 BP",
    "city": "Delft", "state": "Zuid-Holland", "country": "nld", "latitude": "52.006",
    "longitude": "4.357", "time_zone": "Europe/Amsterdam", "parking_type": "PARKING_LOT",
    "facilities": ["TRAIN_STATION", "CAFE"], "directions_text": "Behind the tower.",
    "hours": "Mon-Fri 06:00-23:00", "charging_when_closed": "on", "operator_name": "eMall",
    "operator_website": "https://emall.example.com", "owner_name": "The city",
    "country_code": "nl", "party_id": "EMA", "publish": "on",
    "energy_mix": '{"is_green_energy": true}',
}  # fmt: skip
CONNECTORS = {
    "connectors-TOTAL_FORMS": "2", "connectors-INITIAL_FORMS": "2",
    "connectors-0-ocpi_id": "1", "connectors-0-standard": "IEC_62196_T2_COMBO",
    "connectors-0-format": "CABLE", "connectors-0-power_type": "DC",
    "connectors-0-max_voltage": "500", "connectors-0-max_amperage": "125",
    "connectors-0-max_electric_power": "50000",
    "connectors-1-ocpi_id": "2", "connectors-1-standard": "CHADEMO",
    "connectors-1-format": "CABLE", "connectors-1-power_type": "DC",
    "connectors-1-max_voltage": "500", "connectors-1-max_amperage": "125",
}  # fmt: skip
EVSE = {
    "uid": "CP001-1", "number": "1", "evse_id": "NL*EMA*E1", "physical_reference": "1A",
    "floor_level": "-1", "latitude": "52.0061", "longitude": "4.3571",
    "capabilities": ["RFID_READER", "RESERVABLE"], "parking_restrictions": ["EV_ONLY"],
    "directions_text": "Left of the lift.",
}  # fmt: skip


def test_a_location_is_added_with_all_that_ocpi_says_of_one(administrator):
    answer = administrator.post(reverse("location-add"), LOCATION)

    found = Location.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/locations/DELFT/")
    assert (found.country, found.country_code, found.state) == ("NLD", "NL", "Zuid-Holland")
    assert found.facilities == ["TRAIN_STATION", "CAFE"]
    assert found.directions == [{"language": "en", "text": "Behind the tower."}]
    assert found.operator == {"name": "eMall", "website": "https://emall.example.com"}
    assert (found.owner, found.suboperator) == ({"name": "The city"}, None)
    assert found.energy_mix == {"is_green_energy": True}
    assert found.opening_times == {
        "twentyfourseven": False,
        "regular_hours": [
            {"weekday": day, "period_begin": "06:00", "period_end": "23:00"} for day in range(1, 6)
        ],
    }


def test_what_the_form_of_a_location_does_not_show_stays(administrator):
    closed = [{"period_begin": "2026-12-25T00:00:00Z", "period_end": "2026-12-26T00:00:00Z"}]
    logo = {"url": "https://e.example/l.png", "category": "OPERATOR", "type": "png"}
    dutch = {"language": "nl", "text": "Achter de toren."}
    LocationFactory(
        ocpi_id="DELFT",
        opening_times={"twentyfourseven": False, "exceptional_closings": closed},
        operator={"name": "eMall", "logo": logo},
        directions=[{"language": "en", "text": "Behind."}, dutch],
    )

    administrator.post(
        reverse("location-edit", args=["DELFT"]), {**LOCATION, "hours": "", "always_open": "on"}
    )

    found = Location.objects.get()
    assert found.opening_times == {"twentyfourseven": True, "exceptional_closings": closed}
    assert found.operator == {"name": "eMall", "website": "https://emall.example.com", "logo": logo}
    assert found.directions == [{"language": "en", "text": "Behind the tower."}, dutch]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"time_zone": "Mars/Olympus"}, "Use a name like Europe/Amsterdam."),
        ({"country": "NL"}, "Use 3 letters."),
        ({"latitude": "91"}, "Ensure this value is less than or equal to 90."),
        ({"hours": "whenever"}, "“whenever” is not like Mon-Fri 08:00-20:00."),
        ({"images": '[{"url": 5}]'}, "images.0"),
        ({"energy_mix": "{"}, "This is not JSON"),
        ({"energy_mix": "9" * 5000}, "This is not JSON"),
        ({"energy_mix": '{"is_green_energy": NaN}'}, "This is not JSON"),
        ({"images": "[" * 100_000 + "]" * 100_000}, "This is not JSON"),
        ({"images": "[" * 50 + "]" * 50}, "The JSON is nested too deeply."),
        ({"images": '[{"url": "\\u0000"}]'}, "A text holds a NUL character."),
        ({"images": '"x"'}, "Enter a list or an object."),
        ({"ocpi_id": "TAKEN"}, "already exists"),
        ({"ocpi_id": ""}, "This field is required."),
    ],
)
def test_a_wrong_location_is_refused_in_words(administrator, change, word):
    LocationFactory(ocpi_id="TAKEN")

    answer = administrator.post(reverse("location-add"), {**LOCATION, **change})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert word in page
    assert "Please look at this again." in page
    assert Location.objects.count() == 1


def test_an_evse_is_added_with_its_connectors(administrator):
    station = StationFactory(identity="CP001")

    answer = administrator.post(reverse("evse-add", args=["CP001"]), {**EVSE, **CONNECTORS})

    evse = Evse.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/stations/CP001/")
    assert (evse.station, evse.location) == (station, station.location)
    assert (evse.number, evse.floor_level, evse.evse_id) == (1, "-1", "NL*EMA*E1")
    assert evse.capabilities == ["RFID_READER", "RESERVABLE"]
    assert evse.directions == [{"language": "en", "text": "Left of the lift."}]
    assert list(evse.connectors.values_list("ocpi_id", "standard", "max_electric_power")) == [
        ("1", "IEC_62196_T2_COMBO", 50_000), ("2", "CHADEMO", None)
    ]  # fmt: skip


def test_changing_an_evse_keeps_its_connectors_but_those_ticked_to_go(administrator):
    evse = EvseFactory(station=StationFactory(identity="CP001"), uid="CP001-1", number=1)
    for number in ("1", "2"):
        ConnectorFactory(evse=evse, ocpi_id=number)
    first, second = Connector.objects.order_by("ocpi_id")
    url = reverse("evse-edit", args=["CP001", "CP001-1"])

    shown = administrator.get(url).context["formset"].initial
    administrator.post(url, {**EVSE, **CONNECTORS})
    kept = list(Connector.objects.order_by("ocpi_id").values_list("pk", flat=True))
    administrator.post(url, {**EVSE, **CONNECTORS, "connectors-0-DELETE": "on"})

    assert [row["ocpi_id"] for row in shown] == ["1", "2"]
    assert kept == [first.pk, second.pk]
    assert list(Connector.objects.values_list("pk", "standard")) == [(second.pk, "CHADEMO")]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"connectors-1-ocpi_id": "1"}, "Each connector needs an id of its own."),
        (
            {"connectors-0-DELETE": "on", "connectors-1-DELETE": "on"},
            "An EVSE has at least one connector.",
        ),
        ({"connectors-0-max_voltage": "0"}, "greater than or equal to 1"),
        ({"connectors-TOTAL_FORMS": "x"}, "Please look at this again."),
        ({"longitude": "-180.1"}, "Ensure this value is greater than or equal to -180."),
        ({"longitude": ""}, "State both latitude and longitude, or neither."),
        ({"number": "2"}, "Use a number from 1 that no other EVSE here has."),
    ],
)
def test_a_wrong_evse_is_refused_in_words(administrator, change, word):
    EvseFactory(station=StationFactory(identity="CP001"), number=2)

    answer = administrator.post(
        reverse("evse-add", args=["CP001"]), {**EVSE, **CONNECTORS, **change}
    )

    assert answer.status_code == 200
    assert word in answer.content.decode()
    assert Evse.objects.count() == 1


def test_another_connector_can_be_filled_in(administrator):
    evse = EvseFactory(station=StationFactory(identity="CP001"), uid="CP001-1", number=1)
    ConnectorFactory(evse=evse, ocpi_id="1")
    url = reverse("evse-edit", args=["CP001", "CP001-1"])

    counts = [
        len(administrator.get(url, {"connectors": wanted}).context["formset"].forms)
        for wanted in ("", "2", "9", "x", "99")
    ]

    assert counts == [1, 2, 6, 1, 1]


def test_a_new_station_shows_its_key_once_and_waits_for_it(administrator):
    location = LocationFactory()
    form = {"identity": "CP001", "location": location.pk, "security_profile": "2"}

    page = administrator.post(reverse("station-add"), form, follow=True).content.decode()
    again = administrator.get(reverse("station-onboarding", args=["CP001"])).content.decode()

    assert ChargingStation.objects.get().security_profile == 2
    assert "/ocpp/CP001" in page
    assert "Waiting for its first BootNotification" in page
    assert ('id="key"' in page, 'id="key"' in again) == (True, False)


def test_a_station_that_has_evses_does_not_move_away_from_them(administrator):
    station = EvseFactory(station=StationFactory(identity="CP001")).station
    elsewhere = LocationFactory()
    form = {"identity": "CP001", "location": elsewhere.pk, "security_profile": "1"}

    answer = administrator.post(reverse("station-edit", args=["CP001"]), form)

    station.refresh_from_db()
    assert answer.status_code == 200
    assert "Please look at this again." in answer.content.decode()
    assert station.location != elsewhere


@pytest.mark.parametrize(
    ("name", "args", "kind"),
    [
        ("evse-remove", ["CP001", "CP001-1"], Evse),
        ("station-remove", ["EMPTY"], ChargingStation),
        ("location-remove", ["NOTHING"], Location),
    ],
)
def test_what_nobody_used_can_be_removed(administrator, name, args, kind):
    place = LocationFactory(ocpi_id="USED")
    EvseFactory(station=StationFactory(identity="CP001", location=place), uid="CP001-1")
    StationFactory(identity="EMPTY", location=place)
    LocationFactory(ocpi_id="NOTHING")
    before = kind.objects.count()

    answer = administrator.post(reverse(name, args=args), follow=True)

    assert [message.level_tag for message in answer.context["messages"]] == ["success"]
    assert kind.objects.count() == before - 1


@pytest.mark.parametrize(
    ("name", "args"), [("station-remove", ["CP001"]), ("location-remove", ["USED"])]
)
def test_what_is_in_use_stays(administrator, name, args):
    place = LocationFactory(ocpi_id="USED")
    EvseFactory(station=StationFactory(identity="CP001", location=place))

    answer = administrator.post(reverse(name, args=args), follow=True)

    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert (Location.objects.count(), ChargingStation.objects.count()) == (1, 1)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_static_information_is_for_administrators(client_of, role):
    evse = EvseFactory(station=StationFactory(identity="CP001"), uid="CP001-1")
    client = client_of(role)
    pages = [
        reverse("location-edit", args=[evse.location.ocpi_id]),
        reverse("location-remove", args=[evse.location.ocpi_id]),
        reverse("station-edit", args=["CP001"]),
        reverse("station-remove", args=["CP001"]),
        reverse("station-onboarding", args=["CP001"]),
        reverse("station-new-key", args=["CP001"]),
        reverse("station-rotate-key", args=["CP001"]),
        reverse("evse-add", args=["CP001"]),
        reverse("evse-edit", args=["CP001", "CP001-1"]),
        reverse("evse-remove", args=["CP001", "CP001-1"]),
    ]

    answers = {
        page: (client.get(page).status_code, client.post(page).status_code) for page in pages
    }

    assert answers == dict.fromkeys(pages, (403, 403))


def test_maintenance_ends_by_the_clock_of_the_location(operator):
    evse = EvseFactory(station=StationFactory(identity="CP001"), uid="CP001-1", number=1)
    next_year = datetime.now(UTC).year + 1  # in the summer half, whenever this runs
    until = f"{next_year}-07-14T18:00"
    form = {"availability": "Inoperative", "reason": "New cable", "until": until}

    operator.post(reverse("evse-availability", args=["CP001-1"]), form)

    evse.refresh_from_db()
    assert (evse.availability, evse.availability_reason) == ("Inoperative", "New cable")
    assert evse.available_again_at == datetime(next_year, 7, 14, 16, tzinfo=UTC)
