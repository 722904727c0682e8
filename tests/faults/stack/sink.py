"""An SMTP server that writes down each Message-ID before it answers, and misbehaves when it is told to.

    python sink.py PORT LOG

One line for each delivery: the time, the Message-ID and the address. Commands come on standard input, one a
line, and each is answered by "ok" when it holds:

    up              listen and take mail                 down         refuse connections
    hang            take connections, say nothing        hang-body    never answer a body
    busy            421 as a greeting                    busy-body    421 to every body
    refuse          550 to addresses of "gone"
    drop            take the body, log it, hang up       delay N      N milliseconds, half before the body

Standard library only, so that it is up at once.
"""

import asyncio
import contextlib
import os
import re
import sys
import time

MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]*>)", re.IGNORECASE | re.MULTILINE)
ADDRESS = re.compile(rb"<([^>]*)>")


class Sink:
    """The server's state: its mode, its delay and who is connected."""

    def __init__(self, port: int, log: str) -> None:
        self.port = port
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.mode = "up"
        self.delay = 0.0
        self.server: asyncio.Server | None = None
        self.writers: set[asyncio.StreamWriter] = set()

    def note(self, message_id: bytes, address: bytes) -> None:
        """Write a delivery down, so that it survives whatever happens to this process or to its client."""
        os.write(self.log, b"%.3f %s %s\n" % (time.time(), message_id, address))

    async def open(self) -> None:
        if self.server is None:
            self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=256)

    def shut(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None

    def hang_up(self) -> None:
        for writer in self.writers:
            writer.transport.abort()

    async def obey(self, command: str) -> None:
        name, _, value = command.partition(" ")
        if name == "delay":
            self.delay = int(value) / 2000
            return
        must_hang_up = name == "down" or self.mode in {"hang", "hang-body"}
        self.mode = name
        if name == "down":
            self.shut()
        else:
            await self.open()
        if must_hang_up:
            self.hang_up()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self.converse(reader, writer)
        self.writers.discard(writer)
        writer.close()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak SMTP until the client leaves or the mode says otherwise."""
        recipient = b""
        await self.say(writer, b"220 sink")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"QUIT":
                await self.say(writer, b"221 bye")
                return
            if verb in {b"EHLO", b"HELO"}:
                await self.say(writer, b"250 sink")
            elif verb == b"RCPT":
                await asyncio.sleep(self.delay)
                found = ADDRESS.search(line)
                recipient = found[1] if found else b""
                refused = self.mode == "refuse" and recipient.startswith(b"gone")
                await self.say(writer, b"550 5.1.1 no such mailbox" if refused else b"250 ok")
            elif verb == b"DATA":
                await self.say(writer, b"354 go on")
                body = await self.body(reader)
                await self.take(writer, body, recipient)
            else:
                await self.say(writer, b"250 ok")

    async def body(self, reader: asyncio.StreamReader) -> bytes:
        lines = []
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise asyncio.IncompleteReadError(b"", None)
            lines.append(line)
        return b"".join(lines)

    async def take(self, writer: asyncio.StreamWriter, body: bytes, recipient: bytes) -> None:
        """Log the message, then answer as the mode says."""
        found = MESSAGE_ID.search(body)
        if self.mode == "busy-body":
            await self.say(writer, b"421 4.3.2 too busy")
            return
        self.note(found[1] if found else b"<none>", recipient)
        if self.mode == "drop":
            writer.transport.abort()
            raise OSError("dropped")
        await asyncio.sleep(self.delay)
        if self.mode == "hang-body":
            await asyncio.sleep(3600)
        writer.write(b"250 taken\r\n")  # whatever the mode has become: what is taken is never refused
        await writer.drain()

    async def say(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        if self.mode == "hang":
            await asyncio.sleep(3600)
        if self.mode == "busy":
            answer = b"421 4.3.2 too busy"
        writer.write(answer + b"\r\n")
        await writer.drain()
        if self.mode == "busy":
            raise OSError("busy")


async def main(port: int, log: str) -> None:
    sink = Sink(port, log)
    await sink.open()
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(commands), sys.stdin
    )
    print("ok", flush=True)  # noqa: T201
    while line := await commands.readline():
        await sink.obey(line.decode().strip())
        print("ok", flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
