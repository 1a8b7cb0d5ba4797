"""What a report is before anybody prints it: values, the same for a page, a sheet and a book.

The seam, for whoever writes another report:

1. **Gather.** One function reads the house (or a result, or a plan) and gives plain data: dicts,
   lists, text, whole numbers and floats, as JSON has them. It is the only one that reads.
2. **View.** One pure function makes a `Report` of that data, and of nothing else. Register it in
   `reports.kinds` under the report's `kind`. The data goes into the page with it, so that
   `holdfast report verify` can make the page again from what lies inside and compare.
3. Nothing else: `reports.writing.write_report(report, target)` renders it as HTML, Markdown, xlsx
   or PDF, and its tables as CSV and Parquet.

```
house ─ gather ─ data ─ view ─ Report ─┬─ render.html      (with the data inside)
                                       ├─ render.markdown
                                       ├─ render.workbook
                                       ├─ render.pdf
                                       └─ render.datafiles (every table)
```

Tables hold raw values, and their columns say what these are (`bytes`, `money` …); how they look is
decided in `reports.numbers.told`, at the last moment. A picture is drawn out of the table that
stands beneath it and has no numbers of its own, so that the two cannot disagree. Words are made in
the view, with the functions of `reports.numbers`. All text may come from outside: renderers escape it.

    Shown(
        picture=Fan(name="total", title="Bytes held in all stores", description="…"),
        table=Table(name="total", caption="Bytes held … Source: …", columns=(…), rows=(…)),
    )

Pictures are frozen dataclasses in `reports.figures`, a file each. A new one derives from
`reports.figures.chart.Chart` and draws on matplotlib axes; one that is no chart (photographs) meets
`Picture` in its own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from markupsafe import Markup

Cell = str | int | float | None
"""None is not known, or none: an empty cell."""
Kind = Literal[
    "text", "path", "bytes", "money", "count", "about", "number", "share", "year", "month", "day", "moment"
]
"""What a column's raw values are.

`text` words; `path` words that may break anywhere; `bytes` a size; `money` an amount of `unit`;
`count` an exact whole number; `about` a number of things that nobody counts to the last; `number`
any other, in `unit`; `share` a part of one, told in per cent; `year` 2031; `month` "2031-12"; `day`
"2031-12-31"; `moment` text as `holdings.records.short` writes it.
"""
WORDS: tuple[Kind, ...] = ("text", "path", "month", "day", "moment", "year")
Width = Literal["wide", "narrow"]
Medium = Literal["page", "print"]
"""`page` takes its colours and letters from the page around it; `print` brings both."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """What stands in one column."""

    heading: str
    kind: Kind = "text"
    unit: str = ""
    """Of `money` its currency, of `number` its unit; else empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Raw values under headings; the first column names the row."""

    name: str
    """Unique in its report; letters, digits and hyphens. Its file's name under `--data`."""
    caption: str
    """What the rows are and where they come from: "… Source: …"."""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    emphasised: frozenset[int] = frozenset()
    """Rows that are to be seen first, by number; what marks them is told in words, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """A picture in one width, ready to be set."""

    svg: Markup
    along: Literal["x", "y", ""]
    """In which direction the rows of the table follow one another; empty where they do not."""
    marks: tuple[float, ...]
    """Where each row of the table is, in units of the SVG's view box; empty where that says nothing."""
    plot: tuple[float, float, float, float]
    """Left, top, right and bottom of what is between the axes, in the same units."""


class Picture(Protocol):
    """Whatever can be drawn out of a table."""

    @property
    def name(self) -> str:
        """Unique in its report; letters, digits and hyphens."""

    @property
    def title(self) -> str:
        """What it shows, as a caption."""

    @property
    def description(self) -> str:
        """What a person who cannot see it needs to know."""

    def drawn(self, table: Table, *, width: Width, medium: Medium = "page") -> Drawing:
        """The picture; the same table gives the same bytes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A picture with its data beneath."""

    picture: Picture
    table: Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """Pictures beside one another where there is room, each drawn narrow."""

    shown: tuple[Shown, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One number that is asked for first."""

    number: str
    what: str
    band: str
    """The doubt around it, or a remark."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """The numbers that are asked for first, side by side."""

    answers: tuple[Answer, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A question as people ask it, answered in sentences."""

    question: str
    sentences: tuple[str, ...]
    more: str = ""
    """The anchor of the section that says more; empty for none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Questions:
    """Questions and answers, one below the other: what the first screen says."""

    asked: tuple[Asked, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Slider:
    """A table of which a page can show one row at a time, chosen on a scale (years, mostly)."""

    label: str
    table: Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Folded:
    """Something long, shown on demand: a text as it was written, or a table."""

    title: str
    content: str | Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """What to type."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """Names and values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Photo:
    """A small picture as it was taken, for a page to show."""

    name: str
    """What it is of; also what who cannot see it is told."""
    remark: str
    """Beneath the name; empty for none."""
    jpeg: str
    """Base64."""
    width_px: int
    height_px: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Photos:
    """A contact sheet."""

    title: str
    """Which are shown, and how many are not."""
    photos: tuple[Photo, ...]


Block = Words | Answers | Questions | Shown | Side | Table | Slider | Folded | Command | Facts | Photos


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A question that is answered, or a matter that is told."""

    title: str
    """Empty for what follows the chapter's title at once."""
    anchor: str
    """Unique in its report; letters, digits and hyphens."""
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """Sections that belong together: a scenario, say, or the holdings."""

    title: str
    anchor: str
    """Unique in its report; letters, digits and hyphens."""
    sections: tuple[Section, ...]
    is_choice: bool = False
    """One of several of which a page may show one at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """All that a report says. The same report gives the same bytes in every form."""

    kind: str
    """Which view of `reports.kinds` made it."""
    title: str
    sub: str
    """One sentence under the title."""
    chapters: tuple[Chapter, ...]
    closing: str
    """The last line: who made it, and of what."""
    data: Mapping[str, Any] = field(repr=False)
    """What the view was given, as JSON has it; it goes into the page."""

    def tables(self) -> tuple[Table, ...]:
        """Every table, those beneath pictures and folded ones too, in their order."""
        sections = (section for chapter in self.chapters for section in chapter.sections)
        return tuple(table for section in sections for block in section.blocks for table in tables_of(block))


def tables_of(block: Block) -> tuple[Table, ...]:
    """The tables in a block."""
    if isinstance(block, Table):
        return (block,)
    if isinstance(block, Shown | Slider):
        return (block.table,)
    if isinstance(block, Side):
        return tuple(each.table for each in block.shown)
    if isinstance(block, Folded) and isinstance(block.content, Table):
        return (block.content,)
    return ()


def pictures_of(block: Block) -> tuple[Shown, ...]:
    """The pictures in a block, with their tables."""
    if isinstance(block, Shown):
        return (block,)
    return block.shown if isinstance(block, Side) else ()
