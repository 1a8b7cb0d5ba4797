"""Which catalogue a set of stores belongs to, kept in the stores so that it outlives the catalogue."""

from __future__ import annotations

import json
import re
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future

from holdings.errors import AlreadyExists, BadInput, CatalogueLost, Conflict, NotFound, Unavailable
from holdings.records import PACKAGES_PREFIX
from holdings.stores.interface import Lists, Reads, Store
from holdings.stores.wrapper import Answer, Wrapper

IDENTITY_KEY = "holdfast/catalogue.json"
_FORMAT = 1
_ID = re.compile(r"^[0-9a-f]{32}$")


def identity_in(store: Reads) -> str | None:
    """The catalogue that `store` belongs to; None where it says nothing. Raises BadInput, Unavailable."""
    try:
        data = b"".join(store.get(IDENTITY_KEY))
    except NotFound:
        return None
    try:
        told = json.loads(data)
        if told["format"] == _FORMAT and _ID.fullmatch(told["catalogue_id"]):
            return str(told["catalogue_id"])
    except (ValueError, KeyError, TypeError):
        pass
    raise BadInput(f"{IDENTITY_KEY} in the store '{store.name}' is nothing that Holdfast wrote.")


def known_identity(stores: Iterable[Reads]) -> str | None:
    """The catalogue that all of `stores` belong to; None where none says so. Raises Conflict."""
    found = {store.name: told for store in stores if (told := identity_in(store))}
    if len(set(found.values())) > 1:
        raise Conflict(
            f"The stores {', '.join(found)} belong to different catalogues.",
            hint="Each folder or bucket serves one holdfast.toml only; use another prefix for another.",
        )
    return next(iter(found.values()), None)


def settle_identity(stores: Mapping[str, Store], writable: Iterable[str], *, known: str | None = None) -> str:
    """The identity of these holdings, written into each of `writable` that lacks it.

    known : what it must be; None takes what the stores say, or a new one.
    """
    identity = known or known_identity(stores.values()) or secrets.token_hex(16)
    for name in writable:
        told = _keep(stores[name], identity)
        if told != identity and known is None:
            # Another command settled it a moment ago; the order of the stores makes both agree.
            return settle_identity(stores, writable, known=told)
        if told != identity:
            raise Conflict(f"The store '{name}' belongs to another catalogue.")
    return identity


def _keep(store: Store, identity: str) -> str | None:
    if told := identity_in(store):
        return told
    body = json.dumps({"catalogue_id": identity, "format": _FORMAT}) + "\n"
    try:
        store.put(IDENTITY_KEY, body.encode())
    except AlreadyExists:
        return identity_in(store)
    return identity


class _AskedFirst(Wrapper, ABC):
    """A store that is used only once it has said whose it is."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self._is_known = False
        self._lock = threading.Lock()
        self._asked: Future[None] | None = None

    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        if not self._is_known:
            self._find_out()
        return super()._ask(verb, key, call)

    def _find_out(self) -> None:
        """Ask, or hear what a thread is told that asks already: dozens of them begin at the same time.

        After an error whoever comes next asks again.
        """
        with self._lock:
            asked = self._asked
            if asked is None:
                mine = self._asked = Future()
        if asked is not None:
            asked.result()
            return
        try:
            self._check()
        except BaseException as error:
            self._asked = None
            mine.set_exception(error)
            raise
        self._is_known = True
        mine.set_result(None)

    @abstractmethod
    def _check(self) -> None:
        """Raise Unavailable where it is another place."""


class OwnStore(_AskedFirst):
    """A store that is used only once it is known to be no other catalogue's.

    Two disks of two houses may both be named `hot`: with the wrong one mounted, a deposit would
    go where nobody looks for it, and whatever lies on the right one would seem lost. A store that
    says nothing (new in the settings, or read-only) is taken as ours.
    """

    def __init__(self, inner: Store, identity: Callable[[], str]) -> None:
        super().__init__(inner)
        self._identity = identity

    def _check(self) -> None:
        try:
            told = identity_in(self._inner)
        except BadInput:
            # A damaged word about whose it is must not keep anybody from what is there.
            return
        if told not in (None, self._identity()):
            raise Unavailable(
                f"The store '{self.name}' at {self.url} belongs to another catalogue; it was left alone.",
                hint="Is the right disk mounted there, and does holdfast.toml name the right place?",
            )


def mark_of(store: Reads, unknown: str | None) -> str | None:
    """The catalogue that a store says it belongs to; None where it says nothing.

    unknown : what is taken for true where the store cannot be asked; None raises Unavailable.
    """
    try:
        return identity_in(store)
    except BadInput:
        return None  # damaged: it says nothing
    except Unavailable:
        if unknown is None:
            raise
        return unknown


class SameStore(_AskedFirst):
    """A store on another machine, used only once it says of itself what it says where the job began.

    One and the same URL may name another disk there, or none that is mounted. A store that says
    nothing is no exception, as it is for `OwnStore`: here it is known what it should say.
    """

    def __init__(self, inner: Store, mark: str | None) -> None:
        super().__init__(inner)
        self._mark = mark

    def _check(self) -> None:
        refuse_other_place(self._inner, self._mark)


def refuse_other_place(store: Store, mark: str | None) -> None:
    """On a worker: raise Unavailable where the store says another word of whose it is than `mark`."""
    if mark_of(store, None) != mark:
        raise Unavailable(
            f"A worker does not find the store '{store.name}' at {store.url}, but another place.",
            hint="Is the same disk mounted there, or the same bucket named?",
        )


def refuse_if_packages(stores: Iterable[Lists]) -> None:
    """Raise CatalogueLost where a store holds packages: then the catalogue is lost, not new."""
    for store in stores:
        if (first := next(iter(store.list(PACKAGES_PREFIX)), None)) is not None:
            raise CatalogueLost(
                f"There is no catalogue, but the store '{store.name}' holds packages ({first.key}): "
                "the catalogue was lost or the settings name another one.",
                hint="holdfast catalogue rebuild makes it again from the stores.",
            )
