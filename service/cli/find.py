"""`holdfast find`: which images are held."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer, image_row, plain, printable
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE
from service.wording import count, size, table

if TYPE_CHECKING:
    import pyarrow as pa

    from archive.asking import Asked
    from holdings.house import House
    from holdings.records import Image, Withdrawal

_LINES_AT_ONCE = 1000
"""Columns stand under each other in so many lines: not all of a million are kept to measure them."""
_IN_MEMORY_BYTES = 16 * 2**20


def find(
    text: Annotated[
        str | None,
        typer.Argument(metavar="[TEXT]", help="Part of an identifier or path."),
    ] = None,
    *,
    identifier: Annotated[
        str | None,
        typer.Option(
            "--identifier", metavar="ID", help="Image, specimen, file name, path, or an identifying term."
        ),
    ] = None,
    specimen: Annotated[
        str | None, typer.Option("--specimen", metavar="NUMBER", help="Its number: dwc:catalogNumber.")
    ] = None,
    term: Annotated[
        list[str] | None,
        typer.Option("--term", metavar="NAME=VALUE", help="A matched term; may be given several times."),
    ] = None,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", metavar="ID", help="Only images of this collection.")
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT", help="tiff, image/tiff or fmt/353; any of several."),
    ] = None,
    size_span: Annotated[
        str | None, typer.Option("--size", metavar="RANGE", help="'>10MB', 1MB..10MB, '<=300 kB'.")
    ] = None,
    captured: Annotated[
        str | None,
        typer.Option("--captured", "--date", metavar="RANGE", help="2024, 2024-05.., 2024-05-17..2024-06."),
    ] = None,
    deposited: Annotated[
        str | None, typer.Option("--deposited", metavar="RANGE", help="When it was deposited (UTC).")
    ] = None,
    path: Annotated[str | None, typer.Option("--path", metavar="GLOB", help="'drawer 1/*.tif'.")] = None,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Those that were withdrawn, with who, when and why.")
    ] = False,
    sql: Annotated[
        str | None, typer.Option("--sql", metavar="SELECT", help="One query; see the views below.")
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="N", min=0.1, help="How long --sql may take.")
    ] = 300.0,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", metavar="N", min=1, help="At most so many images.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on stdout, a column for each term.")] = False,
    target: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write FILE.csv or FILE.parquet instead."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """List the images that are held and fit everything that is asked.

    Nothing hangs on upper or lower case. In values, * stands for any signs (also /) and ? for
    one; a backslash before them makes them plain. Terms are asked for by any spelling of their
    standard name: country, dwc:country, countrycode, or the URI.

    --sql reads the views images, terms (one row for each term of an image), gbif (Darwin Core
    columns with the lower-case names of GBIF's snapshots), packages, copies, events and withdrawals.

    With --json: a list with one row per image: image_id, package_id, path, bytes, sha256,
    media_type, width_px, height_px and what else is known of it.

    \b
    EXAMPLES
      holdfast find
      holdfast find 0013609 --collection nhmuk-pinned
      holdfast find --specimen "NHMUK 0136*" --format tiff --size ">10MB"
      holdfast find --term country=France --captured 2024-05.. -o france.csv
      holdfast find --sql "SELECT media_type, count(*), sum(size_bytes) FROM images GROUP BY ALL"
    """
    from archive.asking import Asked

    asked = Asked(
        text=text,
        identifier=identifier,
        specimen=specimen,
        terms=term or (),
        collection=collection,
        formats=formats or (),
        size=size_span,
        captured=captured,
        deposited=deposited,
        path=path,
        withdrawn=withdrawn,
        limit=limit,
    )
    _check_output(as_json=as_json, as_csv=as_csv, target=target)
    with open_here(settings) as house:
        if sql is not None:
            _check_alone(asked)
            return _answer_sql(house, sql, seconds, as_json=as_json, as_csv=as_csv, target=target)
        if as_csv or target is not None:
            return _answer_table(house, asked, target, as_json=as_json)
        return _answer_list(house, asked, as_json=as_json)


def _check_output(*, as_json: bool, as_csv: bool, target: Path | None) -> None:
    from archive.tabular import check_table_target
    from holdings.errors import BadInput

    if as_csv and (as_json or target is not None):
        raise BadInput("--csv writes to stdout, and so can be neither --json nor a file.", hint="-o FILE.csv")
    if target is not None:
        check_table_target(target)


def _check_alone(asked: Asked) -> None:
    from archive.asking import Asked
    from holdings.errors import BadInput

    if asked != Asked():
        raise BadInput(
            "--sql says everything by itself; other conditions go into its WHERE and LIMIT.",
            hint="holdfast find --help shows a query.",
        )


def _answer_list(house: House, asked: Asked, *, as_json: bool) -> int:
    from archive.finding import found_images

    images = found_images(house, asked)
    stones = _tombstones(house) if asked.withdrawn else {}
    if as_json:
        print_json(_row(image, stones) for image in images)
    else:
        print_lines(_cells(image, stones) for image in images)
    return DONE


def _answer_table(house: House, asked: Asked, target: Path | None, *, as_json: bool) -> int:
    from archive.finding import found_batches
    from holdings.catalogue.index import index_schema

    def batches() -> Iterator[pa.RecordBatch]:
        return found_batches(house, asked)

    return _write(batches, index_schema(), target, what="image", as_json=as_json)


def _answer_sql(
    house: House, sql: str, seconds: float, *, as_json: bool, as_csv: bool, target: Path | None
) -> int:
    with house.catalogue.sql(sql, seconds=seconds) as found:
        if as_csv or target is not None:
            return _write(lambda: iter(found), found.schema, target, what="row", as_json=as_json)
        rows = (_plain_row(row) for batch in found for row in batch.to_pylist(maps_as_pydicts="lossy"))
        if as_json:
            print_json(rows)
        else:
            print_lines(_with_header(found.schema.names, rows))
    return DONE


def _plain_row(row: Mapping[str, object]) -> dict[str, object]:
    """Whole numbers as such: DuckDB adds them up as decimals."""
    from decimal import Decimal

    return {
        name: int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value
        for name, value in row.items()
    }


def _write(
    batches: Callable[[], Iterator[pa.RecordBatch]],
    schema: pa.Schema,
    target: Path | None,
    *,
    what: str,
    as_json: bool,
) -> int:
    from archive.tabular import write_csv, write_table

    if target is None:
        write_csv(batches, schema, sys.stdout.buffer)
        return DONE
    rows = write_table(batches, schema, target)
    answer({"file": target, "rows": rows}, [f"{target} has {count(rows, what)}."], as_json=as_json)
    return DONE


def print_json(rows: Iterable[Mapping[str, object]]) -> None:
    """A list as one JSON document, whole or not at all; memory does not grow with it."""
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, "w+", encoding="utf-8") as file:
        sign = "["
        for row in rows:
            file.write(sign + "\n  " + json.dumps(row, default=plain, ensure_ascii=False))
            sign = ","
        file.write("[]\n" if sign == "[" else "\n]\n")
        file.seek(0)
        shutil.copyfileobj(file, sys.stdout)


def print_lines(rows: Iterator[tuple[str, ...]]) -> None:
    """Rows as lines, as they come."""
    while some := list(islice(rows, _LINES_AT_ONCE)):
        for line in table(some):
            print(printable(line))


def _with_header(names: list[str], rows: Iterator[dict[str, object]]) -> Iterator[tuple[str, ...]]:
    yield tuple(names)
    for row in rows:
        yield tuple("" if value is None else str(value) for value in row.values())


def _tombstones(house: House) -> dict[str, Withdrawal]:
    return {item.subject: item for item in house.catalogue.withdrawals()}


def _stone(image: Image, stones: Mapping[str, Withdrawal]) -> Withdrawal | None:
    return stones.get(image.image_id) or stones.get(image.package_id)


def _cells(image: Image, stones: Mapping[str, Withdrawal]) -> tuple[str, ...]:
    from archive.withdrawing import told

    cells = (image.image_id, size(image.size_bytes), image.media_type, image.path)
    stone = _stone(image, stones)
    return (*cells, told(stone)) if stone else cells


def _row(image: Image, stones: Mapping[str, Withdrawal]) -> dict[str, object]:
    from service.cli.withdraw import withdrawal_row

    known = {name: getattr(image, name) for name in _MORE if getattr(image, name) not in (None, {})}
    stone = _stone(image, stones)
    return image_row(image) | known | ({"withdrawn": withdrawal_row(stone)} if stone else {})


_MORE = (
    *("sha512", "puid", "bits_per_sample", "colour_space", "icc_profile", "resolution_ppi", "pages"),
    *("captured_at", "camera", "specimen", "terms"),
)
"""What is shown of an image where it is known."""
