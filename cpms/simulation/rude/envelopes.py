"""Rude in the OCPP-J envelope: frames that are no frames, answers to nothing, floods of calls."""

from cpms.simulation.rude.door import Door, Rudeness, named

BROKEN = (
    "",
    " ",
    "null",
    "42",
    '"text"',
    "{}",
    "[]",
    "[2]",
    '[2,"id"]',
    '[2,"id","Heartbeat"]',
    '[2,"id","Heartbeat",{},{}]',
    '[2,"id","Heartbeat",[]]',
    '[2,"id","Heartbeat",null]',
    '[2,"id",7,{}]',
    '[2,null,"Heartbeat",{}]',
    '[2,"","Heartbeat",{}]',
    '["2","id","Heartbeat",{}]',
    '[7,"id","Heartbeat",{}]',
    '[2.0,"id","Heartbeat",{}]',
    '[true,"id","Heartbeat",{}]',
    f'[2,"{"i" * 5000}","Heartbeat",{{}}]',
    '[2,"id","Heartbeat",{}',
    '[2,"id","Heartbeat",{}] trailing',
    "not json at all",
)


async def broken_envelopes(door: Door) -> None:
    """Everything that is nearly a CALL."""
    socket = await door.enter()
    for text in BROKEN:
        if socket.close_code is not None:
            socket = await door.enter()
        await socket.text(text)
        await socket.answer(0.2)


async def depth_100_000(door: Door) -> None:
    """JSON nested deeper than any parser's stack."""
    socket = await door.enter()
    await socket.call("DataTransfer", '{"vendorId":' + "[" * 100_000 + "]" * 100_000 + "}")
    await socket.listen(door.patience_s)


async def depth_that_fits(door: Door) -> None:
    """Nested as deep as 60 kB allow."""
    socket = await door.enter()
    await socket.call("DataTransfer", '{"vendorId":' + "[" * 28_000 + "]" * 28_000 + "}")
    await socket.listen(door.patience_s)


async def duplicate_keys(door: Door) -> None:
    socket = await door.enter()
    await socket.call("Authorize", '{"idTag":"ONE","idTag":"TWO"}')
    await socket.listen(door.patience_s)


async def unknown_action(door: Door) -> None:
    socket = await door.enter()
    for action in ("CustomOperation", "__class__", "heartbeat", "RemoteStartTransaction"):
        await socket.call(action, "{}")
        await socket.answer(door.patience_s)


async def same_message_id_twice(door: Door) -> None:
    socket = await door.enter()
    for _ in range(2):
        await socket.call("Heartbeat", "{}", message_id="again")
    await socket.listen(door.patience_s)


async def answer_to_nothing(door: Door) -> None:
    """Results and errors for calls that nobody made."""
    socket = await door.enter()
    await socket.text('[3,"never-asked",{"status":"Accepted"}]')
    await socket.text('[4,"never-asked","InternalError","",{}]')
    await socket.text('[4,"never-asked"]')
    await socket.text("[3]")
    await socket.listen(door.patience_s)


async def calls_without_waiting(door: Door) -> None:
    """A thousand calls, not one answer awaited."""
    socket = await door.enter()
    for number in range(1000):
        await socket.call("Heartbeat", "{}", message_id=f"eager-{number}")
    await socket.listen(door.patience_s)


RUDENESSES: dict[str, Rudeness] = named(
    broken_envelopes,
    depth_100_000,
    depth_that_fits,
    duplicate_keys,
    unknown_action,
    same_message_id_twice,
    answer_to_nothing,
    calls_without_waiting,
)
