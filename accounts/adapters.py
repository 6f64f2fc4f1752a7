"""How allauth treats our users."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """New users start as viewers and must confirm their address; see `accounts.models.User`."""
