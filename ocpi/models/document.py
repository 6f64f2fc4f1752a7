from django.contrib.postgres.fields import ArrayField
from django.db import models

from stations.models import Evse, Location


class LocationDocument(models.Model):
    """What seldom changes of a Location as JSON, ready to be completed (ocpi.domain.documents).
    Drawn up by `draw_documents`; who reads it looks for an `Outdated` as well. `form` is that of
    the code that wrote it."""

    location = models.OneToOneField(
        Location, on_delete=models.CASCADE, primary_key=True, related_name="document"
    )
    text = models.TextField()
    form = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return self.text


class EvseDocument(models.Model):
    """The same of an EVSE, and of its connectors in order."""

    evse = models.OneToOneField(
        Evse, on_delete=models.CASCADE, primary_key=True, related_name="document"
    )
    text = models.TextField()
    connector_ids = ArrayField(models.BigIntegerField())
    connector_texts = ArrayField(models.TextField())
    form = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(connector_ids__len=models.F("connector_texts__len")),
                name="evse_document_connector_has_text",
            )
        ]

    def __str__(self) -> str:
        return self.text


class Outdated(models.Model):
    """The documents of this `location`, `evse`, or of all EVSEs of this `station` are not to be
    read. Written by database triggers in the transaction of the change, whoever makes it
    (docs/adr/0017); deleted by `draw_documents` with the drawing that has it."""

    subject = models.CharField(max_length=8)
    object_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["subject", "object_id"], name="outdated_of")]

    def __str__(self) -> str:
        return f"{self.subject} {self.object_id}"
