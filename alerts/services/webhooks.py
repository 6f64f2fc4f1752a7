"""Webhooks: add, change, switch on and off, remove."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from alerts.domain import signing
from alerts.errors import NameTaken, WrongUrl
from alerts.models import Webhook
from alerts.services.delivering import seal_context
from cpms.kernel.sealing import seal

SCHEMES = ("https://", "http://")


@transaction.atomic
def add_webhook(*, name: str, url: str, now: datetime) -> tuple[Webhook, str]:
    """The webhook and its secret, which is shown now and never again. Raises NameTaken,
    WrongUrl."""
    _require_url(url)
    try:
        with transaction.atomic():
            webhook = Webhook.objects.create(name=name, url=url, created_at=now)
    except IntegrityError as refusal:
        raise NameTaken from refusal
    return webhook, renew_secret(webhook=webhook)


@transaction.atomic
def change_webhook(*, webhook: Webhook, name: str, url: str) -> None:
    """Raises NameTaken, WrongUrl."""
    _require_url(url)
    try:
        with transaction.atomic():
            Webhook.objects.filter(pk=webhook.pk).update(name=name, url=url)
    except IntegrityError as refusal:
        raise NameTaken from refusal


def renew_secret(*, webhook: Webhook) -> str:
    """Another secret, shown now and never again; what is sent from now on is signed with it."""
    secret = signing.new_secret()
    hidden = seal(secret, seal_context(webhook), settings.SECRET_KEY)
    Webhook.objects.filter(pk=webhook.pk).update(secret=hidden)
    return secret


def switch_on(*, webhook: Webhook) -> None:
    """Alerts that open from now on are sent to it."""
    Webhook.objects.filter(pk=webhook.pk).update(switched_off="", failing_since=None)


def _require_url(url: str) -> None:
    """What can be seen without asking anybody; the rest egress judges at each request."""
    if not url.startswith(SCHEMES) or not url.isascii() or not url.isprintable() or " " in url:
        raise WrongUrl
