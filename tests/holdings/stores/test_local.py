"""The folder keeps the contract, and what only a folder can get wrong."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdings.errors import AccessDenied, AlreadyExists, Conflict, NotFound, StoreFull, Unavailable
from holdings.stores import local_files
from holdings.stores.interface import Buffer, Store
from holdings.stores.local import LocalStore
from tests.holdings.stores.contract import StoreContract, contents, files_only, keys, never_read, read


class TestLocalStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return LocalStore.create("hot", tmp_path / "a store")

    def without_conflicts(self, wanted: list[str]) -> list[str]:
        return files_only(wanted)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore.create("hot", tmp_path / "hot")


def incoming(store: LocalStore) -> list[str]:
    return [path.name for path in (store.folder / ".holdfast/incoming").iterdir()]


def test_people_find_their_files(store: LocalStore) -> None:
    store.put("packages/nhmuk-7f3a/bag.tar", b"bag")
    assert (store.folder / "packages/nhmuk-7f3a/bag.tar").read_bytes() == b"bag"


def test_a_key_of_one_part_and_a_thousand_characters(store: LocalStore) -> None:
    names = ["x" * 1000, "x" * 999 + "/", "x" * 236, "x" * 237, "x" * 238, "x" * 236 + "-/x", "ü" * 500]
    for name in names:
        store.put(name.rstrip("/") + ("y" if name.endswith("/") else ""), b"x")
    listed = keys(store)
    assert len(listed) == len(names)
    assert listed == sorted(listed, key=str.encode)
    assert keys(store, "x" * 900) == sorted(["x" * 1000, "x" * 999 + "y"], key=str.encode)


# The folder as a whole


def test_a_folder_that_is_not_there_is_no_empty_store(tmp_path: Path) -> None:
    store = LocalStore("hot", tmp_path / "mount")
    for _ in range(2):
        with pytest.raises(Unavailable, match="missing or is not marked"):
            list(store.list())
        with pytest.raises(Unavailable):
            store.head("k")
        with pytest.raises(Unavailable):
            store.put("k", b"")
        with pytest.raises(Unavailable):
            store.delete("k", version="1")
        (tmp_path / "mount").mkdir(exist_ok=True)  # the empty mount point of a disk that is away
    assert list((tmp_path / "mount").iterdir()) == []


def test_another_stores_disk_is_refused(tmp_path: Path) -> None:
    LocalStore.create("hot", tmp_path / "disk").put("k", b"x")
    with pytest.raises(Unavailable, match="that of the store 'hot', not of 'cold'"):
        LocalStore("cold", tmp_path / "disk").head("k")
    with pytest.raises(Unavailable):
        LocalStore.create("cold", tmp_path / "disk")


@pytest.mark.parametrize("marker", ["", "{", "[]", "{}", '{"store": 3}'])
def test_a_marker_that_says_nothing_is_refused(store: LocalStore, marker: str) -> None:
    (store.folder / ".holdfast/store.json").write_text(marker)
    with pytest.raises(Unavailable):
        list(store.list())


def test_a_folder_is_made_once_and_never_taken_over(tmp_path: Path) -> None:
    store = LocalStore.create("hot", tmp_path / "deep/hot")
    store.put("k", b"x")
    assert read(LocalStore.create("hot", tmp_path / "deep/hot"), "k") == b"x"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    with pytest.raises(Conflict, match=r"letter\.txt"):
        LocalStore.create("hot", tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_a_fresh_file_system_may_become_a_store(tmp_path: Path) -> None:
    (tmp_path / "disk/lost+found").mkdir(parents=True)
    store = LocalStore.create("hot", tmp_path / "disk")
    store.put("lost+found/x", b"x")
    assert keys(store) == ["lost+found/x"]


def test_a_disk_that_goes_while_it_is_listed_is_told_of(store: LocalStore) -> None:
    for key in ("a/x", "b/x", "c/x"):
        store.put(key, b"")
    listing = store.list()
    next(listing)
    shutil.rmtree(store.folder)
    with pytest.raises(Unavailable):
        list(listing)


# What lies in the way


def test_a_file_is_not_a_folder(store: LocalStore) -> None:
    store.put("a/b", b"x")
    with pytest.raises(Conflict, match="in its way"):
        store.put("a", b"x")
    with pytest.raises(Conflict, match="in its way"):
        store.put("a/b/c", b"x")
    assert keys(store) == ["a/b"]
    assert incoming(store) == []


def test_a_key_may_come_where_a_folder_was(store: LocalStore) -> None:
    for key in ("a/b/c", "a/b/d", "a/e"):
        store.put(key, b"x")
    for key in ("a/b/c", "a/b/d"):
        store.delete(key, version=store.head(key).version)
    store.put("a/b", b"x")
    assert keys(store) == ["a/b", "a/e"]


def test_empty_folders_that_a_crash_left_are_no_obstacle(store: LocalStore) -> None:
    (store.folder / "a/b/c/d").mkdir(parents=True)
    (store.folder / "a/b/e").mkdir()
    store.put("a/b", b"x")
    assert keys(store) == ["a/b"]


@pytest.mark.parametrize("target", ["/etc", "elsewhere"])
def test_links_are_not_followed(store: LocalStore, tmp_path: Path, target: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/passwd").write_text("secret")
    (store.folder / "link").symlink_to(tmp_path / target)
    (store.folder / "file").symlink_to(tmp_path / "elsewhere/passwd")
    for key in ("link/passwd", "file"):
        with pytest.raises(Conflict, match="link"):
            read(store, key)
        with pytest.raises(Conflict, match="link"):
            store.head(key)
        with pytest.raises(Conflict):
            store.put(key, b"x")
    with pytest.raises(Conflict, match=r"'(link|file)' in the store's folder is neither"):
        keys(store)
    assert (tmp_path / "elsewhere/passwd").read_text() == "secret"
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["passwd"]


def test_a_folder_may_itself_be_reached_by_a_link(tmp_path: Path) -> None:
    LocalStore.create("hot", tmp_path / "disk")
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    store = LocalStore("hot", tmp_path / "link")
    store.put("a/b", b"x")
    assert keys(store) == ["a/b"]
    store.delete("a/b", version=store.head("a/b").version)
    assert [path.name for path in (tmp_path / "disk").iterdir()] == [".holdfast"]


@pytest.mark.parametrize("name", [b"caf\xe9", b"new\nline", b"x" * 250, b"back\\slash"])
def test_strangers_make_a_listing_impossible_and_are_named(store: LocalStore, name: bytes) -> None:
    (store.folder / os.fsdecode(name)).write_bytes(b"")
    with pytest.raises(Conflict, match="listing cannot be whole"):
        keys(store)


def test_a_pipe_is_not_waited_for(store: LocalStore) -> None:
    os.mkfifo(store.folder / "pipe")
    with pytest.raises(NotFound):
        read(store, "pipe")
    with pytest.raises(Conflict):
        keys(store)


def test_a_copy_is_other_bytes_on_the_disk(store: LocalStore) -> None:
    store.put("a", b"x" * 100_000)
    store.copy("a", "b")
    assert (store.folder / "a").stat().st_ino != (store.folder / "b").stat().st_ino
    assert (store.folder / "a").stat().st_nlink == 1


# What dead writers leave


def test_the_next_put_sweeps_what_dead_writers_left_and_nothing_else(store: LocalStore) -> None:
    folder = store.folder / ".holdfast/incoming"
    (folder / "dead").write_bytes(b"half")
    with (folder / "living").open("wb") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        store.put("k", b"x")
        assert [path.name for path in folder.iterdir()] == ["living"]
    assert keys(store) == ["k"]


def test_a_crash_between_link_and_unlink_leaves_the_object_whole(store: LocalStore) -> None:
    store.put("k", b"x")
    os.link(store.folder / "k", store.folder / ".holdfast/incoming/dead")
    store.put("l", b"y")
    assert incoming(store) == []
    assert read(store, "k") == b"x"


def test_a_writer_whose_fresh_file_was_swept_begins_again(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep may come between the creation of the file and its lock."""
    folder = os.fsencode(store.folder / ".holdfast/incoming")
    flock = fcntl.flock
    swept: list[bool] = []

    def sweeping(descriptor: int, operation: int) -> None:
        if not swept:
            swept.append(True)
            local_files.sweep(folder)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", sweeping)
    store.put("k", b"x")
    assert read(store, "k") == b"x"
    assert incoming(store) == []


# Refusals of the system


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[LocalStore]:
    """A store on a file system of 4 MiB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small file system here: {mounted.stderr.decode().strip()}")
    try:
        yield LocalStore.create("hot", disk)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_put_for_which_there_is_no_room_is_refused_at_once(tiny: LocalStore) -> None:
    with pytest.raises(StoreFull, match="no room"):
        tiny.put_stream("k", never_read(), size_bytes=8 << 20)
    assert keys(tiny) == []


def test_a_disk_that_fills_up_while_we_write_leaves_nothing(tiny: LocalStore) -> None:
    def filling() -> Iterator[Buffer]:
        yield contents(1, 1 << 20)
        (tiny.folder / ".holdfast/other").write_bytes(bytes(2 << 20))
        for _ in range(2):
            yield contents(2, 1 << 20)

    with pytest.raises(StoreFull, match="no room for k"):
        tiny.put_stream("k", filling(), size_bytes=3 << 20)
    assert keys(tiny) == []
    assert incoming(tiny) == []
    (tiny.folder / ".holdfast/other").unlink()
    tiny.put("k", contents(1, 3 << 20))
    assert len(read(tiny, "k")) == 3 << 20


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StoreFull),
        (errno.EDQUOT, StoreFull),
        (errno.EIO, Unavailable),
        (errno.EROFS, AccessDenied),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync", "link"])
def test_what_the_system_refuses_is_told_and_leaves_nothing(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception], call: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, refuse)
        with pytest.raises(kind, match="k"):
            store.put("k", b"x")
    assert keys(store) == []
    assert incoming(store) == []


def test_a_source_that_the_system_refuses_is_not_the_stores_fault(store: LocalStore, tmp_path: Path) -> None:
    def source() -> Iterator[Buffer]:
        yield (tmp_path / "not there").read_bytes()

    with pytest.raises(FileNotFoundError):
        store.put_stream("k", source(), size_bytes=1)


def test_a_folder_that_lets_nobody_in(store: LocalStore) -> None:
    if os.geteuid() == 0:
        pytest.skip("root is let in everywhere")
    store.put("a/k", b"x")
    (store.folder / "a").chmod(0)
    try:
        with pytest.raises(AccessDenied):
            store.head("a/k")
        with pytest.raises(AccessDenied):
            keys(store)
    finally:
        (store.folder / "a").chmod(0o755)


# What lasts


def test_everything_is_synced_before_it_is_said_to_be_held(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    store.put("a/b/c", b"x")
    assert ".holdfast/incoming/" in synced[0]
    assert synced[1:] == [str(store.folder / "a/b"), str(store.folder / "a"), str(store.folder)]


def test_a_put_that_meets_another_in_the_last_moment_is_refused(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile() -> Iterator[Buffer]:
        store.put("k", b"other")
        yield b"mine"

    with pytest.raises(AlreadyExists):
        store.put_stream("k", meanwhile(), size_bytes=4)
    assert read(store, "k") == b"other"
    assert incoming(store) == []
