from django.db import models
from django.utils import timezone

from ocpi.models.partner import Partner


class TokenPull(models.Model):
    """How far we are with reading a partner's tokens (2.2.1 §12.1.2).

    A pull that began (`began_at`) goes on at `next_url`, whoever takes it up (`leased_until`);
    `since` is what it asks for, empty for all. `whole_at` and `finished_at`: when all tokens,
    and the changed ones, were read last. `watched_at` shows that somebody looks: after an outage
    of ours everything is due, for partners may have told us and not tried again.
    """

    partner = models.OneToOneField(
        Partner, on_delete=models.CASCADE, primary_key=True, related_name="token_pull"
    )
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    since = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    next_url = models.CharField(max_length=2048, blank=True)
    seen = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=255, blank=True)
    whole_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    watched_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"tokens of {self.partner_id}"
