"""Every live page, on one screen: its fragments and what it listens to."""

from accounts.enums import Role
from alerts.portal import pages as alert_pages
from booking.portal.fragments import session_fragments, sessions_fragments
from booking.portal.reservations import reservation_fragments, reservations_fragments
from cpms.portal.live import (
    ALERTS,
    BATTERIES,
    DSOS,
    PARTNERS,
    LiveView,
    Params,
    dso_topic,
    location_topic,
    partner_topic,
    reservation_topic,
    session_topic,
    station_topic,
)
from cpms.portal.views.network import location_fragments, overview_fragments
from cpms.portal.views.station import station_fragments
from dso.portal import pages as dso_pages
from energy.portal.batteries import batteries_fragments, battery_fragments
from energy.portal.sharing import power_fragments
from energy.portal.status import status_fragments
from energy.portal.supply import energy_fragments
from ocpi.portal.joining import joining_fragments
from ocpi.portal.pages import list_fragments, partner_fragments
from stations.models import ChargingStation, Location
from stations.portal.log import messages_fragments
from stations.portal.onboarding import onboarding_fragments


def _of_location(params: Params) -> frozenset[str]:
    found = Location.objects.filter(ocpi_id=params.get("location", "")).values_list("pk", flat=True)
    return frozenset(location_topic(pk) for pk in found)


def _of_station(params: Params) -> frozenset[str]:
    found = ChargingStation.objects.filter(identity=params.get("station", ""))
    return frozenset(
        topic
        for pk, location_id in found.values_list("pk", "location_id")
        for topic in (station_topic(pk), location_topic(location_id))
    )


def _of_session(params: Params) -> frozenset[str]:
    return frozenset({session_topic(params.get("session", ""))})


def _of_reservation(params: Params) -> frozenset[str]:
    return frozenset({reservation_topic(params.get("reservation", ""))})


def _of_partner(params: Params) -> frozenset[str]:
    return frozenset({partner_topic(params.get("partner", ""))})


def _of_partners(_params: Params) -> frozenset[str]:
    return frozenset({PARTNERS})


def _of_dso(params: Params) -> frozenset[str]:
    return frozenset({dso_topic(params.get("dso", ""))})


def _of_dsos(_params: Params) -> frozenset[str]:
    return frozenset({DSOS})


def _of_alerts(_params: Params) -> frozenset[str]:
    return frozenset({ALERTS})


def _of_batteries(_params: Params) -> frozenset[str]:
    return frozenset({BATTERIES})


VIEWS: dict[str, LiveView] = {
    "alerts": LiveView(alert_pages.list_fragments, _of_alerts),
    "energy": LiveView(energy_fragments, _of_location),
    "overview": LiveView(overview_fragments),
    "location": LiveView(location_fragments, _of_location),
    "power": LiveView(power_fragments, _of_location),
    "station": LiveView(station_fragments, _of_station),
    "onboarding": LiveView(onboarding_fragments, _of_station, Role.ADMINISTRATOR),
    "session": LiveView(session_fragments, _of_session),
    "sessions": LiveView(sessions_fragments),
    "messages": LiveView(messages_fragments),
    "reservation": LiveView(reservation_fragments, _of_reservation),
    "reservations": LiveView(reservations_fragments, _of_location),
    "internal-status": LiveView(status_fragments, _of_location),
    "batteries": LiveView(batteries_fragments, _of_batteries),
    "battery": LiveView(battery_fragments, _of_batteries),
    "partners": LiveView(list_fragments, _of_partners),
    "partner": LiveView(partner_fragments, _of_partner),
    "dsos": LiveView(dso_pages.list_fragments, _of_dsos),
    "dso": LiveView(dso_pages.dso_fragments, _of_dso),
    "partner-joining": LiveView(joining_fragments, _of_partner, Role.ADMINISTRATOR),
}
