"""Tables of one deposit."""

from __future__ import annotations

from typing import Any

from reports.document import Column, Folded, Shown, Table
from reports.figures.bars import Bars
from reports.numbers import count, plural

Data = dict[str, Any]


def _source(data: Data) -> str:
    return f"Source: catalogue {data['catalogue_id']}."


def _part(shown: int, whole: int) -> str:
    return (
        f" Shown are {count(shown)} of {count(whole)}; a workbook and --data have all."
        if shown < whole
        else ""
    )


def formats_shown(data: Data) -> Shown:
    """Formats with their dimensions."""
    table = Table(
        name="formats",
        caption=f"Formats as they were identified by signature, with their dimensions. {_source(data)}",
        columns=(
            Column(heading="format"),
            Column(heading="PRONOM"),
            Column(heading="images", kind="count"),
            Column(heading="bytes", kind="bytes"),
            Column(heading="median", kind="number", unit="megapixels"),
            Column(heading="smallest, pixels"),
            Column(heading="largest, pixels"),
            Column(heading="colours"),
        ),
        rows=tuple(
            (each["media_type"], each["puid"], each["images"], each["bytes"], each["median_megapixels"],
             each["smallest"], each["largest"], each["colours"])
            for each in data["formats"]
        ),
    )  # fmt: skip
    told = "; ".join(f"{count(each['images'])} {each['media_type']}" for each in data["formats"])
    return Shown(
        picture=Bars(name="formats", title="Bytes by format", description=f"{told}.", value=3), table=table
    )


def terms_table(data: Data) -> Table:
    """What the matched records say."""
    return Table(
        name="terms",
        caption=f"Terms of the matched records, with their commonest values. {_source(data)}",
        columns=(
            Column(heading="term"),
            Column(heading="images", kind="count"),
            Column(heading="values", kind="count"),
            Column(heading="for example", kind="path"),
        ),
        rows=tuple(
            (each["term"], each["images"], each["distinct"],
             "; ".join(f"{value} ({count(n)})" if n > 1 else str(value) for value, n in each["commonest"]))
            for each in data["terms"]
        ),
    )  # fmt: skip


def copies_table(data: Data) -> Table:
    """Where each bag lies."""
    return Table(
        name="copies",
        caption=f"Copies of the bags.{_part(len(data['bags']), data['bag_count'])} {_source(data)}",
        columns=(
            Column(heading="bag", kind="path"),
            Column(heading="store"),
            Column(heading="tier"),
            Column(heading="domain"),
            Column(heading="state"),
            Column(heading="last read", kind="moment"),
        ),
        rows=tuple(
            (each["package_id"], each["store"], each["tier"], each["domain"], each["status"],
             each["verified_at"] or "never")
            for each in data["copies"]
        ),
    )  # fmt: skip


def images_folded(data: Data) -> Folded:
    """Every image with its checksum, or as many as are told."""
    n = data["images"] - data["withdrawn"]
    table = Table(
        name="images",
        caption=(
            f"Images as they were accepted, with the SHA-256 of their bytes.{_part(len(data['rows']), n)} "
            f"{_source(data)}"
        ),
        columns=(
            Column(heading="image", kind="path"),
            Column(heading="file", kind="path"),
            Column(heading="specimen", kind="path"),
            Column(heading="format"),
            Column(heading="width", kind="count"),
            Column(heading="height", kind="count"),
            Column(heading="bytes", kind="bytes"),
            Column(heading="SHA-256", kind="path"),
        ),
        rows=tuple(
            (each["image_id"], each["path"], each["specimen"], each["media_type"], each["width_px"],
             each["height_px"], each["bytes"], each["sha256"])
            for each in data["rows"]
        ),
    )  # fmt: skip
    return Folded(title=f"Checksums of {plural(len(data['rows']), 'image')}", content=table)


def events_folded(data: Data) -> Folded:
    """The history, in PREMIS event types."""
    table = Table(
        name="events",
        caption=(
            f"What happened to the bags, oldest first (PREMIS event types)."
            f"{_part(len(data['events']), data['event_count'])} {_source(data)}"
        ),
        columns=(
            Column(heading="when", kind="moment"),
            Column(heading="event"),
            Column(heading="bag", kind="path"),
            Column(heading="store"),
            Column(heading="outcome"),
            Column(heading="by", kind="path"),
            Column(heading="detail", kind="path"),
        ),
        rows=tuple(
            (each["at"], each["event"], each["package_id"], each["store"], each["outcome"], each["agent"],
             each["detail"])
            for each in data["events"]
        ),
    )  # fmt: skip
    return Folded(title=f"{plural(len(data['events']), 'event')}, one by one", content=table)
