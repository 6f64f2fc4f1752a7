"""Tariffs in the portal: a change says all that it does not show, too."""

import json

import pytest
from django.urls import reverse

from accounts.enums import Role
from tariffs.domain.places import Place
from tariffs.models import Tariff, TariffVersion
from tariffs.services import assign
from tests.factories.stations import EvseFactory, LocationFactory
from tests.factories.tariffs import TariffFactory, body_of_tariff

SIMPLE = {"ocpi_id": "T1", "currency": "EUR", "energy": "0.5", "flat": "1", "vat": "21"}
NIGHT = [
    {
        "price_components": [{"type": "ENERGY", "price": 0.29, "vat": 21.0, "step_size": 1}],
        "restrictions": {"start_time": "23:00", "end_time": "06:00"},
    },
    {"price_components": [{"type": "ENERGY", "price": 0.38, "vat": 21.0, "step_size": 1}]},
]


def newest():
    return TariffVersion.objects.order_by("-number").first()


def test_a_simple_tariff_is_added_and_holds_at_its_locations(administrator):
    place = LocationFactory()

    answer = administrator.post(reverse("tariff-add"), {**SIMPLE, "locations": [place.pk]})

    assert answer.status_code == 302
    assert newest().body["elements"] == [
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.5, "vat": 21.0, "step_size": 1},
                {"type": "FLAT", "price": 1.0, "vat": 21.0, "step_size": 1},
            ]
        }
    ]
    assert list(Tariff.objects.get().assignments.values_list("location", flat=True)) == [place.pk]


def test_a_tariff_holds_everywhere_for_one_partner(administrator):
    evse = EvseFactory()
    TariffFactory(ocpi_id="T1")
    assign([(Tariff.objects.get().pk, Place(evse_id=evse.pk))])
    url = reverse("tariff-edit", args=["T1"])

    administrator.post(url, {**SIMPLE, "everywhere": "on", "party": "nl-ems"})

    shown = administrator.get(url).context["form"].initial
    assert {row.place for row in Tariff.objects.get().assignments.all()} == {
        Place(evse_id=evse.pk),
        Place(party=("NL", "EMS")),
    }
    assert (shown["everywhere"], shown["locations"], shown["party"]) == (True, [], "NL-EMS")
    assert "everywhere (NL-EMS)" in administrator.get(reverse("tariffs")).content.decode()


def test_places_of_several_partners_stay_as_they_are(administrator):
    tariff = TariffFactory(ocpi_id="T1")
    places = {Place(party=("NL", "EMS")), Place(party=("DE", "ABC"))}
    assign([(tariff.pk, place) for place in places])
    url = reverse("tariff-edit", args=["T1"])

    answer = administrator.post(url, SIMPLE)

    assert answer.status_code == 302
    assert {row.place for row in tariff.assignments.all()} == places
    assert newest().body["elements"][0]["price_components"][0]["price"] == 0.5


def test_an_id_that_is_taken_is_refused(administrator):
    TariffFactory(ocpi_id="T1")

    answer = administrator.post(reverse("tariff-add"), SIMPLE)

    assert "There is a tariff with this id already." in answer.content.decode()
    assert TariffVersion.objects.count() == 1


def test_changing_a_price_keeps_what_the_form_does_not_show(administrator):
    words = [{"language": "nl", "text": "Goedkoop"}, {"language": "de", "text": "Billig"}]
    TariffFactory(ocpi_id="T1", tariff_alt_text=words, min_price={"excl_vat": 0.5})

    form = {**SIMPLE, "words": "Duurder", "least": "0.5"}
    administrator.post(reverse("tariff-edit", args=["T1"]), form)

    body = newest().body
    assert body["min_price"] == {"excl_vat": 0.5}
    assert body["tariff_alt_text"] == [{"language": "nl", "text": "Duurder"}, words[1]]


WHEN = {"start_date_time": "2026-06-01T12:00:30Z", "end_date_time": "2027-06-01T12:00:00Z"}


def test_for_whom_when_and_within_which_limits_is_said_in_fields(administrator):
    form = {
        **SIMPLE, "kind": "PROFILE_GREEN", "starts": "2026-06-01T12:00", "ends": "2027-01-01T00:00",
        "least": "0.5", "most": "40",
    }  # fmt: skip

    administrator.post(reverse("tariff-add"), form)

    body = newest().body
    assert {name: body[name] for name in body.keys() - body_of_tariff("T1").keys()} == {
        "type": "PROFILE_GREEN",
        "start_date_time": "2026-06-01T12:00:00Z",
        "end_date_time": "2027-01-01T00:00:00Z",
        "min_price": {"excl_vat": 0.5},
        "max_price": {"excl_vat": 40.0},
    }


def test_what_stays_of_them_keeps_what_no_field_shows(administrator):
    limit = {"excl_vat": 0.5, "incl_vat": 0.6}
    TariffFactory(ocpi_id="T1", type="REGULAR", min_price=limit, max_price=limit, **WHEN)
    url = reverse("tariff-edit", args=["T1"])
    shown = administrator.get(url).context["form"]

    form = {name: shown[name].value() for name in shown.fields if shown[name].value() is not None}
    starts = {name: shown[name].value().strftime("%Y-%m-%dT%H:%M") for name in ("starts", "ends")}
    administrator.post(url, {**form, **starts, "energy": "0.7", "most": "1", "ends": ""})

    body = newest().body
    assert body == {
        **body_of_tariff("T1", price=0.7),
        "type": "REGULAR",
        "start_date_time": WHEN["start_date_time"],
        "min_price": limit,
        "max_price": {"excl_vat": 1.0},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts": "2027-01-01T00:00", "ends": "2026-01-01T00:00"}, {"least": "2", "most": "1"},
        {"kind": "SUN"}, {"starts": "soon"}, {"least": "-1"}, {"starts": "9999-99-99T00:00"},
    ],
)  # fmt: skip
def test_terms_that_make_no_sense_are_refused(administrator, wrong):
    answer = administrator.post(reverse("tariff-add"), {**SIMPLE, **wrong})

    assert "Please look at this again." in answer.content.decode()
    assert not Tariff.objects.exists()


def test_a_tariff_with_limits_keeps_them(administrator):
    TariffFactory(ocpi_id="T1", elements=NIGHT)
    url = reverse("tariff-edit", args=["T1"])

    shown = json.loads(administrator.get(url).context["form"]["elements_json"].value())
    cheaper = [
        {**NIGHT[0], "price_components": [{**NIGHT[0]["price_components"][0], "price": 0.2}]}
    ]
    administrator.post(url, {"currency": "EUR", "elements_json": json.dumps(cheaper + NIGHT[1:])})

    assert shown == NIGHT
    assert newest().body == body_of_tariff("T1", elements=cheaper + NIGHT[1:])


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({**SIMPLE, "energy": "", "flat": ""}, "Set at least one price; zero means free."),
        ({**SIMPLE, "energy": "-1"}, "greater than or equal to 0"),
        ({**SIMPLE, "currency": "euro"}, "Enter a valid value."),
        ({**SIMPLE, "party": "EMS"}, "Enter a valid value."),
    ],
)
def test_a_wrong_tariff_is_refused_in_words(administrator, form, word):
    answer = administrator.post(reverse("tariff-add"), form)

    assert word in answer.content.decode()
    assert not Tariff.objects.exists()


@pytest.mark.parametrize("elements", ['[{"price_components": [{"type": "SUN"}]}]', "[", "5", '"x"'])
def test_elements_that_ocpi_does_not_know_are_refused(administrator, elements):
    form = {"ocpi_id": "T1", "currency": "EUR", "elements_json": elements}

    answer = administrator.post(reverse("tariff-add") + "?form=elements", form)

    assert answer.status_code == 200
    assert "Please look at this again." in answer.content.decode()
    assert not Tariff.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_tariffs_are_changed_by_administrators_only(client_of, role):
    TariffFactory(ocpi_id="T1")
    client = client_of(role)
    pages = [reverse("tariff-add"), reverse("tariff-edit", args=["T1"])]

    answers = [
        (client.get(page).status_code, client.post(page, SIMPLE).status_code) for page in pages
    ]

    assert answers == [(403, 403)] * 2
    assert TariffVersion.objects.count() == 1
