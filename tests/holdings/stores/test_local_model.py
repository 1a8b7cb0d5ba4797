"""Whatever is done in whatever order, the folder answers as the model does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from holdings.errors import Conflict, HoldfastError
from holdings.stores.interface import Store, Written
from holdings.stores.local import LocalStore
from holdings.stores.memory import MemoryStore
from tests.holdings.stores.contract import keys, read

_LONG = "x" * 236
_KEYS = st.sampled_from(
    ["a", "a/b", "a/b/c", "a-b", "a0", "a b/c", _LONG, _LONG + "x", _LONG + "x/y", _LONG + "x-", _LONG + "/z"]
)


class FolderAgainstModel(RuleBasedStateMachine):
    """The same is asked of both."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = LocalStore.create("hot", self.folder)
        self.model = MemoryStore("hot")

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def in_the_way(self, key: str) -> bool:
        """What a folder cannot hold beside the others, and says so."""
        others = keys(self.model)
        return any(other.startswith(key + "/") or key.startswith(other + "/") for other in others)

    def same(self, key: str, call: Callable[[Store], Written]) -> None:
        """`call` makes `key` in both, or is refused for the same reason."""
        in_the_way = self.in_the_way(key)
        found = _outcome(lambda: call(self.store))
        if in_the_way and found is Conflict:
            return  # the model could have held it
        assert found == _outcome(lambda: call(self.model))

    @rule(key=_KEYS, data=st.binary(max_size=3))
    def put(self, key: str, data: bytes) -> None:
        self.same(key, lambda store: store.put(key, data))

    @rule(source=_KEYS, key=_KEYS)
    def copy(self, source: str, key: str) -> None:
        self.same(key, lambda store: store.copy(source, key))

    @rule(key=_KEYS)
    def delete(self, key: str) -> None:
        for store in (self.model, self.store):
            if key in keys(store):
                store.delete(key, version=store.head(key).version)

    @invariant()
    def they_agree(self) -> None:
        assert keys(self.store) == keys(self.model)
        for key in keys(self.model):
            assert read(self.store, key) == read(self.model, key)

    @invariant()
    def no_empty_folder_stays(self) -> None:
        ours = self.folder / ".holdfast"
        for folder in self.folder.rglob("*"):
            if folder.is_dir() and ours not in (folder, *folder.parents):
                assert list(folder.iterdir()), folder


def _outcome(call: Callable[[], Written]) -> int | type[HoldfastError]:
    try:
        return call().size_bytes
    except HoldfastError as error:
        return type(error)


TestFolderAgainstModel = FolderAgainstModel.TestCase
TestFolderAgainstModel.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
