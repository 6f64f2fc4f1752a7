"""What stations report of themselves beside their status."""

import logging

log = logging.getLogger("stations.security")


def note_security_event(*, station_id: int, kind: str, info: str) -> None:
    """A security event goes to the log under its own name, for alert rules."""
    log.warning("security event", extra={"station_id": station_id, "kind": kind, "info": info})
