"""An SMTP server that keeps each message as a file in /mail; for the smoke test only."""

import asyncio
import itertools
from pathlib import Path

FOLDER = Path("/mail")
numbers = itertools.count(1)


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speak just enough SMTP for one client."""

    async def reply(line: str) -> None:
        writer.write(f"{line}\r\n".encode())
        await writer.drain()

    await reply("220 sink")
    while line := await reader.readline():
        verb = line[:4].upper().strip()
        if verb == b"DATA":
            await reply("354 go on")
            message = await reader.readuntil(b"\r\n.\r\n")
            (FOLDER / f"{next(numbers)}.eml").write_bytes(message[:-5])
            await reply("250 kept")
        elif verb == b"QUIT":
            await reply("221 bye")
            break
        else:
            await reply("250 ok")
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(converse, "0.0.0.0", 2525)  # noqa: S104  # nosec B104
    await server.serve_forever()


asyncio.run(main())
