"""Staff, their tokens, and the doors of the portal (allauth's views, each with its rule)."""

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import register_converter
from django.urls.converters import StringConverter

from accounts.permissions import ADMINISTER, OWN, PUBLIC
from accounts.portal import views
from cpms.router import route


class Base36(StringConverter):
    """A user's id in a link to reset a password; the key behind it holds hyphens too."""

    regex = "[0-9A-Za-z]+"


register_converter(Base36, "base36")

urlpatterns = [
    route("users/", views.user_list, ADMINISTER, "users"),
    route("users/add/", views.user_add, ADMINISTER, "user-add"),
    route("users/<int:pk>/invite/", views.user_invite, ADMINISTER, "user-invite"),
    route("users/<int:pk>/role/", views.user_role, ADMINISTER, "user-role"),
    route(
        "users/<int:pk>/second-factor/remove/",
        views.user_drop_second_factors,
        ADMINISTER,
        "user-drop-second-factors",
    ),
    route("audit/", views.audit_log, ADMINISTER, "audit"),
    route("api-tokens/", views.api_tokens, OWN, "api-tokens"),
    route("api-tokens/<int:pk>/revoke/", views.revoke, OWN, "api-token-revoke"),
    route("language/", views.choose_language, PUBLIC, "language"),
    route("login/", allauth.login, PUBLIC, "account_login"),
    route("logout/", allauth.logout, PUBLIC, "account_logout"),
    route("signup/", allauth.signup, PUBLIC, "account_signup"),
    route("inactive/", allauth.account_inactive, PUBLIC, "account_inactive"),
    route(
        "confirm-email/", allauth.email_verification_sent, PUBLIC, "account_email_verification_sent"
    ),
    route("confirm-email/<str:key>/", allauth.confirm_email, PUBLIC, "account_confirm_email"),
    route("password/change/", allauth.password_change, OWN, "account_change_password"),
    route("password/reset/", allauth.password_reset, PUBLIC, "account_reset_password"),
    route(
        "password/reset/done/", allauth.password_reset_done, PUBLIC, "account_reset_password_done"
    ),
    route(
        "password/reset/key/<base36:uidb36>-<str:key>/",
        allauth.password_reset_from_key,
        PUBLIC,
        "account_reset_password_from_key",
    ),
    route(
        "password/reset/key/done/",
        allauth.password_reset_from_key_done,
        PUBLIC,
        "account_reset_password_from_key_done",
    ),
    route("reauthenticate/", allauth.reauthenticate, OWN, "account_reauthenticate"),
    route("second-factor/", mfa.index, OWN, "mfa_index"),
    route("second-factor/authenticate/", mfa.authenticate, PUBLIC, "mfa_authenticate"),
    route("second-factor/reauthenticate/", mfa.reauthenticate, OWN, "mfa_reauthenticate"),
    route("second-factor/app/", totp.activate_totp, OWN, "mfa_activate_totp"),
    route("second-factor/app/remove/", totp.deactivate_totp, OWN, "mfa_deactivate_totp"),
    route("second-factor/codes/", recovery.view_recovery_codes, OWN, "mfa_view_recovery_codes"),
    route(
        "second-factor/codes/new/",
        recovery.generate_recovery_codes,
        OWN,
        "mfa_generate_recovery_codes",
    ),
    route(
        "second-factor/codes/download/",
        recovery.download_recovery_codes,
        OWN,
        "mfa_download_recovery_codes",
    ),
    route("second-factor/keys/", webauthn.list_webauthn, OWN, "mfa_list_webauthn"),
    route("second-factor/keys/add/", webauthn.add_webauthn, OWN, "mfa_add_webauthn"),
    route("second-factor/keys/login/", webauthn.login_webauthn, PUBLIC, "mfa_login_webauthn"),
    route(
        "second-factor/keys/reauthenticate/",
        webauthn.reauthenticate_webauthn,
        OWN,
        "mfa_reauthenticate_webauthn",
    ),
    route("second-factor/keys/<int:pk>/edit/", webauthn.edit_webauthn, OWN, "mfa_edit_webauthn"),
    route(
        "second-factor/keys/<int:pk>/remove/", webauthn.remove_webauthn, OWN, "mfa_remove_webauthn"
    ),
]
