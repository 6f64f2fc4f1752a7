"""OCPI 2.3.0 for those below it."""

from typing import Any

from django.conf import settings

from ocpi.v221.edition import OFFERED, SENDER, Edition221
from ocpi.v230.shapes import SHAPES

Json = dict[str, Any]

VERSION = "2.3.0"
BOOKINGS = "bookings"


class Edition230(Edition221):
    """Fills `ocpi.ports.Edition`."""

    version = VERSION
    offered = (*OFFERED, (BOOKINGS, SENDER))

    def endpoints(self) -> list[Json]:
        """The Bookings module under the name that is configured."""
        return [
            {**one, "identifier": settings.OCPI.bookings_module}
            if one["identifier"] == BOOKINGS
            else one
            for one in super().endpoints()
        ]

    def shaped(self, module: str, body: Json) -> Json:
        shape = SHAPES.get(module)
        return shape(body) if shape else body
