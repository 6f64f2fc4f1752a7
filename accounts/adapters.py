"""How allauth treats our users."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.hashers import make_password


@dataclass(frozen=True, slots=True)
class Site:
    """What mails call us."""

    name: str
    domain: str


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """New users must confirm their address, and see nothing until they are given a role."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails name our public address, never the Host header: whoever asks for a mail to
        somebody else chooses that header, and would be sent what is clicked in it."""
        links = {name: public(url) for name, url in context.items() if name.endswith("_url")}
        site = Site("eMall CPMS", urlsplit(settings.PUBLIC_URL).netloc)
        super().send_mail(template_prefix, email, {**context, **links, "current_site": site})

    def send_account_already_exists_mail(self, email: str) -> None:
        """As slow as making the account: time must not tell that there is one."""
        make_password("a password that nobody has")
        super().send_account_already_exists_mail(email)


def public(url: str) -> str:
    """The same page under our public address."""
    parts = urlsplit(url)
    return settings.PUBLIC_URL.rstrip("/") + parts._replace(scheme="", netloc="").geturl()
