from django.db import models
from django.utils import timezone

from energy.models import PriceList


class PriceFeed(models.Model):
    """Day-ahead prices of a bidding zone (`area`: its EIC code) from ENTSO-E, into a price list.
    `token` is the security token of the web service, sealed. `until` is where its prices end."""

    price_list = models.OneToOneField(PriceList, on_delete=models.CASCADE, related_name="feed")
    area = models.CharField(max_length=16)
    token = models.TextField(blank=True, editable=False)
    next_poll_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=255, blank=True)
    is_stale = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["price_list__name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(area__regex=r"^10Y[A-Z0-9-]{13}$"), name="feed_area_is_an_eic"
            )
        ]

    def __str__(self) -> str:
        return f"{self.price_list} from {self.area}"
