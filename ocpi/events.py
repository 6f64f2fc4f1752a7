"""News of the roaming edge."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartnerChanged:
    """Its state, its circuit or a handshake with it."""

    partner_id: int
