"""The live sockets of this process, by station."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocpp_gateway import metrics

if TYPE_CHECKING:
    from ocpp_gateway.connection import Connection


class Registry:
    """At most one socket per station: the one with the highest epoch."""

    def __init__(self) -> None:
        self._by_station: dict[int, Connection] = {}
        self.asking: set[Connection] = set()  # with a request of ours unanswered

    def __len__(self) -> int:
        return len(self._by_station)

    def add(self, connection: Connection) -> Connection | None:
        """Register a socket; returns the one that must close: the one it replaces, or itself
        when a newer one was faster (two that came together may be accepted in any order)."""
        station = connection.station
        before = self._by_station.get(station.station_id)
        if before is not None and before.station.epoch > station.epoch:
            return connection
        self._by_station[station.station_id] = connection
        metrics.CONNECTED.set(len(self._by_station))
        return before

    def remove(self, connection: Connection) -> None:
        """Forget a socket, unless a newer one took its place."""
        self.asking.discard(connection)
        if self._by_station.get(connection.station.station_id) is connection:
            del self._by_station[connection.station.station_id]
        metrics.CONNECTED.set(len(self._by_station))

    def get(self, station_id: int) -> Connection | None:
        return self._by_station.get(station_id)

    def all(self) -> list[Connection]:
        return list(self._by_station.values())
