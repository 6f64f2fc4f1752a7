"""The portal's WebSocket: `/live/?view=…` sends a page's fragments when they change."""

import asyncio
import contextlib
import logging
from typing import Any
from urllib.parse import parse_qsl

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import has_role
from cpms.kernel.errors import DomainError
from cpms.portal.live import Fragments, LiveView, hub
from cpms.portal.live_views import VIEWS

log = logging.getLogger(__name__)

SHORTEST_S = 1.0  # between two updates of a page
LONGEST_S = 5.0  # a page looks by itself: news may be lost
REFUSED, GONE = 4403, 4404


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One open page."""

    _task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        query = dict(parse_qsl(self.scope["query_string"].decode(errors="replace")))
        view = VIEWS.get(query.get("view", ""))
        user = self.scope.get("user")
        await self.accept()
        if view is None or user is None or not await database_sync_to_async(may_look)(user):
            await self.close(code=REFUSED if view else GONE)
            return
        self._task = asyncio.get_running_loop().create_task(self._run(view, user, query))

    async def disconnect(self, code: int) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self, view: LiveView, user: User, query: dict[str, str]) -> None:
        sent: Fragments = {}
        page = hub.open(await database_sync_to_async(view.topics)(query))
        try:
            while await self._update(view, user, query, sent):
                await asyncio.sleep(SHORTEST_S)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(page.wait(), LONGEST_S)
                page.clear()
        finally:
            hub.close(page)

    async def _update(
        self, view: LiveView, user: User, query: dict[str, str], sent: Fragments
    ) -> bool:
        """Send what changed; False when the page should close."""
        try:
            fragments = await database_sync_to_async(render)(view, user, query)
        except DatabaseError as fault:
            log.warning("page not updated", extra={"fault": str(fault)})
            return True
        if fragments is None:
            await self.close(code=REFUSED)
            return False
        changed = {key: html for key, html in fragments.items() if sent.get(key) != html}
        if changed:
            sent.update(changed)
            await self.send(text_data="".join(oob(key, html) for key, html in changed.items()))
        return True


def oob(element_id: str, html: str) -> str:
    """An element that replaces its namesake by morphing: focus and open menus stay."""
    return f'<div id="{element_id}" hx-swap-oob="morph">{html}</div>'


def may_look(user: Any) -> bool:
    """Asked at each update: a role may be taken away while a page is open."""
    if not getattr(user, "pk", None):
        return False
    fresh = User.objects.filter(pk=user.pk).first()
    return fresh is not None and has_role(fresh, Role.VIEWER)


def render(view: LiveView, user: User, query: dict[str, str]) -> Fragments | None:
    """The page's fragments; None when it may not be seen (any more)."""
    if not may_look(user):
        return None
    try:
        with timezone.override("UTC"):
            return view.fragments(user, query)
    except (DomainError, ValueError):
        return None
