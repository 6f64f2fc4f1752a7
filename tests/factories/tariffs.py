"""Tariffs for tests, through the services: one version, 0.40 per kWh before 21 % VAT."""

from datetime import UTC, datetime

import factory

from tariffs import services
from tariffs.models import Tariff


def body_of_tariff(ocpi_id, price=0.4, **more):
    component = {"type": "ENERGY", "price": price, "vat": 21.0, "step_size": 1}
    return {
        "country_code": "NL",
        "party_id": "EMA",
        "id": ocpi_id,
        "currency": "EUR",
        "elements": [{"price_components": [component]}],
        **more,
    }


class TariffFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Tariff

    ocpi_id = factory.Sequence(lambda n: f"TARIFF{n}")
    price = 0.4

    @classmethod
    def _create(cls, model_class, *args, ocpi_id, price, **more):
        body = body_of_tariff(ocpi_id, price, **more)
        version, _ = services.save_tariff(body=body, now=datetime.now(UTC))
        return version.tariff
