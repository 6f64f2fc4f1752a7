"""Meter readings: during transactions and by the clock (§4.7, errata 3.13)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cpms.simulation.connector import Connector
from cpms.simulation.link import Payload
from cpms.simulation.memory import Transaction
from cpms.simulation.metering import meter_value

if TYPE_CHECKING:
    from cpms.simulation.station import Station

LOOK_S = 10.0  # how often a running session is looked at, whatever the sample interval


class Measuring:
    """Reads the meters of one station and queues MeterValues."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self.clock, self.configuration = station.clock, station.configuration

    async def follow(self, connector: Connector, transaction: Transaction) -> None:
        """Sample one transaction at MeterValueSampleInterval, which may change meanwhile."""
        sampled_at = self.clock.now()
        while connector.transaction is transaction:
            connector.nudged.clear()
            interval_s = self.configuration.number("MeterValueSampleInterval")
            look_at = self.clock.now() + timedelta(seconds=LOOK_S)
            due_at = sampled_at + timedelta(seconds=interval_s) if interval_s else look_at
            await self.clock.wait(connector.nudged, min(look_at, due_at))
            if connector.transaction is not transaction:
                return
            connector.advance()
            self._station.statuses.report()
            if interval_s and self.clock.now() >= due_at:
                sampled_at = due_at if self._is_recent(due_at) else self.clock.now()
                self.owe(connector, "MeterValuesSampledData", "Sample.Periodic")

    def _is_recent(self, due_at: datetime) -> bool:
        """Whether sampling keeps pace; if not, missed samples are not made up."""
        return self.clock.now() - due_at < timedelta(seconds=LOOK_S)

    async def read_by_the_clock(self) -> None:
        """Clock-aligned readings of all connectors (ClockAlignedDataInterval, errata 3.13)."""
        while True:
            interval_s = self.configuration.number("ClockAlignedDataInterval")
            if not interval_s:
                await self.clock.sleep(LOOK_S)
                continue
            passed_s = self.clock.now().timestamp() % interval_s
            await self.clock.sleep(interval_s - passed_s)
            for connector in self._station.charging.connectors.values():
                self.owe(connector, "MeterValuesAlignedData", "Sample.Clock")

    def owe(self, connector: Connector, measurands_key: str, context: str) -> None:
        """Queue a MeterValues with the configured measurands."""
        measurands = self.configuration.names(measurands_key)
        value = meter_value(connector.reading(), measurands, context)
        payload: Payload = {"connectorId": connector.number, "meterValue": [value]}
        if connector.transaction is not None or self._station.registered.is_set():
            self._station.outbox.put("MeterValues", payload, connector.transaction)
