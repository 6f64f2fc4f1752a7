"""The portal's WebSocket: `/live/?view=…` sends a page's fragments when they change."""

import asyncio
import contextlib
import logging
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.db import DatabaseError
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.permissions import has_role
from cpms.kernel.errors import DomainError
from cpms.languages import language_of
from cpms.portal.live import Fragments, LiveView, hub
from cpms.portal.live_views import VIEWS

log = logging.getLogger(__name__)

SHORTEST_S = 1.0  # between two updates of a page
LONGEST_S = 5.0  # a page looks by itself: news may be lost
REFUSED, GONE = 4403, 4404
TRY_AGAIN = 1013
MOST_OF_ONE = 30  # pages of one user in this process; each is rendered once a second

_open_pages: Counter[int] = Counter()  # by user


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One open page."""

    _task: asyncio.Task[None] | None = None
    _counted: int | None = None
    _language = "en"

    async def connect(self) -> None:
        if not is_our_page(dict(self.scope["headers"])):
            await self.close()  # before the upgrade: HTTP 403
            return
        text = self.scope["query_string"].decode(errors="replace").replace("%00", "")
        query = dict(parse_qsl(text))
        view = VIEWS.get(query.get("view", ""))
        user = self.scope.get("user")
        await self.accept()
        session = self.scope.get("session")
        if view is None or not await database_sync_to_async(may_look)(view, user, session):
            await self.close(code=REFUSED if view else GONE)
            return
        if not self._count(user.pk):
            await self.close(code=TRY_AGAIN)
            return
        self._language = language_of_page(self.scope)
        self._task = asyncio.get_running_loop().create_task(self._run(view, user, query))

    def _count(self, user_id: int) -> bool:
        """Whether the user may have one page more."""
        if _open_pages[user_id] >= MOST_OF_ONE:
            return False
        _open_pages[user_id] += 1
        self._counted = user_id
        return True

    async def disconnect(self, code: int) -> None:
        if self._counted is not None:
            _open_pages[self._counted] -= 1
            self._counted = None
        if self._task is not None:
            self._task.cancel()

    async def _run(self, view: LiveView, user: User, query: dict[str, str]) -> None:
        try:
            await self._keep_fresh(view, user, query)
        except OSError:  # the browser went away while we wrote
            log.debug("live page left")
        except Exception:  # a bug in one view: nobody awaits this task, so it is told here
            log.exception("live page ended")
            await self.close(code=TRY_AGAIN)  # the browser connects anew

    async def _keep_fresh(self, view: LiveView, user: User, query: dict[str, str]) -> None:
        sent: Fragments = {}
        page = hub.open(await database_sync_to_async(view.topics)(query))
        try:
            while await self._update(view, user, query, sent):
                await asyncio.sleep(SHORTEST_S)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LONGEST_S):
                        await page.wait()
                page.clear()
        finally:
            hub.close(page)

    async def _update(
        self, view: LiveView, user: User, query: dict[str, str], sent: Fragments
    ) -> bool:
        """Send what changed; False when the page should close."""
        try:
            with translation.override(self._language):
                fragments = await database_sync_to_async(render)(
                    view, user, self.scope["session"], query
                )
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


def is_our_page(headers: dict[bytes, bytes]) -> bool:
    """Whether a page of this host asks, not one of another site in the same browser. Programs,
    which send no Origin, have no cookie that they were not given."""
    if b"origin" not in headers:
        return True
    place = headers[b"origin"].decode(errors="replace").partition("://")[2]
    host = headers.get(b"host", b"").decode(errors="replace")
    return bool(place) and place in {host, settings.PUBLIC_URL.partition("://")[2]}


def language_of_page(scope: dict[str, Any]) -> str:
    """As the page was; it connects anew when its reader chooses another."""
    accepted = dict(scope["headers"]).get(b"accept-language", b"").decode(errors="replace")
    return language_of(scope.get("user"), scope.get("cookies", {}), accepted)


def oob(element_id: str, html: str) -> str:
    """An element that replaces its namesake by morphing: focus and open menus stay."""
    return f'<div id="{element_id}" hx-swap-oob="morph">{html}</div>'


def may_look(view: LiveView, user: Any, session: Any) -> bool:
    """Asked at each update: the role may be taken away, or the log-in end, in another window."""
    if not getattr(user, "pk", None) or not session.exists(session.session_key):
        return False
    fresh = User.objects.filter(pk=user.pk).first()
    return (
        fresh is not None
        and has_role(fresh, view.role)
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), fresh.get_session_auth_hash())
    )


def render(view: LiveView, user: User, session: Any, query: dict[str, str]) -> Fragments | None:
    """The page's fragments; None when it may not be seen (any more)."""
    if not may_look(view, user, session):
        return None
    try:
        with timezone.override("UTC"):
            return view.fragments(user, query)
    except (DomainError, ValueError):
        return None
