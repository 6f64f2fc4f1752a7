from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from dso.enums import Alarm, DsoState, Protocol, TokenKind, WireVersion
from energy.models import PriceList, SupplySource

LEAST_POLL_S, MOST_POLL_S = 5, 3_600


class Dso(models.Model):
    """A grid operator that limits what our sources take, or prices it.

    `secret` lets us in, sealed (cpms.kernel.sealing): the OAuth2 client's secret of OpenADR; the
    token of OSCP (token A until it registered with us, then what it gave us).

    OpenADR 3: `client_id`, `scope` and `token_url` (blank: as the VTN says) get us an
    `access_token` (sealed) that is good until `access_until`; `ven_name` is our name there.

    OSCP 2.0: it wants a heartbeat of ours each `heartbeat_s` and measurements as `measures`;
    `away_at` is when it counts as away unless it is heard again. `beats_plainly`: it reads no
    RFC 3339 in heartbeats.

    `refused` and `notices` are what it said last that cannot be, or that people should know.
    """

    name = models.CharField(max_length=64, unique=True)
    protocol = models.CharField(max_length=10, choices=Protocol)
    version = models.CharField(max_length=5, choices=WireVersion, blank=True)
    base_url = models.CharField(max_length=1024)
    state = models.CharField(max_length=10, choices=DsoState, default=DsoState.NEW)
    secret = models.TextField(blank=True, editable=False)

    client_id = models.CharField(max_length=255, blank=True)
    scope = models.CharField(max_length=255, blank=True)
    token_url = models.CharField(max_length=1024, blank=True)
    ven_name = models.CharField(max_length=128, blank=True)
    access_token = models.TextField(blank=True, editable=False)
    access_until = models.DateTimeField(null=True, blank=True)
    subscription_id = models.CharField(max_length=128, blank=True)
    subscription_seen_at = models.DateTimeField(null=True, blank=True)
    poll_every_s = models.PositiveSmallIntegerField(
        default=60, validators=[MinValueValidator(LEAST_POLL_S), MaxValueValidator(MOST_POLL_S)]
    )
    next_poll_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    heartbeat_s = models.PositiveIntegerField(null=True, blank=True)
    next_heartbeat_at = models.DateTimeField(null=True, blank=True)
    measures = models.JSONField(default=list, blank=True)
    next_measurement_at = models.DateTimeField(null=True, blank=True)
    away_at = models.DateTimeField(null=True, blank=True)
    beats_plainly = models.BooleanField(default=False)

    sending_until = models.DateTimeField(null=True, blank=True)
    last_heard_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=255, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    refused = models.JSONField(default=list, blank=True)
    notices = models.JSONField(default=list, blank=True)
    alarm = models.CharField(max_length=10, choices=Alarm, blank=True)
    alarm_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    connected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(protocol=Protocol.OSCP2, version="")
                | models.Q(protocol=Protocol.OPENADR3, version__in=WireVersion.values),
                name="dso_speaks_a_version",
            ),
            models.CheckConstraint(
                condition=models.Q(poll_every_s__range=(LEAST_POLL_S, MOST_POLL_S)),
                name="dso_poll_every",
            ),
            models.CheckConstraint(
                condition=models.Q(alarm="", alarm_since=None)
                | ~models.Q(alarm="") & models.Q(alarm_since__isnull=False),
                name="dso_alarm_since",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_openadr(self) -> bool:
        return self.protocol == Protocol.OPENADR3

    @property
    def hosts(self) -> Collection[str]:
        """The only hosts that we send anything of its to."""
        urls = filter(None, (self.base_url, self.token_url))
        return frozenset(str(urlsplit(url).hostname or "").lower() for url in urls)

    @property
    def patience(self) -> timedelta:
        """How long nothing may be heard of a VTN before it counts as away."""
        return timedelta(seconds=max(3 * self.poll_every_s, 60))


class DsoToken(models.Model):
    """A token that we gave a DSO, to let itself in: only its digest is kept."""

    dso = models.ForeignKey(Dso, on_delete=models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=10, choices=TokenKind)
    digest = models.BinaryField(unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} of {self.dso_id}"

    def is_valid(self, now: datetime) -> bool:
        return self.valid_until is None or self.valid_until > now


class SupplyLink(models.Model):
    """A source that a DSO may speak for: what it says of `group` (an OSCP group id, an OpenADR
    target; blank there: of all) holds for the source. `program` (OpenADR; blank: any) by name or
    id. Its prices go to `price_list`; where there is none it has no say in prices."""

    dso = models.ForeignKey(Dso, on_delete=models.CASCADE, related_name="links")
    source = models.ForeignKey(SupplySource, on_delete=models.CASCADE, related_name="dso_links")
    group = models.CharField(max_length=255, blank=True)
    program = models.CharField(max_length=128, blank=True)
    price_list = models.ForeignKey(
        PriceList, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["source__name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["dso", "source"], name="source_linked_once"),
            models.UniqueConstraint(
                fields=["dso", "group"],
                condition=~models.Q(group=""),
                name="group_of_one_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} by {self.dso}"
