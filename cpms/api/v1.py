"""Every public route of the REST API, on one screen. A trailing slash may follow each."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from accounts.api import views as accounts
from alerts.api.telling import AlertRuleViewSet, WebhookViewSet
from alerts.api.views import AlertViewSet
from booking.api import local_lists, reservations, sessions, tokens
from cpms.api.schema import SchemaView, docs
from dso.api.views import DsoViewSet
from energy.api import batteries, meters, pricing, sharing, supply
from energy.api import status as energy_status
from ocpi.api.views import PartnerViewSet
from stations.api import commands, places, stations
from tariffs.api import views as tariffs

router = SimpleRouter()
router.trailing_slash = "/?"
router.register("locations", places.LocationViewSet, "location")
router.register("stations", stations.StationViewSet, "station")
router.register("evses", places.EvseViewSet, "evse")
router.register("connectors", places.ConnectorViewSet, "connector")
router.register("commands", commands.CommandViewSet, "command")
router.register("local-lists", local_lists.LocalListViewSet, "local-list")
router.register("sessions", sessions.SessionViewSet, "session")
router.register("reservations", reservations.ReservationViewSet, "reservation")
router.register("cdrs", sessions.CdrViewSet, "cdr")
router.register("tariffs", tariffs.TariffViewSet, "tariff")
router.register("tokens", tokens.TokenViewSet, "token")
router.register("batteries", batteries.BatteryViewSet, "battery")
router.register("dsos", DsoViewSet, "dso")
router.register("supply-sources", supply.SupplySourceViewSet, "supply-source")
router.register("supply-contracts", supply.SupplyContractViewSet, "supply-contract")
router.register("capacity-limits", supply.CapacityLimitViewSet, "capacity-limit")
router.register("price-lists", supply.PriceListViewSet, "price-list")
router.register("energy-prices", supply.EnergyPriceViewSet, "energy-price")
router.register("dynamic-tariffs", pricing.DynamicTariffViewSet, "dynamic-tariff")
router.register("energy-policies", supply.EnergyPolicyViewSet, "energy-policy")
router.register("power-sharing", sharing.PowerSharingViewSet, "power-sharing")
router.register("meters", meters.MeterViewSet, "meter")
router.register("partners", PartnerViewSet, "partner")
router.register("alerts", AlertViewSet, "alert")
router.register("alert-rules", AlertRuleViewSet, "alert-rule")
router.register("webhooks", WebhookViewSet, "webhook")
router.register("users", accounts.UserViewSet, "user")
router.register("audit", accounts.AuditViewSet, "audit")
router.register("api-tokens", accounts.ApiTokenViewSet, "api-token")

urlpatterns = [
    re_path(r"^auth/token/?$", accounts.AuthTokenView.as_view(), name="auth-token"),
    re_path(
        r"^locations/(?P<id>[^/\0]+)/external-status/?$",
        sessions.ExternalStatusView.as_view(),
        name="external-status",
    ),
    re_path(
        r"^locations/(?P<id>[^/\0]+)/internal-status/?$",
        energy_status.InternalStatusView.as_view(),
        name="internal-status",
    ),
    re_path(
        r"^locations/(?P<id>[^/\0]+)/energy-report/?$",
        energy_status.EnergyReportView.as_view(),
        name="energy-report",
    ),
    *router.urls,
    path("schema", SchemaView.as_view(), name="schema"),
    path("docs", docs, name="api-docs"),
]
