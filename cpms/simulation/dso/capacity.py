"""A capacity provider of OSCP 2.0: it registers with a flexibility provider by an invitation,
beats, and forecasts what its group may take."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from cpms.simulation.dso import course
from cpms.simulation.dso.wire import Json, PeerFailed, answer, ask, text
from cpms.simulation.emsp.wire import Answer, Request

VERSION = "2.0"
BEAT_S, FORECAST_S, RETRY_S = 15.0, 300.0, 2.0
LIVES_ON = 3


@dataclass(slots=True)
class Memory:
    """`token_in` lets the CPMS in here, `token_out` lets us in there."""

    token_in: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    token_out: str = ""
    their_url: str = ""

    @classmethod
    def load(cls, path: Path | None) -> "Memory":
        try:
            return cls(**json.loads(path.read_text())) if path else cls()
        except (OSError, ValueError, TypeError):
            return cls()

    def save(self, path: Path | None) -> None:
        if path is not None:
            path.touch(mode=0o600)
            path.write_text(json.dumps(asdict(self)))


class CapacityProvider:
    """One group of one CPMS. `heard` are the last things it was told."""

    def __init__(
        self, group: str, full_kw: float, path: Path | None, show: Callable[[str], None]
    ) -> None:
        self.group, self.full_kw, self.url = group, full_kw, ""
        self.heard: list[tuple[str, Any]] = []
        self._path, self._show = path, show
        self.memory = Memory.load(path)
        self._shaken = asyncio.Event()
        self._errands: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request, action: str) -> Answer:
        if request.headers.get("authorization") != f"Token {self.memory.token_in}":
            return answer({"message": "Unknown token."}, HTTPStatus.UNAUTHORIZED)
        try:
            body = request.json()
        except ValueError:
            return answer({"message": "This is not JSON."}, HTTPStatus.BAD_REQUEST)
        self.heard = [*self.heard[-50:], (action, body)]
        match action:
            case "register":
                self._learn(body)
            case "handshake":
                self._later(self._acknowledge())
            case "handshake_acknowledge":
                self._shaken.set()
        return answer()

    async def live(self, invitation: tuple[str, str] | None) -> None:
        """Register (by the other side's URL and token A), or say where we are now; then beat and
        forecast for as long as it runs."""
        while not await self._introduce(invitation):  # noqa: ASYNC110 -- the other side is away
            await asyncio.sleep(RETRY_S)
        await self._shaken.wait()
        await asyncio.gather(
            self._again(BEAT_S, self._beat), self._again(FORECAST_S, self.forecast)
        )

    async def forecast(self) -> None:
        """What the group may take in the next day, and what while we are away."""
        for kind, share in (("CONSUMPTION", 1.0), ("FALLBACK_CONSUMPTION", 0.3)):
            await self._tell("update_group_capacity_forecast", self._forecast(kind, share))

    def _forecast(self, kind: str, share: float) -> Json:
        blocks = [
            {
                "capacity": round(course.limit_kw(self.full_kw, at) * share, 1),
                "phase": "ALL",
                "unit": "KW",
                "start_time": text(at),
                "end_time": text(at + course.STEP),
            }
            for at in course.steps(datetime.now(UTC))
        ]
        return {"group_id": self.group, "type": kind, "forecasted_blocks": blocks}

    async def _introduce(self, invitation: tuple[str, str] | None) -> bool:
        memory = self.memory
        ours = {
            "token": memory.token_in,
            "version_url": [{"version": VERSION, "base_url": self.url}],
        }
        try:
            if memory.token_out:
                token, where, method = memory.token_out, memory.their_url, "PUT"
            elif invitation is not None:
                where, token, method = *invitation, "POST"
            else:
                return True
            await ask(method, f"{where}/register", f"Token {token}", ours)
        except PeerFailed as failure:
            self._show(str(failure))
            return False
        return True

    def _learn(self, body: Json) -> None:
        self.memory.token_out = body["token"]
        self.memory.their_url = body["version_url"][0]["base_url"]
        self.memory.save(self._path)
        self._show(f"OSCP: registered with {self.memory.their_url}")

    async def _acknowledge(self) -> None:
        wanted = {"heartbeat_interval": int(BEAT_S), "measurement_configuration": ["CONTINUOUS"]}
        await self._tell("handshake_acknowledge", {"required_behaviour": wanted})
        self._shaken.set()

    async def _beat(self) -> None:
        until = datetime.now(UTC) + timedelta(seconds=BEAT_S * LIVES_ON)
        await self._tell("heartbeat", {"offline_mode_at": text(until)})

    async def _tell(self, action: str, body: Json) -> None:
        token, where = self.memory.token_out, self.memory.their_url
        await ask("POST", f"{where}/{action}", f"Token {token}", body)

    async def _again(self, each_s: float, do: Any) -> None:
        while True:
            try:
                await do()
            except PeerFailed as failure:
                self._show(str(failure))
            await asyncio.sleep(each_s)

    def _later(self, errand: Any) -> None:
        async def run() -> None:
            with contextlib.suppress(PeerFailed):
                await errand

        task = asyncio.create_task(run())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
