"""What a station's socket makes of bytes, however they come: over a real socket."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from websockets.frames import Frame, Opcode

from cpms.sockets import Socket

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: cpms\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def echo(scope, receive, send):
    """Says each text again, and how many bytes a binary message has."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        words = message["text"] if "text" in message else str(len(message["bytes"]))
        await send({"type": "websocket.send", "text": words})


@pytest.fixture
async def port():
    settings = uvicorn.Config(
        echo, port=0, ws=Socket, ws_per_message_deflate=False, lifespan="off", log_level="critical"
    )
    server = uvicorn.Server(settings)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 -- uvicorn tells nobody
        await asyncio.sleep(0.005)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@asynccontextmanager
async def opened(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def frame(opcode, data, *, fin=True, mask=True):
    return Frame(opcode, data, fin=fin).serialize(mask=mask)


def text(words, **more):
    return frame(Opcode.TEXT, words.encode(), **more)


def xor(data, mask):
    return bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))


def masked(data, mask):
    """A short text frame with a mask of our choice."""
    return bytes([0x81, 0x80 | len(data)]) + mask + xor(data, mask)


async def next_frame(reader):
    """Opcode and payload of a frame of the server."""
    head, length = await reader.readexactly(2)
    if length >= 126:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
    return Opcode(head & 0xF), await reader.readexactly(length)


async def said(reader, count):
    async with asyncio.timeout(5):
        return [await next_frame(reader) for _ in range(count)]


async def send_in_parts(writer, *parts):
    """Each arrives by itself."""
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.002)


def texts(*words):
    return [(Opcode.TEXT, one.encode()) for one in words]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
async def test_a_text_of_any_length_arrives_whole(port, length):
    words = "è" * (length // 2) + "x" * (length % 2)
    async with opened(port) as (reader, writer):
        await send_in_parts(writer, text("first"), text(words), text("last"))
        assert await said(reader, 3) == texts("first", words, "last")


async def test_messages_arrive_wherever_they_are_cut(port):
    first, second = text("one"), text("y" * 130)
    data = first + second
    async with opened(port) as (reader, writer):
        for cut in range(1, len(data)):
            await send_in_parts(writer, data[:cut], data[cut:])
            assert await said(reader, 2) == texts("one", "y" * 130), cut


async def test_a_payload_that_looks_like_a_message_is_none(port):
    inner = masked(b"inner", b"\x01\x01\x80\x80")
    mask = b"\x80\x80\x01\x01"  # makes ASCII of it
    outer = masked(xor(inner, mask), mask)
    async with opened(port) as (reader, writer):
        await send_in_parts(writer, text("begin"), outer[:6], outer[6:], text("end"))
        assert outer[6:] == inner
        assert await said(reader, 3) == texts("begin", xor(inner, mask).decode("ascii"), "end")


async def test_control_frames_and_fragments_keep_their_places(port):
    parts = [
        text("a"),
        frame(Opcode.PING, b"p"),
        text("b", fin=False),
        frame(Opcode.PING, b"q"),
        frame(Opcode.CONT, b"c"),
        frame(Opcode.BINARY, b"\xff\x00"),
        text("d"),
    ]
    async with opened(port) as (reader, writer):
        await send_in_parts(writer, *parts)
        heard = await said(reader, 6)
    assert [one for one in heard if one[0] is Opcode.TEXT] == texts("a", "bc", "2", "d")
    assert [one for one in heard if one[0] is Opcode.PONG] == [
        (Opcode.PONG, b"p"),
        (Opcode.PONG, b"q"),
    ]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (text("bare", mask=False), 1002),
        (b"\xc1" + text("reserved bit")[1:], 1002),
        (frame(Opcode.TEXT, b"\xff"), 1007),
        (text("begun", fin=False) + text("another"), 1002),
        (frame(Opcode.CLOSE, b"\x03\xe8"), 1000),
    ],
    ids=["not masked", "reserved bit", "no UTF-8", "begun anew", "closed"],
)
async def test_what_breaks_the_protocol_closes_the_socket(port, wrong, code):
    async with opened(port) as (reader, writer):
        await send_in_parts(writer, text("good"), wrong, text("too late"))
        heard = await said(reader, 2)
        assert [heard[0], heard[1][0]] == [*texts("good"), Opcode.CLOSE]
        assert int.from_bytes(heard[1][1][:2], "big") == code
        async with asyncio.timeout(15):
            assert await reader.read() == b""


async def test_a_text_in_the_midst_of_fragments_is_refused(port):
    async with opened(port) as (reader, writer):
        await send_in_parts(writer, text("good"), text("begun", fin=False), text("another"))
        heard = await said(reader, 2)
    assert [heard[0], heard[1][1][:2]] == [*texts("good"), (1002).to_bytes(2, "big")]
