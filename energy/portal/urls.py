"""Pages of energy."""

from accounts.permissions import ADMINISTER, CONFIGURE, OPERATE
from cpms.router import route
from energy.portal import batteries, meters, pricing, sharing, status, supply

PLACE = "locations/<str:ocpi_id>/energy/"

urlpatterns = [
    route("locations/<str:ocpi_id>/power/", sharing.power, CONFIGURE, "power-sharing"),
    route(
        "locations/<str:ocpi_id>/power/edit/", sharing.power_form, ADMINISTER, "power-sharing-edit"
    ),
    route("batteries/", batteries.battery_list, CONFIGURE, "batteries"),
    route("batteries/add/", batteries.battery_form, ADMINISTER, "battery-add"),
    route("batteries/<int:pk>/", batteries.battery_page, CONFIGURE, "battery"),
    route("batteries/<int:pk>/test/", batteries.battery_test, ADMINISTER, "battery-test"),
    route("batteries/<int:pk>/edit/", batteries.battery_form, ADMINISTER, "battery-edit"),
    route("batteries/<int:pk>/remove/", batteries.battery_remove, ADMINISTER, "battery-remove"),
    route(PLACE, supply.energy, OPERATE, "energy"),
    route(f"{PLACE}tariff/", pricing.dynamic_form, ADMINISTER, "dynamic-tariff"),
    route(f"{PLACE}policy/", supply.policy_form, ADMINISTER, "energy-policy"),
    route(f"{PLACE}sources/add/", supply.source_form, ADMINISTER, "supply-source-add"),
    route(f"{PLACE}sources/<int:pk>/", supply.source_form, ADMINISTER, "supply-source-edit"),
    route(
        f"{PLACE}sources/<int:pk>/remove/",
        supply.source_remove,
        ADMINISTER,
        "supply-source-remove",
    ),
    route(
        f"{PLACE}sources/<int:pk>/contracts/add/",
        supply.contract_add,
        ADMINISTER,
        "supply-contract-add",
    ),
    route(f"{PLACE}meters/add/", meters.meter_form, ADMINISTER, "site-meter-add"),
    route(f"{PLACE}meters/<int:pk>/", meters.meter_form, ADMINISTER, "site-meter-edit"),
    route(f"{PLACE}meters/<int:pk>/remove/", meters.meter_remove, ADMINISTER, "site-meter-remove"),
    route(f"{PLACE}limits/add/", supply.limit_add, ADMINISTER, "capacity-limit-add"),
    route(
        f"{PLACE}limits/<int:pk>/remove/", supply.limit_remove, ADMINISTER, "capacity-limit-remove"
    ),
    route("energy-prices/", supply.price_lists, CONFIGURE, "price-lists"),
    route("energy-prices/add/", supply.price_list_form, ADMINISTER, "price-list-add"),
    route("energy-prices/<int:pk>/prices/", supply.prices_upload, ADMINISTER, "prices-upload"),
    route("energy-prices/<int:pk>/", supply.price_list_form, ADMINISTER, "price-list-edit"),
    route(
        "locations/<str:ocpi_id>/internal-status/",
        status.internal_status,
        OPERATE,
        "internal-status",
    ),
    route("locations/<str:ocpi_id>/energy-report/", status.energy_report, OPERATE, "energy-report"),
]
