"""Drawing up what is kept of locations (docs/adr/0017).

Triggers mark what changed in the transaction of the change. Here marks are deleted and, in the
same transaction but by later statements, documents written from the rows: a mark that is gone
stands for a change that its document has. One drawing at a time, so none overwrites a newer one.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from ocpi.domain.documents import FORM, EvseText
from ocpi.models import EvseDocument, LocationDocument, Outdated
from ocpi.selectors import drawn_evses, drawn_locations
from stations.models import Evse, Location

MOST = 1000  # of each kind, in one transaction
ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtext('ocpi documents'))"


def draw_documents() -> int:
    """Draw up what is marked as outdated, and what is not there yet. Returns how many documents
    were written."""
    drawn = 0
    while some := _draw_some():
        drawn += some
    return drawn


@transaction.atomic
def _draw_some() -> int:
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME)
        if not cursor.fetchone()[0]:
            return 0
    marked = _taken_marks()
    locations = drawn_locations([*marked["location"], *_undrawn(Location.objects.all())])
    evses = drawn_evses(
        [*marked["evse"], *_evses_of(marked["station"]), *_undrawn(Evse.objects.all())]
    )
    _keep_locations(locations)
    _keep_evses(evses)
    return len(locations) + len(evses)


def _taken_marks() -> dict[str, set[int]]:
    """What some marks name, by subject; the marks are deleted."""
    marks = Outdated.objects.order_by("pk")[:MOST]
    taken: dict[str, set[int]] = defaultdict(set)
    rows = list(marks.values_list("pk", "subject", "object_id"))
    for _, subject, object_id in rows:
        taken[subject].add(object_id)
    Outdated.objects.filter(pk__in=[pk for pk, _, _ in rows]).delete()
    return taken


def _evses_of(stations: Collection[int]) -> list[int]:
    return list(Evse.objects.filter(station__in=stations).values_list("pk", flat=True))


def _undrawn(rows: QuerySet[Location] | QuerySet[Evse]) -> list[int]:
    """Some of those without a document of this form."""
    lacking = rows.filter(Q(document=None) | ~Q(document__form=FORM)).order_by("pk")
    return list(lacking.values_list("pk", flat=True)[:MOST])


def _keep_locations(texts: dict[int, str]) -> None:
    LocationDocument.objects.bulk_create(
        [LocationDocument(location_id=pk, text=text, form=FORM) for pk, text in texts.items()],
        update_conflicts=True,
        unique_fields=["location"],
        update_fields=["text", "form"],
    )


def _keep_evses(texts: dict[int, EvseText]) -> None:
    EvseDocument.objects.bulk_create(
        [EvseDocument(evse_id=pk, form=FORM, **asdict(one)) for pk, one in texts.items()],
        update_conflicts=True,
        unique_fields=["evse"],
        update_fields=["text", "connector_ids", "connector_texts", "form"],
    )
