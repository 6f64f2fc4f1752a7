"""`manage.py energy dispatch`: what beat does, now."""

from decimal import Decimal
from io import StringIO

import orjson
import pytest
from django.core.management import call_command

from energy.models import DispatchPlan
from tests.factories.energy import SupplyContractFactory, SupplySourceFactory
from tests.factories.stations import LocationFactory

pytestmark = pytest.mark.django_db


def run(*args):
    out, err = StringIO(), StringIO()
    try:
        call_command("energy", *args, stdout=out, stderr=err)
    except SystemExit as end:
        return int(end.code), err.getvalue()
    return 0, out.getvalue()


def test_dispatch_plans_every_location_with_a_source():
    contract = SupplyContractFactory(
        source=SupplySourceFactory(location__ocpi_id="HOME", name="A"),
        price_kwh=Decimal("0.10"),
    )
    LocationFactory()

    code, out = run("dispatch", "--json")

    [plan] = orjson.loads(out)
    assert code == 0
    assert (plan["location_id"], plan["policy"], plan["supply_kw"]) == (
        "HOME",
        "automatic",
        {"A": 0},
    )
    assert len(plan["plan"]["sources"][0]["kw"]) == 144
    assert DispatchPlan.objects.get().location == contract.source.location


def test_dispatch_tells_people_what_is_decided():
    SupplyContractFactory(source=SupplySourceFactory(location__ocpi_id="HOME", name="A"))

    code, out = run("dispatch", "HOME")

    assert (code, out.strip()) == (
        0,
        "HOME: automatic, A 0 kW, battery +0 kW; 36 h cost 0.00 EUR (otherwise 0.00)",
    )


@pytest.mark.parametrize(
    ("location", "reason"),
    [("NONE", "There is no such location."), ("BARE", "BARE has no supply source.")],
)
def test_dispatch_of_what_cannot_be_planned_is_refused(location, reason):
    LocationFactory(ocpi_id="BARE")

    assert run("dispatch", location) == (1, f"{reason}\n")
