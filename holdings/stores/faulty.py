"""A store that goes wrong as it is told to: for tests, and for rehearsing bad days.

Wraps anything. A plan says which call meets which fault:

```python
FaultyStore(store, scripted({("put", 1): Fault.LOST_REPLY, ("get", 2): Fault.FLIPPED_BIT}))
FaultyStore(store, seeded(7, rate=0.1, faults=[Fault.NO_EFFECT, Fault.CUT_SHORT]))
```
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from holdings.errors import StoreFull, Transient
from holdings.stores.interface import Buffer, ObjectInfo, Store, Written
from holdings.stores.wrapper import Answer, Wrapper


class Fault(StrEnum):
    """What goes wrong. One that makes no sense for a verb does nothing there."""

    NO_EFFECT = "nothing happens and an error is told"
    LOST_REPLY = "it happens and an error is told"
    BROKEN_OFF = "a read, a put or a listing breaks with an error half-way"
    CUT_SHORT = "a read or a listing ends half-way, as if it were whole"
    FLIPPED_BIT = "one bit of what is read is another"
    STALE = "a listing or head answers as it did the first time it was asked"
    REORDERED = "a listing comes in the wrong order"
    FULL = "there is no room"
    SLOW = "it takes its time"
    CRASH_BEFORE = "the process dies, nothing has happened"
    CRASH_AFTER = "the process dies, it has happened"


class Crashed(BaseException):
    """The process is gone: nothing but a test's own `except` catches it."""


Plan = Callable[[str, int], Fault | None]
"""(verb, how often it was called, from 1) -> the fault of this call. Verb `*` counts all calls."""


def scripted(faults: Mapping[tuple[str, int], Fault]) -> Plan:
    """Faults by verb and number of the call; the verb `*` is any, numbered over all verbs."""
    return lambda verb, number: faults.get((verb, number))


def seeded(seed: int, *, rate: float, faults: Sequence[Fault]) -> Plan:
    """Any call meets one of `faults` with the chance `rate`; the same seed gives the same faults."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret

    def plan(verb: str, _: int) -> Fault | None:
        return chance.choice(faults) if verb == "*" and chance.random() < rate else None

    return plan


class FaultyStore(Wrapper):
    """Meets the faults of its plan; `met` keeps what happened, in order."""

    def __init__(
        self,
        inner: Store,
        plan: Plan,
        *,
        sleep: Callable[[float], None] = time.sleep,
        slow_seconds: float = 1.0,
    ) -> None:
        super().__init__(inner)
        self._plan = plan
        self._sleep, self._slow_seconds = sleep, slow_seconds
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._first_listing: dict[str, list[ObjectInfo]] = {}
        self._first_head: dict[str, ObjectInfo] = {}
        self.met: list[tuple[str, str, Fault]] = []

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        fault = self._meets("list", prefix)
        self._before(fault, "list", prefix)
        infos = list(self._inner.list(prefix))
        first = self._first_listing.setdefault(prefix, infos)
        half = infos[: len(infos) // 2]
        hurt: dict[Fault | None, list[ObjectInfo]] = {
            Fault.STALE: first,
            Fault.REORDERED: infos[::-1],
            Fault.CUT_SHORT: half,
            Fault.BROKEN_OFF: half,
        }
        yield from hurt.get(fault, infos)
        self._after(fault, "list", prefix)

    def head(self, key: str) -> ObjectInfo:
        fault = self._meets("head", key)
        self._before(fault, "head", key)
        if fault is Fault.STALE and key in self._first_head:
            return self._first_head[key]
        info = self._inner.head(key)
        self._first_head.setdefault(key, info)
        self._after(fault, "head", key)
        return info

    def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
        fault = self._meets("get", key)
        self._before(fault, "get", key)
        data = b"".join(self._inner.get(key, start=start, version=version))
        yield from _halves(_hurt(data, fault))
        self._after(fault, "get", key)

    def get_whole(self, key: str, *, at_most: int, version: str | None = None) -> tuple[ObjectInfo, Buffer]:
        fault = self._meets("get_whole", key)
        self._before(fault, "get_whole", key)
        info, data = self._inner.get_whole(key, at_most=at_most, version=version)
        self._after(fault, "get_whole", key)
        return info, _hurt(bytes(data), fault)

    def get_range(self, key: str, start: int, length: int) -> bytes:
        fault = self._meets("get_range", key)
        self._before(fault, "get_range", key)
        data = self._inner.get_range(key, start, length)
        self._after(fault, "get_range", key)
        return _hurt(data, fault)

    def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> Written:
        fault = self._meets("put_stream", key)
        self._before(fault, "put_stream", key)
        if fault is Fault.BROKEN_OFF:
            chunks = self._broken_off(key, chunks, size_bytes)
        info = self._inner.put_stream(key, chunks, size_bytes=size_bytes)
        self._after(fault, "put_stream", key)
        return info

    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        fault = self._meets(verb, key)
        self._before(fault, verb, key)
        answer = super()._ask(verb, key, call)
        self._after(fault, verb, key)
        return answer

    def _meets(self, verb: str, key: str) -> Fault | None:
        with self._lock:
            self._calls.update((verb, "*"))
            fault = self._plan(verb, self._calls[verb]) or self._plan("*", self._calls["*"])
            if fault:
                self.met.append((verb, key, fault))
        return fault

    def _before(self, fault: Fault | None, verb: str, key: str) -> None:
        if fault is Fault.SLOW:
            self._sleep(self._slow_seconds)
        if fault is Fault.NO_EFFECT:
            raise Transient(f"{self.name} did not answer to {verb} {key}.")
        if fault is Fault.FULL and verb in {"put", "put_stream", "copy"}:
            raise StoreFull(f"{self.name} has no room for {key}.")
        if fault is Fault.CRASH_BEFORE:
            raise Crashed(f"before {verb} {key}")

    def _after(self, fault: Fault | None, verb: str, key: str) -> None:
        if fault in {Fault.LOST_REPLY, Fault.BROKEN_OFF}:
            raise Transient(f"The answer of {self.name} to {verb} {key} was lost.")
        if fault is Fault.CRASH_AFTER:
            raise Crashed(f"after {verb} {key}")

    def _broken_off(self, key: str, chunks: Iterable[Buffer], size_bytes: int) -> Iterator[Buffer]:
        passed = 0
        for chunk in chunks:
            passed += len(chunk)
            if 2 * passed > size_bytes:
                raise Transient(f"The connection to {self.name} broke while {key} was sent.")
            yield chunk


def _hurt(data: bytes, fault: Fault | None) -> bytes:
    if fault in {Fault.CUT_SHORT, Fault.BROKEN_OFF}:
        return data[: len(data) // 2]
    if fault is Fault.FLIPPED_BIT and data:
        middle = len(data) // 2
        return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    return data


def _halves(data: bytes) -> Iterator[bytes]:
    middle = len(data) // 2
    yield from (half for half in (data[:middle], data[middle:]) if half)
