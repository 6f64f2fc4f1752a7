"""Rude on the WebSocket: handshakes, sizes, fragments, compression."""

import asyncio
import zlib

from cpms.simulation.rude.door import BOOT, Door, Rudeness, named
from cpms.simulation.rude.raw import CONTINUATION, HandshakeRefused

MEGABYTE = 1 << 20


async def wrong_subprotocol(door: Door) -> None:
    await door.open(subprotocols="ocpp0.9, soap")


async def no_subprotocol(door: Door) -> None:
    await door.open(subprotocols="")


async def wrong_password(door: Door) -> None:
    await door.open(password="not the key")  # noqa: S106 -- the point


async def unknown_identity(door: Door) -> None:
    await door.open(identity="nobody-knows-me")


async def undecodable_path(door: Door) -> None:
    """Bytes that are no UTF-8, a NUL, a way up the tree."""
    for path in ("%ff%fe", "%00", "..%2f..%2fetc%2fpasswd", "a" * 5000):
        try:
            await door.open(url=door.url.replace("{identity}", path))
        except (HandshakeRefused, OSError, EOFError):
            continue


async def two_sockets(door: Door) -> None:
    """Both talk; only the newer may be believed."""
    older, newer = await door.open(), await door.open()
    for socket in (newer, older):
        try:
            await socket.call("BootNotification", BOOT)
            await socket.answer(door.patience_s)
        except OSError:
            continue


async def ten_megabyte_frame(door: Door) -> None:
    socket = await door.enter()
    await socket.call("DataTransfer", f'{{"vendorId":"{"x" * 10 * MEGABYTE}"}}')
    await socket.listen(door.patience_s)


async def endless_fragments(door: Door) -> None:
    """A message that never ends."""
    socket = await door.enter()
    await socket.frame(b'[2,"', fin=False)
    for _ in range(2000):
        await socket.frame(b"x" * 1000, CONTINUATION, fin=False)
    await socket.listen(door.patience_s)


async def empty_fragments(door: Door) -> None:
    """A message of nothing, for ever."""
    socket = await door.enter()
    await socket.frame(b"", fin=False)
    for _ in range(5000):
        await socket.frame(b"", CONTINUATION, fin=False)
    await socket.listen(door.patience_s)


async def one_byte_fragments(door: Door) -> None:
    """A good message, one byte a frame."""
    socket = await door.enter()
    text = b'[2,"crumbs","Heartbeat",{}]'
    for place in range(len(text)):
        opcode = CONTINUATION if place else 1
        await socket.frame(text[place : place + 1], opcode, fin=place == len(text) - 1)
    await socket.listen(door.patience_s)


async def deflate_bomb(door: Door) -> None:
    """A few kilobytes that unpack to 64 MB."""
    socket = await door.open(extensions="permessage-deflate")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b" " * 64 * MEGABYTE) + packer.flush(zlib.Z_SYNC_FLUSH)
    await socket.frame(bomb[:-4], rsv1=True)
    await socket.listen(door.patience_s)


async def not_utf8(door: Door) -> None:
    socket = await door.enter()
    await socket.frame(b'[2,"bad","Heartbeat",{"x":"\xff\xfe"}]')
    await socket.listen(door.patience_s)


async def binary_frame(door: Door) -> None:
    socket = await door.enter()
    await socket.frame(b'[2,"binary","Heartbeat",{}]', opcode=2)
    await socket.listen(door.patience_s)


async def unknown_opcode(door: Door) -> None:
    socket = await door.enter()
    await socket.frame(b"?", opcode=5)
    await socket.listen(door.patience_s)


async def ping_flood(door: Door) -> None:
    socket = await door.enter()
    for _ in range(1000):
        await socket.frame(b"hello", opcode=9)
    await socket.listen(door.patience_s)


async def slow_read(door: Door) -> None:
    """Asks a lot and never reads: the answers pile up with the server."""
    socket = await door.open(receive_buffer=1024)
    try:
        async with asyncio.timeout(door.patience_s):
            for _ in range(5000):
                await socket.call("Heartbeat", "{}")
    except TimeoutError:
        return


async def pings_unread(door: Door) -> None:
    """Asks for pongs and reads none of them."""
    socket = await door.open(receive_buffer=1024)
    try:
        async with asyncio.timeout(door.patience_s):
            for _ in range(20_000):
                await socket.frame(b"p" * 125, opcode=9)
    except TimeoutError:
        return


RUDENESSES: dict[str, Rudeness] = named(
    wrong_subprotocol,
    no_subprotocol,
    wrong_password,
    unknown_identity,
    undecodable_path,
    two_sockets,
    ten_megabyte_frame,
    endless_fragments,
    empty_fragments,
    one_byte_fragments,
    deflate_bomb,
    not_utf8,
    binary_frame,
    unknown_opcode,
    ping_flood,
    slow_read,
    pings_unread,
)
