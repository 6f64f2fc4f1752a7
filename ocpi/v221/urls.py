"""Every route of `/ocpi/cpo/2.2.1/`, with and without a trailing slash."""

from typing import Any

from django.urls import URLPattern, re_path

from ocpi.v221 import commands, hub_client_info, lists, preferences, profiles, tokens

PART = "[^/]+"
PARTY = rf"(?P<country_code>{PART})/(?P<party_id>{PART})"


def routes(**spoken: Any) -> list[URLPattern]:
    """The functional modules; `version`: as which version speaks them."""
    return [
        re_path(r"^locations/?$", lists.LocationsView.as_view(**spoken)),
        re_path(
            rf"^locations/(?P<location_id>{PART})"
            rf"(?:/(?P<evse_uid>{PART})(?:/(?P<connector_id>{PART}))?)?/?$",
            lists.LocationView.as_view(**spoken),
        ),
        re_path(r"^sessions/?$", lists.SessionsView.as_view(**spoken)),
        re_path(rf"^sessions/(?P<session_id>{PART})/?$", lists.SessionView.as_view(**spoken)),
        re_path(
            rf"^sessions/(?P<session_id>{PART})/charging_preferences/?$",
            preferences.PreferencesView.as_view(**spoken),
        ),
        re_path(r"^cdrs/?$", lists.CdrsView.as_view(**spoken)),
        re_path(rf"^cdrs/(?P<cdr_id>{PART})/?$", lists.CdrView.as_view(**spoken)),
        re_path(r"^tariffs/?$", lists.TariffsView.as_view(**spoken)),
        re_path(rf"^tariffs/(?P<tariff_id>{PART})/?$", lists.TariffView.as_view(**spoken)),
        re_path(rf"^commands/(?P<command>{PART})/?$", commands.CommandView.as_view(**spoken)),
        re_path(
            rf"^chargingprofiles/(?P<session_id>{PART})/?$", profiles.ProfileView.as_view(**spoken)
        ),
        re_path(rf"^hubclientinfo/{PARTY}/?$", hub_client_info.ClientInfoView.as_view(**spoken)),
        re_path(rf"^tokens/{PARTY}/(?P<uid>{PART})/?$", tokens.TokenView.as_view(**spoken)),
    ]


urlpatterns = routes()
