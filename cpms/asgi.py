"""The web process: HTTP to Django, `/ocpp/…` to the gateway, `/live/` to the portal."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cpms.settings")

from django.core.asgi import get_asgi_application

django_app = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 -- app ready
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402 -- app ready

from cpms.portal.consumers import LiveConsumer  # noqa: E402 -- app ready
from cpms.requests import bounded  # noqa: E402 -- app ready
from ocpp_gateway import process  # noqa: E402 -- app ready
from ocpp_gateway.consumers import StationConsumer  # noqa: E402 -- app ready

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

station_app = StationConsumer.as_asgi()
http_app = bounded(django_app)  # type: ignore[arg-type]
live_app = AllowedHostsOriginValidator(AuthMiddlewareStack(LiveConsumer.as_asgi()))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI door."""
    match scope["type"]:
        case "websocket" if scope["path"].startswith("/ocpp/"):
            await station_app(scope, receive, send)
        case "websocket" if scope["path"] == "/live/":
            await live_app(scope, receive, send)
        case "websocket":
            await receive()
            await send({"type": "websocket.close"})
        case "lifespan":
            await process.lifespan(receive, send)
        case _:
            await http_app(scope, receive, send)
