"""How allauth treats our users."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils import timezone, translation
from qrcode.image.svg import SvgPathImage

from accounts import attempts, selectors, services
from accounts.errors import TooManyAttempts
from accounts.models import User
from cpms.kernel.sealing import seal, unseal

NAME = "eMall CPMS"
SECOND_FACTORS = "second factors"  # the context of their seals


@dataclass(frozen=True, slots=True)
class Site:
    """What mails call us."""

    name: str
    domain: str


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """New users must confirm their address, and see nothing until they are given a role."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails name our public address, never the Host header: whoever asks for a mail to
        somebody else chooses that header, and would be sent what is clicked in it. They speak
        the receiver's language; to who has chosen none, that of who asks."""
        links = {name: public(url) for name, url in context.items() if name.endswith("_url")}
        site = Site(NAME, urlsplit(settings.PUBLIC_URL).netloc)
        facts = {**context, **links, "current_site": site}
        with translation.override(selectors.chosen_language(email) or translation.get_language()):
            super().send_mail(template_prefix, email, facts)

    def send_account_already_exists_mail(self, email: str) -> None:
        """As slow as making the account: time must not tell that there is one."""
        make_password("a password that nobody has")
        super().send_account_already_exists_mail(email)

    def set_password(self, user: User, password: str) -> None:
        """Chosen by its user, in the portal or by a link from a mail."""
        services.choose_password(user=user, password=password, now=timezone.now())

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """The limits of the REST API's log-in hold here too: nobody can lock out a colleague
        from another address."""
        super().pre_authenticate(request, **credentials)
        try:
            attempts.check(*_who_tries(request, credentials))
        except TooManyAttempts as refusal:
            raise self.validation_error("too_many_login_attempts") from refusal

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        attempts.count_failure(*_who_tries(request, credentials))


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: their secrets are sealed, and they belong to our public address."""

    def encrypt(self, text: str) -> str:
        return seal(text, SECOND_FACTORS, settings.SECRET_KEY)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, SECOND_FACTORS, settings.SECRET_KEY)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": urlsplit(settings.PUBLIC_URL).hostname or "", "name": NAME}

    def build_totp_svg(self, url: str) -> str:
        """To stand in a page: our policy lets no image be written as a data URL."""
        drawn: str = qrcode.make(url, image_factory=SvgPathImage).to_string(encoding="unicode")
        return drawn


def _who_tries(request: HttpRequest, credentials: dict[str, Any]) -> tuple[str, str]:
    return credentials.get("email") or "", request.META.get("REMOTE_ADDR") or ""


def public(url: str) -> str:
    """The same page under our public address."""
    parts = urlsplit(url)
    return settings.PUBLIC_URL.rstrip("/") + parts._replace(scheme="", netloc="").geturl()
