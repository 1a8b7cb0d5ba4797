"""A network that goes wrong as it is told to: an HTTP proxy on loopback before a real server.

```
S3 client ──> FaultyNetwork ──> SeaweedFS
                 └─ each request may meet a fault of the plan
```
Requests and replies pass as they are, signed headers and all, unless a fault says otherwise. The
clients cannot tell it from a server behind a bad line.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

_MOST_HEADER_BYTES = 1 << 16
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)


class Trouble(StrEnum):
    """What a request meets."""

    CUT = "the line is cut before the request arrives"
    SLOW_DOWN = "the server says 503 SlowDown and does nothing"
    CUT_SHORT = "the reply breaks off half-way"
    DELAYED = "it takes its time"
    LOST_REPLY = "the server does it, and its reply is lost"
    FLIPPED_REPLY = "one bit of the reply's body is another"
    FLIPPED_REQUEST = "one bit of the request's body is another"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a plan decides by."""

    number: int
    """From 1, over all requests."""
    method: str
    path: str
    """With the query, as it was sent."""


Plan = Callable[[Request], Trouble | None]


def at_random(seed: int, *, rate: float, troubles: Sequence[Trouble]) -> Plan:
    """Any request meets one of `troubles` with the chance `rate`."""
    chance = random.Random(seed)
    return lambda _: chance.choice(troubles) if chance.random() < rate else None


def nothing(_: Request) -> Trouble | None:
    """A line without faults."""
    return None


@dataclass
class FaultyNetwork:
    """The proxy while it runs. `plan` may be replaced at any time."""

    endpoint: str
    plan: Plan = nothing
    down: bool = False
    """Nothing passes: every connection is cut."""
    delay_seconds: float = 0.2
    requests: int = 0
    met: Counter[Trouble] = field(default_factory=Counter)


@contextmanager
def faulty_network(upstream: str, plan: Plan = nothing) -> Iterator[FaultyNetwork]:
    """A proxy before the server at the URL `upstream`, in a thread of its own."""
    url = urlsplit(upstream)
    assert url.hostname
    assert url.port
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="faulty-network", daemon=True)
    thread.start()
    network = FaultyNetwork(endpoint="", plan=plan)
    line = _Line(network, url.hostname, url.port)

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(line.serve, "127.0.0.1", 0, limit=_MOST_HEADER_BYTES)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    network.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield network
    finally:

        async def end() -> None:
            server.close()
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Cut(Exception):
    """The connection is over."""


@dataclass(frozen=True, slots=True)
class _Message:
    head: bytes
    """First line and headers, with the empty line at their end."""
    body: bytes

    @property
    def first(self) -> list[str]:
        return self.head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")

    def header(self, name: str) -> str:
        return _header(self.head, name)


@dataclass(frozen=True)
class _Line:
    network: FaultyNetwork
    host: str
    port: int

    async def serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        """One client's connection, with one of our own to the server behind it."""
        to_server: asyncio.StreamWriter | None = None
        try:
            server, to_server = await asyncio.open_connection(self.host, self.port, limit=_MOST_HEADER_BYTES)
            while True:
                await self._one(client, to_client, server, to_server)
        except (_Cut, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            for writer in (to_client, to_server):
                if writer is not None:
                    writer.transport.abort()

    async def _one(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        asked = await _request(client, to_client)
        trouble = self._meets(asked)
        if trouble is Trouble.CUT or self.network.down:
            raise _Cut
        if trouble is Trouble.SLOW_DOWN:
            await _say(to_client, _slow_down(asked))
            return
        if trouble is Trouble.DELAYED:
            await asyncio.sleep(self.network.delay_seconds)
        body = _flipped(asked.body) if trouble is Trouble.FLIPPED_REQUEST else asked.body
        await _say(to_server, asked.head + body)
        reply = await _reply(server, method=asked.first[0])
        if trouble is Trouble.LOST_REPLY:
            raise _Cut
        if trouble is Trouble.CUT_SHORT:
            await _say(to_client, (reply.head + reply.body)[: len(reply.head) + len(reply.body) // 2])
            raise _Cut
        body = _flipped(reply.body) if trouble is Trouble.FLIPPED_REPLY else reply.body
        await _say(to_client, reply.head + body)

    def _meets(self, asked: _Message) -> Trouble | None:
        self.network.requests += 1
        method, path = asked.first[:2]
        trouble = self.network.plan(Request(number=self.network.requests, method=method, path=path))
        if trouble in (Trouble.FLIPPED_REQUEST,) and not asked.body:
            return None
        if trouble:
            self.network.met[trouble] += 1
        return trouble


async def _request(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> _Message:
    head = await client.readuntil(b"\r\n\r\n")
    if _header(head, "expect").lower() == "100-continue":
        # We take the body ourselves, and the server is not asked: no signature covers this header.
        await _say(to_client, _CONTINUE)
        head = b"".join(
            line + b"\r\n" for line in head.split(b"\r\n")[:-1] if not line.lower().startswith(b"expect:")
        )
    return _Message(head, await _body(client, head))


async def _reply(server: asyncio.StreamReader, *, method: str) -> _Message:
    head = await server.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    if method == "HEAD" or status in (204, 304):
        return _Message(head, b"")
    return _Message(head, await _body(server, head))


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """As it came over the line: chunks stay chunks."""
    if _header(head, "transfer-encoding").lower() == "chunked":
        body = b""
        while True:
            line = await reader.readuntil(b"\r\n")
            chunk = await reader.readexactly(int(line.split(b";")[0], 16) + 2)
            body += line + chunk
            if line.strip() == b"0":
                return body
    return await reader.readexactly(int(_header(head, "content-length") or 0))


def _header(head: bytes, name: str) -> str:
    for line in head.split(b"\r\n")[1:]:
        word, _, value = line.partition(b":")
        if word.strip().lower() == name.encode():
            return value.strip().decode("latin-1")
    return ""


async def _say(writer: asyncio.StreamWriter, data: bytes) -> None:
    with suppress(ConnectionError):
        writer.write(data)
        await writer.drain()
        return
    raise _Cut


def _slow_down(asked: _Message) -> bytes:
    lines = ("HTTP/1.1 503 Slow Down", "Content-Type: application/xml", f"Content-Length: {len(_SLOW_DOWN)}")
    return "\r\n".join((*lines, "", "")).encode() + (b"" if asked.first[0] == "HEAD" else _SLOW_DOWN)


def _flipped(body: bytes) -> bytes:
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :] if body else body
