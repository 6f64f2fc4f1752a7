from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ocpi.domain.modules import names_of
from ocpi.domain.retrying import Policy, circuit_of
from ocpi.domain.urls import hosts_of
from ocpi.enums import Circuit, Module, PartnerState, Role, TokenEncoding, TokenKind

TOLD_AS_SENDER: dict[str, str] = {Module.CHARGING_PROFILES: "SENDER"}  # it asks for them (§14.2.2)
MOST_FAILURES, LONGEST_WAIT_S, LONGEST_ANSWER_S = 100, 3600, 10


def _seconds(default: int, most: int) -> "models.PositiveSmallIntegerField[int, int]":
    bounds = [MinValueValidator(1), MaxValueValidator(most)]
    return models.PositiveSmallIntegerField(default=default, validators=bounds)


class Partner(models.Model):
    """An eMSP or hub that we roam with, by the name the operator invited it under.

    `endpoints` are its own, by `module:ROLE`, as its version details named them. `token_out` is
    the credentials token that it gave us, sealed (cpms.kernel.sealing); the one before is
    kept as long as the newest was not used, because the answer that carried it may be lost.

    `failures`, `retry_at`: failures in a row, and until when nothing is sent (the circuit);
    `opens_after`, `first_wait_s`, `longest_wait_s`, `answer_within_s`: how the operator wants
    failures met (ocpi.domain.retrying), and how long one request may take.
    `pushing_until` is the lease of whoever pushes to it now: one at a time, which keeps order.
    """

    acting_for: tuple[str, str] | None = None
    """Not stored: the one party behind this hub that a request comes from."""

    name = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=12, choices=PartnerState, default=PartnerState.INVITED)
    versions_url = models.CharField(max_length=1024, blank=True)
    version = models.CharField(max_length=10, blank=True)
    endpoints = models.JSONField(default=dict, blank=True)
    token_out = models.TextField(blank=True, editable=False)
    token_out_before = models.TextField(blank=True, editable=False)
    token_encoding = models.CharField(
        max_length=8, choices=TokenEncoding, default=TokenEncoding.BASE64
    )
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    opens_after = _seconds(3, MOST_FAILURES)
    first_wait_s = _seconds(1, LONGEST_WAIT_S)
    longest_wait_s = _seconds(60, LONGEST_WAIT_S)
    answer_within_s = _seconds(10, LONGEST_ANSWER_S)
    last_error = models.CharField(max_length=255, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    pushing_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    connected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(opens_after__range=(1, MOST_FAILURES)),
                name="partner_opens_after",
                violation_error_message=_("Too few or too many failures in a row."),
            ),
            models.CheckConstraint(
                condition=models.Q(first_wait_s__gte=1)
                & models.Q(longest_wait_s__gte=models.F("first_wait_s"))
                & models.Q(longest_wait_s__lte=LONGEST_WAIT_S),
                name="partner_waits",
                violation_error_message=_("The waits are out of order, or too long."),
            ),
            models.CheckConstraint(
                condition=models.Q(answer_within_s__range=(1, LONGEST_ANSWER_S)),
                name="partner_answer_within",
                violation_error_message=_("That is too long, or no time, for an answer."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def policy(self) -> Policy:
        return Policy(
            opens_after=self.opens_after,
            first_wait=timedelta(seconds=self.first_wait_s),
            longest_wait=timedelta(seconds=self.longest_wait_s),
        )

    def circuit(self, now: datetime) -> Circuit:
        return circuit_of(self.failures, self.retry_at, now)

    @property
    def hosts(self) -> frozenset[str]:
        """The only hosts that we send anything of this partner's to."""
        return hosts_of([self.versions_url, *self.endpoints.values()])

    def endpoint(self, module: str, role: str) -> str | None:
        """Where the partner serves a module in a role; a peer that names no role serves both."""
        keys = (f"{name}:{asked}" for name in names_of(module) for asked in (role, ""))
        return next((self.endpoints[key] for key in keys if key in self.endpoints), None)

    def takes_at(self, module: str) -> str | None:
        """Where the partner wants to be told of a module's objects."""
        return self.endpoint(module, TOLD_AS_SENDER.get(module, "RECEIVER"))


class Party(models.Model):
    """A party (country code and party id) that a partner may speak for, fixed when it was
    invited, or when it registered on an open invitation. One partner each."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="parties")
    country_code = models.CharField(max_length=2)
    party_id = models.CharField(max_length=3)
    role = models.CharField(max_length=8, choices=Role, default=Role.EMSP)
    business_details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["country_code", "party_id", "role"]
        constraints = [
            models.UniqueConstraint(
                models.functions.Upper("country_code"),
                models.functions.Upper("party_id"),
                models.F("role"),
                name="party_of_one_partner",
            )
        ]

    def __str__(self) -> str:
        return f"{self.country_code}*{self.party_id}"


class PartnerToken(models.Model):
    """A credentials token that we gave a partner: only its digest is kept. `valid_until` is set
    when another took its place, or for an invitation."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=12, choices=TokenKind)
    digest = models.BinaryField(unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} of {self.partner_id}"

    def is_valid(self, now: datetime) -> bool:
        return self.valid_until is None or self.valid_until > now
