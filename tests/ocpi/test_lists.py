import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ocpi.selectors import location_texts, locations
from stations.models import StationConnection
from stations.schemas import faults_in
from tests.factories.ocpi import roaming_cdr, roaming_session
from tests.factories.stations import ConnectorFactory, EvseFactory, StationFactory
from tests.factories.tariffs import TariffFactory


def online(station, now=None):
    now = now or timezone.now()
    StationConnection.objects.filter(station=station).update(connected_at=now, disconnected_at=None)


def place(**more):
    """A location with one EVSE whose station is connected."""
    connector = ConnectorFactory(evse=EvseFactory(station=StationFactory(), **more))
    online(connector.evse.station)
    return connector.evse


def following(emsp, url):
    """Every page of a list, by its Link headers."""
    pages = []
    while url:
        answer = emsp.ask("GET", url)
        pages.append(answer.data)
        link = answer.headers.get("Link", "")
        assert not link or link.endswith('>; rel="next"')
        url = link.removesuffix('>; rel="next"').removeprefix("<")
    return pages


def test_a_location_with_its_parts(emsp, endpoints):
    evse = place()

    whole = emsp.ask("GET", f"{endpoints['locations']}/{evse.location.ocpi_id.lower()}/").data
    part = emsp.ask("GET", f"{endpoints['locations']}/{whole['id']}/{evse.uid.lower()}").data
    plug = emsp.ask("GET", f"{endpoints['locations']}/{whole['id']}/{evse.uid}/1").data

    assert faults_in("Location", whole) == []
    assert (whole["evses"], part["connectors"]) == ([part], [plug])
    assert part["status"] == "AVAILABLE"
    assert evse.station.identity not in str(whole)
    assert emsp.ask("GET", f"{endpoints['locations']}/none").codes == (404, 2003)
    assert emsp.ask("GET", f"{endpoints['locations']}/{whole['id']}/none").codes == (404, 2003)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "Available"}, "AVAILABLE"),
        ({"status": "Preparing"}, "CHARGING"),
        ({"status": "Charging"}, "CHARGING"),
        ({"status": "SuspendedEV"}, "CHARGING"),
        ({"status": "SuspendedEVSE"}, "CHARGING"),
        ({"status": "Finishing"}, "CHARGING"),
        ({"status": "Reserved"}, "RESERVED"),
        ({"status": "Unavailable"}, "INOPERATIVE"),
        ({"status": "Faulted"}, "OUTOFORDER"),
        ({"status": "Unknown"}, "UNKNOWN"),
        ({"status": "Available", "availability": "Inoperative"}, "INOPERATIVE"),
        ({"status": "Available", "removed_at": datetime(2026, 1, 1, tzinfo=UTC)}, "REMOVED"),
    ],
)
def test_the_status_of_an_evse(emsp, endpoints, fields, status):
    evse = place(**fields)

    found = emsp.ask("GET", f"{endpoints['locations']}/{evse.location.ocpi_id}").data

    assert [part["status"] for part in found["evses"]] == [status]


@pytest.mark.parametrize(("seconds", "status"), [(5, "AVAILABLE"), (31, "UNKNOWN")])
def test_a_station_counts_as_away_after_a_while(db, seconds, status):
    evse, now = place(), timezone.now() + timedelta(minutes=1)
    link = StationConnection.objects.filter(station=evse.station)
    link.update(disconnected_at=now - timedelta(seconds=seconds))

    [text] = location_texts(locations(now), set(), now)

    assert [one["status"] for one in json.loads(text)["evses"]] == [status]


def test_pages_hold_everything_once_and_keep_the_filters(emsp, endpoints):
    made = [place().location.ocpi_id for _ in range(5)]
    url = f"{endpoints['locations']}?limit=2&date_from=2020-01-01T00:00:00Z"

    first = emsp.ask("GET", url)
    pages = following(emsp, url)

    assert [[one["id"] for one in page] for page in pages] == [made[:2], made[2:4], made[4:]]
    assert (first.headers["X-Total-Count"], first.headers["X-Limit"]) == ("5", "2")
    assert "date_from=2020-01-01T00%3A00%3A00Z" in first.headers["Link"]


def test_a_period_is_half_open(emsp, endpoints):
    evse, at = place(), datetime(2026, 6, 1, 12, tzinfo=UTC)
    for row in (evse, evse.location):
        type(row).objects.filter(pk=row.pk).update(last_updated=at)
    online(evse.station, at - timedelta(hours=1))
    url = endpoints["locations"]

    def found(**query):
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        return len(emsp.ask("GET", f"{url}?{asked}").data)

    assert found(date_from="2026-06-01T12:00:00Z") == 1
    assert found(date_from="2026-06-01T12:00:00.001") == 0
    assert found(date_to="2026-06-01T12:00:00Z") == 0
    assert found(date_from="2026-06-01T14:00:00%2B02:00", date_to="2026-06-01T12:00:01Z") == 1


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=x", "limit=1e3", "limit=99999999999999999999", "limit=²",
     "offset=-1", "offset=x", "offset=4294967296", "date_from=yesterday", "date_from=",
     "date_from=2026-13-01T00:00:00Z", "date_to=2026-02-30T00:00:00Z", "date_to=1",
     "date_from=0001-01-01T00:00:00%2B23:59"],
)  # fmt: skip
@pytest.mark.parametrize("module", ["locations", "sessions", "cdrs", "tariffs"])
def test_a_bad_query_is_never_everything(emsp, endpoints, module, query):
    from urllib.parse import quote  # noqa: PLC0415 -- here alone

    answer = emsp.ask("GET", f"{endpoints[module]}?{quote(query, safe='=%&:+')}")

    assert answer.codes == (200, 2001)


@pytest.mark.parametrize("module", ["sessions", "cdrs"])
def test_a_partner_sees_what_its_own_drivers_did(emsp, endpoints, module):
    mine, other, own = roaming_cdr("RMR"), roaming_cdr("OTH"), roaming_session("")
    key = {"sessions": lambda cdr: str(cdr.session_id), "cdrs": lambda cdr: str(cdr.pk)}[module]

    listed = emsp.ask("GET", f"{endpoints[module]}?date_from=2020-01-01T00:00:00Z")

    assert [one["id"] for one in listed.data] == [key(mine)]
    assert faults_in({"sessions": "Session", "cdrs": "CDR"}[module], listed.data[0]) == []
    assert listed.headers["X-Total-Count"] == "1"
    assert emsp.ask("GET", f"{endpoints[module]}/{key(mine)}").data == listed.data[0]
    for hidden in (key(other), str(own.pk), "no-uuid"):
        assert emsp.ask("GET", f"{endpoints[module]}/{hidden}").codes == (404, 2001)


def test_a_session_in_kwh(emsp, endpoints):
    session = roaming_session(energy_wh=1_500, total_cost="0.6000", currency="EUR")

    found = emsp.ask("GET", f"{endpoints['sessions']}/{session.pk}").data

    assert (found["kwh"], found["total_cost"], found["status"]) == (
        1.5, {"excl_vat": 0.6}, "ACTIVE"
    )  # fmt: skip


def test_a_tariff(emsp, endpoints):
    TariffFactory(ocpi_id="AC1", price=0.45)

    listed = emsp.ask("GET", endpoints["tariffs"]).data

    assert faults_in("Tariff", listed[0]) == []
    assert listed[0]["elements"][0]["price_components"][0]["price"] == 0.45
    assert emsp.ask("GET", f"{endpoints['tariffs']}/ac1").data == listed[0]


@pytest.mark.parametrize(
    ("module", "make"),
    [("locations", place), ("sessions", roaming_session), ("cdrs", roaming_cdr),
     ("tariffs", TariffFactory)],
)  # fmt: skip
def test_three_rows_cost_as_many_queries_as_one(emsp, partner, endpoints, client, module, make):
    from tests.ocpi.emsp import header  # noqa: PLC0415 -- here alone

    def queries():
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(
                f"/ocpi/cpo/2.2.1/{module}", headers={"Authorization": header(emsp.token)}
            )
        assert answer.status_code == 200
        return len(answer.json()["data"]), len(seen)

    make()
    one = queries()
    make()
    make()

    assert (one[0], queries()) == (1, (3, one[1]))
