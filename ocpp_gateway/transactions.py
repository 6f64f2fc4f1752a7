"""Starts and stops of all stations of this process, committed together."""

from booking import services
from booking.domain.facts import Authorization, TransactionStart, TransactionStop
from ocpp_gateway.batches import Batcher


class Transactions:
    """One per process."""

    def __init__(self) -> None:
        self._starts: Batcher[TransactionStart, services.Started] = Batcher(
            services.start_transactions
        )
        self._stops: Batcher[TransactionStop, Authorization | None] = Batcher(
            services.stop_transactions
        )

    async def start(self, fact: TransactionStart) -> services.Started:
        """Raises UnknownEvse or ReplacedSocket."""
        return await self._starts.ask(fact)

    async def stop(self, fact: TransactionStop) -> Authorization | None:
        """What the token that stopped it is worth. Raises ReplacedSocket."""
        return await self._stops.ask(fact)
