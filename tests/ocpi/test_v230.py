"""OCPI 2.3.0 beside 2.2.1, from the same objects."""

import pytest
from django.utils import timezone

from ocpi.models import OwedPush, Partner
from ocpi.v230 import shapes
from stations.schemas import faults_in
from tests.factories.ocpi import roaming_cdr, roaming_session
from tests.factories.tariffs import TariffFactory
from tests.ocpi.test_lists import place
from tests.ocpi.test_pushing import settle

VERSION = "2.3.0"
OBJECTS = {"locations": "Location", "sessions": "Session", "cdrs": "CDR", "tariffs": "Tariff"}


@pytest.fixture
def emsp(emsp):
    emsp.speaks = VERSION
    return emsp


def stock():
    """One object of each module, of the partner's driver."""
    place()
    roaming_session()
    roaming_cdr()
    TariffFactory()


def test_registration_settles_the_version_of_the_endpoint(endpoints, base):
    partner = Partner.objects.get()

    assert partner.version == VERSION
    assert endpoints["locations"] == f"{base}/ocpi/cpo/2.3.0/locations"


def test_a_partner_that_does_not_speak_the_version_of_the_endpoint(emsp, invitation):
    emsp.versions = ["2.2.1"]

    _, answer = emsp.register(invitation)

    assert answer.codes[1] == 3002
    assert Partner.objects.get().state == "invited"


@pytest.mark.parametrize("module", OBJECTS)
def test_every_list_holds_objects_of_2_3_0(emsp, endpoints, module):
    stock()

    found = emsp.ask("GET", endpoints[module]).data

    assert found
    assert [faults_in(OBJECTS[module], body, VERSION) for body in found] == [[]] * len(found)


def test_every_push_is_an_object_of_2_3_0(emsp, partner):
    stock()

    settle(partner)

    told = {path.split("/")[0]: body for _, path, body in emsp.received}
    assert told.keys() == OBJECTS.keys()
    for module, body in told.items():
        assert faults_in(OBJECTS[module], body, VERSION) == []


def test_a_partner_that_changes_the_version_is_told_again_but_bills_come_once(emsp, invitation):
    emsp.speaks = "2.2.1"
    emsp.register(invitation)
    partner = Partner.objects.get()
    stock()
    settle(partner)
    before = len(emsp.received)

    emsp.speaks = VERSION
    newer = emsp.discover(invitation.versions_url, emsp.token)
    answer = emsp.ask("PUT", newer["credentials"], emsp.credentials)
    emsp.token = answer.data["token"]
    partner.refresh_from_db()
    settle(partner)

    told = {path.split("/")[0]: body for _, path, body in emsp.received[before:]}
    assert (answer.codes, partner.version) == ((200, 1000), VERSION)
    assert told.keys() == OBJECTS.keys() - {"cdrs"}
    assert told["tariffs"]["tax_included"] in {"NO", "N/A"}
    assert not OwedPush.objects.filter(due_at__lte=timezone.now()).exists()


@pytest.mark.parametrize(
    ("of_221", "of_230"),
    [
        ({"excl_vat": 10}, {"before_taxes": 10}),
        (
            {"excl_vat": 10.0, "incl_vat": 12.1},
            {"before_taxes": 10.0, "taxes": [{"name": "VAT", "amount": 2.1}]},
        ),
        (
            {"excl_vat": 0.0, "incl_vat": 0.0},
            {"before_taxes": 0.0, "taxes": [{"name": "VAT", "amount": 0.0}]},
        ),
    ],
)
def test_a_price(of_221, of_230):
    assert shapes.price(of_221) == of_230


@pytest.mark.parametrize(("vat", "said"), [(None, "N/A"), (0, "NO"), (21, "NO")])
def test_a_tariff_says_whether_taxes_are_included(vat, said):
    component = {"type": "ENERGY", "price": 0.3, "step_size": 1}
    component |= {} if vat is None else {"vat": vat}
    of_221 = {
        "id": "1",
        "elements": [{"price_components": [component]}],
        "max_price": {"excl_vat": 10, "incl_vat": 12.1},
        "min_price": {"excl_vat": 0.5},
    }

    assert shapes.tariff(of_221) == {
        **of_221,
        "max_price": {"before_taxes": 10, "after_taxes": 12.1},
        "min_price": {"before_taxes": 0.5},
        "tax_included": said,
    }
