"""What the driver's journey asks of those above it."""

from typing import Protocol

from booking.domain.facts import Authorization


class RealTimeAuthorization(Protocol):
    """Asks a token's issuer, in real time (OCPI 2.2.1 §12.2.1.2). Runs outside transactions;
    None: it knows no better than the stored token."""

    def __call__(self, id_token: str, location_ocpi_id: str) -> Authorization | None: ...


_asks: list[RealTimeAuthorization] = []


def fill(port: RealTimeAuthorization) -> None:
    """Say who asks issuers (the roaming edge, at start-up)."""
    _asks[:] = [port]


def ask_issuer(id_token: str, location_ocpi_id: str) -> Authorization | None:
    """The issuer's answer, if anybody can ask it."""
    return _asks[0](id_token, location_ocpi_id) if _asks else None
