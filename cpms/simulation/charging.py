"""What a station does with cars: permit, start, stop."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cpms.simulation.authority import Authority, IdTagInfo, is_accepted
from cpms.simulation.clock import instant, timestamp
from cpms.simulation.connector import Connector, Permit
from cpms.simulation.link import Lost, Payload, Refused, TimedOut
from cpms.simulation.memory import Message, Transaction
from cpms.simulation.metering import REGISTER, Reading, meter_value
from cpms.simulation.physics import Car
from cpms.simulation.profiles import Profile, Situation, limit_w
from cpms.simulation.reservations import Reservations

if TYPE_CHECKING:
    from cpms.simulation.station import Station


class Charging:
    """The connectors of one station and the rules between them."""

    def __init__(self, station: "Station") -> None:
        self._station = station
        self.clock = station.clock
        self.memory, self.configuration = station.memory, station.configuration
        self.authority = Authority(station.memory)
        self.reservations = Reservations()
        self.profiles: list[Profile] = []
        self.stops_to_forget = 0
        self.connectors = {
            number: Connector(
                number, outlet, self.clock, self.memory.meters_wh.get(number, 0.0), self.limit_w
            )
            for number, outlet in enumerate(station.spec.outlets, start=1)
        }
        self._wanted_profiles: dict[int, Payload] = {}

    def report(self) -> None:
        """Something may have changed that a StatusNotification should tell."""
        self._station.statuses.report()

    # --- power on and off ---

    def power_up(self) -> None:
        """End what was going on when the power went (§4.10, reason PowerLoss)."""
        for number in self.memory.ongoing:
            transaction = self.memory.transactions[number]
            register_wh = round(self.connectors[transaction.connector].meter_wh)
            payload = {
                "meterStop": register_wh,
                "timestamp": timestamp(self.clock.now()),
                "reason": "PowerLoss",
            }
            self._station.outbox.put("StopTransaction", payload, transaction)
        self.memory.ongoing.clear()

    def remember_meters(self) -> None:
        for number, connector in self.connectors.items():
            connector.advance()
            self.memory.meters_wh[number] = connector.meter_wh

    def end_all(self, reason: str) -> None:
        """All transactions end: the station is about to go down."""
        for connector in self.connectors.values():
            connector.permit = None
            if connector.transaction is not None:
                self.end(connector, reason)
                connector.finishing = False

    # --- drivers ---

    def plug_in(self, number: int, car: Car) -> None:
        """A cable goes in; a waiting permit starts the transaction."""
        connector = self.connectors[number]
        connector.car = car
        permit = connector.permit
        if permit is not None and connector.is_usable:
            self.begin(connector, permit)
        self.report()

    def unplug(self, number: int) -> None:
        """The cable goes out; by configuration that ends the transaction."""
        connector = self.connectors[number]
        connector.advance()
        running = connector.transaction is not None
        connector.car = None
        if running and self.configuration.truth("StopTransactionOnEVSideDisconnect"):
            self.end(connector, "EVDisconnected")
        connector.finishing = False
        self.report()

    async def present(self, number: int, id_tag: str) -> bool:
        """A card is held to the reader: it stops its own transaction, else may start one.
        Tells whether the card had its way."""
        connector = self.connectors[number]
        running = connector.transaction
        if running is not None:
            if not self._is_same_driver(running.id_tag, id_tag):
                return False
            self.end(connector, "Local", id_tag)
            return True
        if not connector.is_usable:
            return False
        info = await self.authorize(id_tag)
        if not connector.is_usable or not is_accepted(info, self.clock.now()):
            return False
        if self._is_held_for_another(connector, id_tag):
            return False
        self.permit(connector, id_tag)
        return True

    async def authorize(self, id_tag: str) -> IdTagInfo:
        """Ask the CSMS, or judge alone when it cannot be asked (§3.5)."""
        known = self.authority.known(
            id_tag,
            use_list=self.configuration.truth("LocalAuthListEnabled"),
            use_cache=self.configuration.truth("AuthorizationCacheEnabled"),
        )
        is_known_good = known is not None and is_accepted(known, self.clock.now())
        if known is not None and is_known_good and self.configuration.truth("LocalPreAuthorize"):
            return known
        if self._station.registered.is_set():
            try:
                answer = await self._station.call("Authorize", {"idTag": id_tag})
            except (Lost, TimedOut, Refused):
                pass
            else:
                self.authority.remember(id_tag, answer["idTagInfo"])
                return dict(answer["idTagInfo"])
        if known is not None and self.configuration.truth("LocalAuthorizeOffline"):
            return known
        strangers = self.configuration.truth("AllowOfflineTxForUnknownId")
        return {"status": "Accepted" if strangers else "Invalid"}

    def permit(self, connector: Connector, id_tag: str) -> None:
        """`id_tag` may charge here: at once, or when the cable comes (ConnectionTimeOut)."""
        parent = self.authority.parent_of(id_tag)
        hold = self.reservations.usable_by(id_tag, parent, connector.number)
        wait = timedelta(seconds=self.configuration.number("ConnectionTimeOut"))
        permit = Permit(id_tag, self.clock.now() + wait, hold.reservation_id if hold else None)
        if connector.car is not None:
            self.begin(connector, permit)
        else:
            connector.permit = permit
            self._station.spawn(self._withdraw(connector, permit))
            self._station.world.summon(self._station, connector)
        self.report()

    async def start_remotely(
        self, connector: Connector, id_tag: str, profile: Payload | None
    ) -> None:
        """RemoteStartTransaction, accepted (§5.11)."""
        if self.configuration.truth("AuthorizeRemoteTxRequests"):
            info = await self.authorize(id_tag)
            if not is_accepted(info, self.clock.now()):
                return
        if connector.is_usable and connector.permit is None:
            if profile is not None:
                self._wanted_profiles[connector.number] = profile
            self.permit(connector, id_tag)

    def choose(self, id_tag: str, number: int | None) -> Connector | None:
        """The connector that a driver may start at: the wanted one, or any; None if there is none."""
        wanted = self.connectors.values() if number is None else [self.connectors[number]]
        usable = [c for c in wanted if c.is_usable and c.permit is None]
        usable = [c for c in usable if not self._is_held_for_another(c, id_tag)]
        return max(usable, key=lambda c: c.car is not None, default=None)

    # --- transactions ---

    def begin(self, connector: Connector, permit: Permit) -> None:
        """A transaction starts (§4.8)."""
        transaction = Transaction(
            number=self.memory.next_number(),
            connector=connector.number,
            id_tag=permit.id_tag,
            meter_start_wh=round(connector.meter_wh),
            started_at=timestamp(self.clock.now()),
            reservation_id=permit.reservation_id,
        )
        self.memory.transactions[transaction.number] = transaction
        self.memory.ongoing.append(transaction.number)
        self._station.world.tally.sessions_started += 1
        connector.hold(transaction)
        payload = {
            "connectorId": connector.number,
            "idTag": transaction.id_tag,
            "meterStart": transaction.meter_start_wh,
            "timestamp": transaction.started_at,
        }
        if transaction.reservation_id is not None:
            payload["reservationId"] = transaction.reservation_id
            self.reservations.held.pop(transaction.reservation_id, None)
        if (profile := self._wanted_profiles.pop(connector.number, None)) is not None:
            self.profiles.append(Profile(connector.number, profile))
        self._station.outbox.put("StartTransaction", payload, transaction)
        self._station.spawn(self._station.measuring.follow(connector, transaction))
        self.report()

    def end(self, connector: Connector, reason: str, id_tag: str | None = None) -> None:
        """The transaction ends (§4.10)."""
        transaction = connector.transaction
        if transaction is None:
            return
        reading = connector.reading()
        connector.release()
        self.memory.ongoing.remove(transaction.number)
        self._station.world.tally.sessions_ended += 1
        self._station.world.tally.energy_wh += round(reading.meter_wh) - transaction.meter_start_wh
        self.profiles = [
            p for p in self.profiles if p.purpose != "TxProfile" or p.connector != connector.number
        ]
        if self.stops_to_forget:
            self.stops_to_forget -= 1
        else:
            payload = self._stop_payload(transaction, reading) | {"reason": reason}
            payload |= {"idTag": id_tag} if id_tag else {}
            self._station.outbox.put("StopTransaction", payload, transaction)
        self.report()

    def hear(self, message: Message, answer: Payload | None) -> None:
        """The CSMS answered a transaction message (None: it was given up)."""
        info = (answer or {}).get("idTagInfo")
        if info is None or "idTag" not in message.payload:
            return
        self.authority.remember(message.payload["idTag"], info)
        if message.action != "StartTransaction" or info["status"] == "Accepted":
            return
        connector = self.connectors[message.payload["connectorId"]]
        running = connector.transaction
        is_this_one = running is not None and running.number == message.transaction
        if is_this_one and self.configuration.truth("StopTransactionOnInvalidId"):
            self.end(connector, "DeAuthorized")

    def running(self, transaction_id: int) -> Connector | None:
        """Where the CSMS's transaction runs."""
        for connector in self.connectors.values():
            transaction = connector.transaction
            if transaction is not None and transaction.transaction_id == transaction_id:
                return connector
        return None

    def limit_w(self, connector: Connector) -> float | None:
        """What the charging profiles allow here, now."""
        if not self.profiles:
            return None
        sharers = sum(c.transaction is not None for c in self.connectors.values())
        return limit_w(self.profiles, self.situation(connector, sharers), self.clock.now())

    def situation(self, connector: Connector, sharers: int = 1) -> Situation:
        running = connector.transaction
        started_at = instant(running.started_at) if running else None
        return Situation(connector.number, connector.outlet, started_at, sharers)

    def nudge(self) -> None:
        """Limits or intervals changed: look at every session now."""
        for connector in self.connectors.values():
            connector.nudge()

    def _stop_payload(self, transaction: Transaction, end: Reading) -> Payload:
        payload: Payload = {"meterStop": round(end.meter_wh), "timestamp": end.at}
        if not self.configuration["StopTxnSampledData"]:
            return payload
        begin = replace(end, at=transaction.started_at, meter_wh=transaction.meter_start_wh)
        data = [
            meter_value(begin, [REGISTER], "Transaction.Begin"),
            meter_value(end, [REGISTER], "Transaction.End"),
        ]
        return payload | {"transactionData": data}

    def _is_same_driver(self, one: str, other: str) -> bool:
        parents = {self.authority.parent_of(one), self.authority.parent_of(other)}
        return one.upper() == other.upper() or (len(parents) == 1 and None not in parents)

    def _is_held_for_another(self, connector: Connector, id_tag: str) -> bool:
        self.reservations.expire(self.clock.now())
        free = sum(c.is_usable for c in self.connectors.values())
        parent = self.authority.parent_of(id_tag)
        return self.reservations.bars(id_tag, parent, connector.number, free)

    async def _withdraw(self, connector: Connector, permit: Permit) -> None:
        """Nobody plugged in: the permit lapses (ConnectionTimeOut)."""
        await self.clock.sleep_until(permit.expires_at)
        if connector.permit is permit:
            connector.permit = None
            self._wanted_profiles.pop(connector.number, None)
            self.report()
