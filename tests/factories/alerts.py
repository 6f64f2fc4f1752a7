"""Alerts for tests."""

from datetime import UTC, datetime

import factory

from alerts.models import Alert

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class AlertFactory(factory.django.DjangoModelFactory):
    """A station that is away since noon; nobody took it on."""

    class Meta:
        model = Alert

    kind = "station_offline"
    subject = factory.Sequence(lambda n: f"CP{n:05d}")
    severity = 3
    facts = factory.LazyAttribute(lambda alert: {"station": alert.subject})
    since = NOON
    opened_at = NOON
