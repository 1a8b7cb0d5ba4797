"""The image index: one Parquet file per package, so that millions of images stay out of the database."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from holdings.catalogue.interface import image_records
from holdings.catalogue.migrating import beside, sync_folder
from holdings.errors import BadInput, Corrupt, NotFound, Unavailable
from holdings.records import Image, check_package_id, package_of_image, sha256_hex

if TYPE_CHECKING:
    import pyarrow as pa

INDEX_FOLDER = "index"
"""Beside the database."""
INDEX_NAME = "index.parquet"
"""The object of a package that holds its index."""
_ROW_GROUP = 100_000
_FILES_AT_ONCE = 1000
_FETCH_HINT = "holdfast catalogue rebuild fetches it from the stores."
_NAMES = tuple(field.name for field in fields(Image))
_NUMBERS = ("size_bytes", "width_px", "height_px", "offset", "bits_per_sample", "pages")
_ALWAYS_THERE = frozenset(
    ("image_id", "package_id", "path", "size_bytes", "sha256", "media_type", "object_key", "offset", "terms")
)
_SELECT = f"""
    SELECT {", ".join(f'"{name}"' for name in _NAMES)} FROM read_parquet($paths, hive_partitioning = false)
    WHERE $text IS NULL OR contains(lower(nfc_normalize(image_id)), lower(nfc_normalize($text)))
        OR contains(lower(nfc_normalize(path)), lower(nfc_normalize($text)))
    ORDER BY package_id, CAST(split_part(image_id, '.', -1) AS BIGINT) LIMIT $limit
"""  # noqa: S608  # our own words only
"""Values are bound, never pasted; `contains` knows no wildcards, so % and _ are themselves."""


def index_schema() -> pa.Schema:
    """The columns of an index: the fields of `holdings.records.Image`."""
    import pyarrow as pa  # noqa: PLC0415  # takes long to import; commands that need no index do without

    number, terms = pa.int64(), pa.map_(pa.string(), pa.field("value", pa.string(), nullable=False))
    kinds = dict.fromkeys(_NUMBERS, number) | {"resolution_ppi": pa.float64(), "terms": terms}
    return pa.schema(
        [pa.field(name, kinds.get(name, pa.string()), nullable=name not in _ALWAYS_THERE) for name in _NAMES]
    )


def index_bytes(images: Sequence[Image]) -> bytes:
    """The index of one package as Parquet; the same images give the same bytes.

    Checksums are random: statistics of them would only take room.
    """
    import pyarrow as pa  # noqa: PLC0415  # as above
    import pyarrow.parquet as pq  # noqa: PLC0415

    rows: dict[str, list[object]] = {name: [getattr(image, name) for image in images] for name in _NAMES}
    rows["terms"] = [sorted(image.terms.items()) for image in images]
    sink = io.BytesIO()
    pq.write_table(
        pa.table(rows, schema=index_schema()),
        sink,
        compression="zstd",
        row_group_size=_ROW_GROUP,
        use_dictionary=["package_id", "media_type", "object_key"],
        write_statistics=["image_id", "path", "size_bytes", "offset"],
        store_schema=False,
    )
    return sink.getvalue()


def read_index(data: bytes, *, origin: str = "an image index") -> list[Image]:
    """The images of an index, in order. Raises Corrupt naming `origin` where it is none."""
    return image_records(_table(data, origin))


def _table(data: bytes, origin: str) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  # as above
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        if not file.schema_arrow.equals(index_schema(), check_metadata=False):
            raise Corrupt(
                f"{origin} has not the columns of an image index.",
                hint=_FETCH_HINT,
                detail=str(file.schema_arrow),
            )
        # One thread: thousands of small files gain nothing from more.
        return file.read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise Corrupt(f"{origin} is no image index.", hint=_FETCH_HINT, detail=str(error)) from None


class FolderIndex:
    """The indexes of all packages as files of one folder.

    recorded : the recorded packages of a collection (None: of all), and whether each has an
        index. What lies in the folder for a package that was never recorded is not found, since
        nobody claims to hold it.
    """

    def __init__(self, folder: Path, recorded: Callable[[str | None], Mapping[str, bool]]) -> None:
        self.folder = folder
        self._recorded = recorded

    def add(self, package_id: str, parquet: bytes) -> None:
        path = self._path(package_id)
        try:
            if path.is_file() and path.read_bytes() == parquet:
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, parquet)
        except OSError as error:
            raise Unavailable(f"The image index {path} cannot be written: {error.strerror}.") from None

    def has(self, package_id: str) -> bool:
        return self._path(package_id).is_file()

    def holds(self, package_id: str, sha256: str) -> bool:
        """Whether the index of that package is here, with those very bytes."""
        return self.has(package_id) and sha256_hex(self._read(self._path(package_id), package_id)) == sha256

    def names(self) -> list[str]:
        """The packages that have an index here, in order."""
        return sorted(
            name.removesuffix(".parquet") for name in _names(self.folder) if name.endswith(".parquet")
        )

    def images(self, package_id: str) -> list[Image]:
        path = self._path(package_id)
        return read_index(self._read(path, package_id), origin=str(path))

    def image(self, image_id: str) -> Image:
        package_id = package_of_image(image_id)
        path = self._path(package_id)
        table = _table(self._read(path, package_id), str(path))
        # Images lie in the order of their numbers, from 1. A filter would do, but comparing with a
        # Python value makes pyarrow import pandas, which takes longer than all of `get`.
        row = int(image_id.rpartition(".")[2]) - 1
        found = image_records(table.slice(row, 1)) if 0 <= row < table.num_rows else []
        if not found or found[0].image_id != image_id:
            raise NotFound(f"{package_id} has no image {image_id}.", hint="holdfast find shows them.")
        return found[0]

    def query(
        self, *, collection: str | None = None, text: str | None = None, limit: int | None = None
    ) -> pa.Table:
        if limit is not None and limit < 0:
            raise BadInput(
                f"A limit of {limit} images makes no sense.", hint="Leave it out, or give 1 or more."
            )
        paths = self._paths(self._recorded(collection))
        return _query(paths, text, limit)

    def _paths(self, recorded: Mapping[str, bool]) -> list[str]:
        there = set(self.names())
        missing = [
            package_id for package_id, has_index in recorded.items() if has_index and package_id not in there
        ]
        if missing:
            # To leave them out would be to say that their images are not held.
            raise Corrupt(
                f"The image index of {missing[0]} is not in {self.folder}"
                + (f" (nor that of {len(missing) - 1} others)." if len(missing) > 1 else "."),
                hint=_FETCH_HINT,
            )
        return [str(self._path(package_id)) for package_id in recorded if package_id in there]

    def _nothing_of(self, package_id: str) -> Corrupt | NotFound:
        if self._recorded(None).get(package_id):
            return Corrupt(f"The image index of {package_id} is not in {self.folder}.", hint=_FETCH_HINT)
        return NotFound(f"No package {package_id} with images is held.", hint="holdfast find shows what is.")

    def _path(self, package_id: str) -> Path:
        return self.folder / f"{check_package_id(package_id)}.parquet"

    def _read(self, path: Path, package_id: str) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise self._nothing_of(package_id) from None
        except OSError as error:
            raise Unavailable(f"The image index {path} cannot be read: {error.strerror}.") from None


def _names(folder: Path) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]  # noqa: PTH208  # ten times faster
    except FileNotFoundError:
        return []


def _query(paths: Sequence[str], text: str | None, limit: int | None) -> pa.Table:
    """Images of the files `paths`, which come in the order of their packages.

    Some files at a time: with a limit, what comes after it is never opened.
    """
    import duckdb  # noqa: PLC0415  # as above
    import pyarrow as pa  # noqa: PLC0415

    tables = [pa.Table.from_batches([], schema=index_schema())]
    left = limit if limit is not None else 2**62
    try:
        with duckdb.connect(":memory:") as connection:
            for begin in range(0, len(paths), _FILES_AT_ONCE):
                if left == 0:
                    break
                values = {"paths": list(paths[begin : begin + _FILES_AT_ONCE]), "text": text, "limit": left}
                tables.append(connection.sql(_SELECT, params=values).to_arrow_table().cast(index_schema()))
                left -= tables[-1].num_rows
    except (duckdb.Error, ValueError) as error:
        raise Corrupt("An image index cannot be read.", hint=_FETCH_HINT, detail=str(error)) from None
    return pa.concat_tables(tables)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is seen whole or not at all, and is on the disk when this returns."""
    new = beside(path, "new")
    try:
        with new.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
    finally:
        new.unlink(missing_ok=True)
