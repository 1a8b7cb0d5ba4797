"""What several tests of the archive need."""

from __future__ import annotations

import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from archive.journal.journal import Journal
from archive.recording import new_event
from archive.sources.folder import FolderSource
from archive.sources.interface import LeftOut, Source, SourceFile
from archive.surveying.survey import survey
from holdings.catalogue.interface import Entry
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import EventType
from holdings.stores.interface import Store


@dataclass(frozen=True)
class Surveyed:
    """What a survey wrote into a journal."""

    source: Source
    files: list[SourceFile]
    left_out: list[LeftOut]

    @property
    def because(self) -> dict[str, str]:
        return {item.path: item.because for item in self.left_out}

    @property
    def accepted(self) -> list[str]:
        return [file.path for file in self.files]


def surveyed(source: Path | Source) -> Surveyed:
    """A source, surveyed into a journal of its own that is gone again."""
    opened = FolderSource(source) if isinstance(source, Path) else source
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite")
        try:
            survey(opened.entries(), journal)
            files, left_out = list(journal.files.unknown()), list(journal.left_out.all())
        finally:
            journal.close()
    return Surveyed(opened, files, left_out)


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder: path -> bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def keys_of(store: Store, prefix: str = "packages/") -> list[str]:
    return [info.key for info in store.list(prefix)]


def object_file(house: House, store: str, key: str) -> Path:
    """The file in which a local store keeps an object."""
    return Path(house.settings.stores[store].url.removeprefix("file://")) / key


def damage(path: Path, *, at: int) -> None:
    """Turn one byte over, as rot does."""
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(data)


def members_of(path: Path) -> dict[str, bytes]:
    """What Python's own tar reader finds: name -> bytes."""
    with tarfile.open(path) as opened:
        return {item.name: opened.extractfile(item).read() for item in opened}  # type: ignore[union-attr]  # files only


def with_hot(house: House, store: Store) -> House:
    """The same house with another store in the place of the hot one."""
    return replace(house, stores={**house.stores, "hot": store})


def copy_to_cold(house: House, package_id: str) -> None:
    """What tiering does, as far as these tests need it: the objects in cold, and a row that says so."""
    hot, cold = house.store("hot"), house.store("cold")
    for key in keys_of(hot, f"packages/{package_id}/"):
        cold.put(key, b"".join(hot.get(key)))
    event = new_event(house, EventType.REPLICATION, package_id, run="plan-1", store="cold")
    house.ledger.record(Entry(copies=[copy_after(event)], events=[event]))
