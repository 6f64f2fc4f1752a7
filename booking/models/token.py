from django.db import models
from django.utils import timezone

from booking.enums import AuthorizationStatus, TokenType, WhitelistType


class Token(models.Model):
    """Who may charge: an eMSP's OCPI token (2.2.1 §12.3.2) or one of the CPO's own id tokens.

    The party key (`country_code`, `party_id`) is empty for the CPO's own. `uid` is what a card
    reader reads, compared without case (OCPP IdToken and OCPI uid are CiStrings). `status` is
    the OCPP answer for an own token; an eMSP's token is `valid` or not.
    """

    country_code = models.CharField(max_length=2, blank=True)
    party_id = models.CharField(max_length=3, blank=True)
    uid = models.CharField(max_length=36)
    type = models.CharField(max_length=12, choices=TokenType, default=TokenType.RFID)
    contract_id = models.CharField(max_length=36, blank=True)
    visual_number = models.CharField(max_length=64, blank=True)
    issuer = models.CharField(max_length=64, blank=True)
    group_id = models.CharField(max_length=36, blank=True)
    valid = models.BooleanField(default=True)
    whitelist = models.CharField(
        max_length=16, choices=WhitelistType, default=WhitelistType.ALLOWED
    )
    language = models.CharField(max_length=2, blank=True)
    default_profile_type = models.CharField(max_length=16, blank=True)
    energy_contract = models.JSONField(null=True, blank=True)
    status = models.CharField(
        max_length=16, choices=AuthorizationStatus, default=AuthorizationStatus.ACCEPTED
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["country_code", "party_id", "uid"]
        indexes = [models.Index(models.functions.Upper("uid"), name="token_uid_any_case")]
        constraints = [
            models.UniqueConstraint(
                models.functions.Upper("country_code"),
                models.functions.Upper("party_id"),
                models.functions.Upper("uid"),
                models.F("type"),
                name="token_unique_in_party",
            )
        ]

    def __str__(self) -> str:
        return self.uid

    @property
    def is_own(self) -> bool:
        return not self.party_id
