"""A question in SQL over the image index and the ledger, in an engine that can reach nothing else.

The views and their columns:

* `images`: the fields of `holdings.records.Image`; what is withdrawn is not there. `terms` is a map by
  qualified standard name: `terms['dwc:country']`.
* `terms`: image_id, package_id, term, value; a row for each term of each image.
* `gbif`: image_id, package_id and the Darwin Core terms of GBIF_TERMS as columns, with the lower-case
  names of GBIF's snapshots (`catalognumber`, `countrycode`), so that the two join by name.
* `packages`, `copies`, `events`, `withdrawals`: the ledger.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from holdings.arrays import no_rows
from holdings.catalogue.index import index_schema
from holdings.catalogue.index_query import Withdrawn
from holdings.catalogue.index_reading import NO_IMAGES, as_duckdb_reads
from holdings.catalogue.index_sql_allowed import PARSER, checked_sql, first_line
from holdings.errors import BadInput

GBIF_TERMS = (
    *("occurrenceID", "catalogNumber", "recordNumber", "institutionCode", "collectionCode"),
    *("basisOfRecord", "scientificName", "kingdom", "phylum", "class", "order", "family", "genus"),
    *("specificEpithet", "infraspecificEpithet", "taxonRank", "typeStatus", "sex", "lifeStage"),
    *("recordedBy", "identifiedBy", "eventDate", "year", "month", "day", "continent", "country"),
    *("countryCode", "stateProvince", "locality", "decimalLatitude", "decimalLongitude"),
)
"""Local names in Darwin Core."""
LEDGER_VIEWS = ("packages", "copies", "events", "withdrawals")
VIEWS = ("images", "terms", "gbif", *LEDGER_VIEWS)
_IMAGE_VIEWS = frozenset(("images", "terms", "gbif"))
_ROWS_AT_ONCE = 10_000


@contextmanager
def asked_in_sql(
    text: str,
    *,
    seconds: float,
    images: Callable[[], tuple[Sequence[Path], Withdrawn]],
    ledger: Mapping[str, Callable[[], pa.Table]],
) -> Iterator[pa.RecordBatchReader]:
    """The rows that `text` asks for, as they come.

    seconds : how long it may take.
    images : the index files that are meant, and what is withdrawn; asked only where they are read.
    ledger : the tables of LEDGER_VIEWS, likewise.

    Raises BadInput for what may not be asked, takes too long or too much memory.
    """
    sql, names = checked_sql(text, VIEWS)
    with duckdb.connect(":memory:", config=PARSER | {"enable_external_access": "true"}) as engine:
        for name in names & frozenset(LEDGER_VIEWS):
            _add_table(engine, name, ledger[name]())
        if names & _IMAGE_VIEWS:
            _add_images(engine, *images())
        _lock(engine)
        with _told(), _stopped_after(seconds, engine):
            yield _without_twins(engine.sql(sql).to_arrow_reader(_ROWS_AT_ONCE))


@contextmanager
def _stopped_after(seconds: float, engine: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt the engine after that time; what it has said by then is no answer, however it ends."""
    over = threading.Event()

    def stop() -> None:
        over.set()
        engine.interrupt()

    alarm = threading.Timer(seconds, stop)
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()
        if over.is_set():
            raise BadInput(
                f"The query took longer than {seconds:g} seconds and was stopped.",
                hint="--seconds N allows more.",
            ) from None


@contextmanager
def _told() -> Iterator[None]:
    """DuckDB's errors as ours; while rows are read, Arrow passes them on in a form of its own."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        raise BadInput(f"The query cannot be answered: {first_line(error)}.", detail=str(error)) from None


def _add_table(engine: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    engine.register("given", rows)
    engine.execute(f'CREATE TABLE "{name}" AS FROM given')  # one of LEDGER_VIEWS
    engine.unregister("given")


def _add_images(engine: duckdb.DuckDBPyConnection, paths: Sequence[Path], withdrawn: Withdrawn) -> None:
    """The views over the index files; a view takes no parameters, so paths are quoted."""
    _add_table(engine, NO_IMAGES, no_rows(index_schema()))
    for view, select in _views(paths, withdrawn).items():
        engine.execute(f'CREATE VIEW "{view}" AS {select}')
    if paths:
        engine.execute("SET allowed_directories = ?", [[str(paths[0].parent)]])


def _views(paths: Sequence[Path], withdrawn: Withdrawn) -> Mapping[str, str]:
    """Their SQL: our own words, quoted paths and quoted identifiers."""
    listed = ", ".join(_quoted(as_duckdb_reads(path)) for path in paths)
    files = f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"  # noqa: S608
    hidden = ", ".join(_quoted(image_id) for image_id in sorted(withdrawn.images))
    shown = f"WHERE image_id NOT IN ({hidden})" if hidden else ""
    columns = ", ".join(f"terms['dwc:{name}'] AS \"{name.lower()}\"" for name in GBIF_TERMS)
    every = f"{files} UNION ALL BY NAME SELECT * FROM {NO_IMAGES}" if paths else f"FROM {NO_IMAGES}"  # noqa: S608
    return {
        "images": f"FROM ({every}) {shown}",
        "terms": """SELECT image_id, package_id, entry.key AS term, entry.value AS value
                    FROM (SELECT image_id, package_id, unnest(map_entries(terms)) AS entry FROM images)""",
        "gbif": f"SELECT image_id, package_id, {columns} FROM images",  # noqa: S608
    }


def _lock(engine: duckdb.DuckDBPyConnection) -> None:
    for setting in (
        "temp_directory = ''",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        engine.execute(f"SET {setting}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _without_twins(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    names = reader.schema.names
    if len(set(names)) != len(names):
        twin = next(name for name in names if names.count(name) > 1)
        raise BadInput(f"Two columns of the answer are named {twin!r}.", hint="Name them: SELECT … AS …")
    return reader
