"""News of the grid operators' edge."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DsoChanged:
    """Its state, its alarm, or what it said."""

    dso_id: int
