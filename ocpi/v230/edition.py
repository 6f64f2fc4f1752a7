"""OCPI 2.3.0 for those below it."""

from typing import Any

from ocpi.v221.edition import Edition221
from ocpi.v230.shapes import SHAPES

Json = dict[str, Any]

VERSION = "2.3.0"


class Edition230(Edition221):
    """Fills `ocpi.ports.Edition`."""

    version = VERSION

    def shaped(self, module: str, body: Json) -> Json:
        shape = SHAPES.get(module)
        return shape(body) if shape else body
