"""Tariffs agreed with one partner are its own; what holds everywhere reaches everyone."""

from tariffs.domain.places import Place
from tariffs.models import TariffAssignment
from tariffs.services import Places, assign, hold_at
from tests.factories.tariffs import TariffFactory
from tests.ocpi.test_lists import place
from tests.ocpi.test_pushing import lines, settle

US, OTHER = ("NL", "RMR"), ("DE", "OTH")


def assigned(ocpi_id, **where):
    tariff = TariffFactory(ocpi_id=ocpi_id)
    assign([(tariff.pk, Place(**where))])
    return tariff


def ids_told(evse, emsp, endpoints):
    url = f"{endpoints['locations']}/{evse.location.ocpi_id}/{evse.uid}/1"
    return emsp.ask("GET", url).data.get("tariff_ids", [])


def test_a_connector_names_what_prices_this_partners_drivers(emsp, endpoints):
    evse = place()
    told = []
    for ocpi_id, where in {
        "ALL": {},
        "PLACE": {"location_id": evse.location_id},
        "NOT-OURS": {"evse_id": evse.pk, "party": OTHER},
        "PLUG": {"connector_id": evse.connectors.get().pk},
        "OURS": {"party": US},
        "OURS-HERE": {"location_id": evse.location_id, "party": US},
    }.items():
        assigned(ocpi_id, **where)
        told.append(ids_told(evse, emsp, endpoints))

    assert told == [["ALL"], ["PLACE"], ["PLACE"], ["PLUG"], ["OURS"], ["OURS-HERE"]]


def test_a_tariff_of_another_partner_does_not_exist(emsp, endpoints):
    for ocpi_id, where in {"OURS": {"party": US}, "THEIRS": {"party": OTHER}, "ALL": {}}.items():
        assigned(ocpi_id, **where)
    TariffFactory(ocpi_id="NOWHERE")

    listed = emsp.ask("GET", endpoints["tariffs"])

    assert [one["id"] for one in listed.data] == ["OURS", "ALL", "NOWHERE"]
    assert listed.headers["X-Total-Count"] == "3"
    assert emsp.ask("GET", f"{endpoints['tariffs']}/THEIRS").codes == (404, 2001)


def test_a_tariff_that_becomes_anothers_is_deleted_there(emsp, partner):
    tariff = assigned("AC1", party=US)
    settle(partner)

    hold_at(tariff=tariff, places=Places([Place(party=OTHER)]))
    settle(partner)
    hold_at(tariff=tariff, places=Places([Place()]))
    settle(partner)

    path = "tariffs/NL/EMA/AC1"
    assert lines(emsp) == [("PUT", path), ("DELETE", path), ("PUT", path)]


def test_what_holds_everywhere_changes_every_location(emsp, partner):
    evses = [place(), place()]
    settle(partner)
    tariff = assigned("ALL")
    settle(partner)
    TariffAssignment.objects.filter(tariff=tariff).delete()
    settle(partner)

    paths = {("PUT", f"locations/NL/EMA/{evse.location.ocpi_id}") for evse in evses}
    sent = lines(emsp)
    assert set(sent[:2]) == set(sent[5:]) == paths
    assert set(sent[2:5]) == paths | {("PUT", "tariffs/NL/EMA/ALL")}
