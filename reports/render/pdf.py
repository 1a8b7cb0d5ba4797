"""The report as a PDF: A4, to print and to keep; pictures as lines and not as dots, no date of making.

Nothing is folded on paper: words, pictures and tables stand in their order. Beneath a picture stand as
many rows of its table as fit, and the caption says so; whole texts (scenario, policy, price sheets) and
the data are attached to the file.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
from fpdf import FPDF, FontFace, TextStyle
from fpdf.enums import MethodReturnValue, TableBordersLayout

from reports.document import (
    WORDS,
    Answers,
    Block,
    Chapter,
    Column,
    Command,
    Facts,
    Folded,
    Photo,
    Photos,
    Questions,
    Report,
    Section,
    Shown,
    Side,
    Slider,
    Table,
    Width,
    Words,
)
from reports.numbers import headed, told

_LONG_AGO = datetime(1980, 1, 1, tzinfo=UTC)
_INK, _FAINT, _RULE, _LINE = (28, 35, 33), (76, 87, 83), (196, 201, 195), (20, 105, 95)
_MARGIN, _WIDE, _FOOT = 18.0, 174.0, 18.0
_ROWS_BENEATH = 9
_NAME_LETTERS = 44
_MOST_ROWS = 400
"""Of a table that stands alone: about ten sheets."""
_SMALLEST = 5.5
"""Points: what is smaller is not read."""
_LETTER = 0.6
"""Of a letter's height, how wide it is."""
_MM = 0.3528
"""Of one point."""
_NOT_FOR_PAPER = re.compile(
    r"<title.*?</title>|<desc.*?</desc>|<clipPath.*?</clipPath>| clip-path=\"[^\"]*\"", re.DOTALL
)


def render_pdf(report: Report) -> bytes:
    """The whole document."""
    paper = _Paper(report)
    paper.write_all()
    return bytes(paper.output())


class _Paper(FPDF):
    """Pages, their letters, and what each block looks like on them."""

    def __init__(self, report: Report) -> None:
        super().__init__(format="A4")
        self._report, self._attached = report, 0
        fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
        for style, name in (("", "DejaVuSans"), ("B", "DejaVuSans-Bold"), ("I", "DejaVuSans-Oblique")):
            self.add_font("sans", style, fonts / f"{name}.ttf")
        self.add_font("mono", "", fonts / "DejaVuSansMono.ttf")
        self.set_creation_date(_LONG_AGO)
        self.set_title(_plain(report.title))
        self.set_producer("Holdfast")
        self.set_lang("en")
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(True, _FOOT)
        self.c_margin = 0
        head = TextStyle("sans", "B", 15, _INK, t_margin=6, b_margin=2, l_margin=0)
        self.set_section_title_styles(
            head, TextStyle("sans", "B", 12, _INK, t_margin=5, b_margin=1.5, l_margin=0)
        )

    def footer(self) -> None:
        self.set_y(-12)
        self._letters(7, _FAINT)
        self.cell(_WIDE - 20, 4, _plain(self._report.title)[:110])
        self.cell(20, 4, f"{self.page_no()}", align="R")

    def write_all(self) -> None:
        """All pages."""
        report = self._report
        self.add_page()
        self._words("Holdfast", size=10, colour=_LINE, style="B")
        self._words(report.title, size=21, style="B", line=1.2)
        self._words(report.sub, size=10.5, colour=_FAINT)
        for chapter in report.chapters:
            self._chapter(chapter)
        self.ln(4)
        self._words(f"{report.closing} Sizes are decimal: 1 TB is 10¹² bytes.", size=8, colour=_FAINT)
        self._attach(
            "data.json", json.dumps(report.data, ensure_ascii=False), "What every number was made of"
        )

    def _chapter(self, chapter: Chapter) -> None:
        below = chapter.title != self._report.title
        if below:
            if self.page_no() > 1:
                self.add_page()
            self._section(chapter.title, 0)
        for section in chapter.sections:
            if section.title:
                self._keep(12 + _begins(section))
                self._section(section.title, 1 if below else 0)
            for block in section.blocks:
                self._block(block)

    def _section(self, title: str, level: int) -> None:
        self.start_section(_plain(title), level, strict=False)

    def _block(self, block: Block) -> None:
        match block:
            case Words():
                self._words(block.text)
            case Answers():
                self._answers(block)
            case Questions():
                self._pairs([(each.question, " ".join(each.sentences)) for each in block.asked], left=46)
            case Facts():
                self._pairs(block.rows, left=34)
            case Command():
                self._words(block.text, size=8.5, family="mono")
            case Shown():
                self._shown(block, "wide", _WIDE)
            case Side():
                self._side(block)
            case Table():
                self._table(block, most=_MOST_ROWS)
            case Slider():
                self._table(block.table, most=_ROWS_BENEATH)
            case Folded():
                self._folded(block)
            case Photos():
                self._photos(block)

    def _words(
        self,
        text: str,
        *,
        size: float = 9.5,
        colour: tuple[int, int, int] = _INK,
        style: str = "",
        family: str = "sans",
        line: float = 1.4,
    ) -> None:
        self._letters(size, colour, style, family)
        self.multi_cell(_WIDE, size * _MM * line, _plain(text), align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(1.2)

    def _letters(
        self, size: float, colour: tuple[int, int, int] = _INK, style: str = "", family: str = "sans"
    ) -> None:
        self.set_font(family, style, size)
        self.set_text_color(*colour)

    def _answers(self, block: Answers) -> None:
        """Boxes, three beside one another."""
        gap, across = 4.0, 3
        wide = (_WIDE - gap * (across - 1)) / across
        self.ln(2)
        for first in range(0, len(block.answers), across):
            row = block.answers[first : first + across]
            tall = max(
                12.6 + self._height(each.what, wide - 6, 9) + self._height(each.band, wide - 6, 7.5)
                for each in row
            )
            self._keep(tall)
            top = self.y
            for number, each in enumerate(row):
                left = _MARGIN + number * (wide + gap)
                self.set_draw_color(*_RULE)
                self.rect(left, top, wide, tall, style="D", round_corners=True, corner_radius=1.5)
                self._at(left + 3, top + 2.5, wide - 6, each.number, 14, style="B")
                self._at(left + 3, self.y + 0.6, wide - 6, each.what, 9)
                self._at(left + 3, self.y + 0.6, wide - 6, each.band, 7.5, colour=_FAINT)
            self.set_xy(_MARGIN, top + tall + 3)

    def _at(
        self, x: float, y: float, wide: float, text: str, size: float, *, style: str = "",
        colour: tuple[int, int, int] = _INK,
    ) -> None:  # fmt: skip
        self.set_xy(x, y)
        self._letters(size, colour, style)
        self.multi_cell(wide, size * _MM * 1.3, _plain(text), align="L", new_x="LEFT", new_y="NEXT")

    def _height(self, text: str, wide: float, size: float, *, style: str = "") -> float:
        self._letters(size, style=style)
        lines = self.multi_cell(wide, 1, _plain(text), dry_run=True, output=MethodReturnValue.LINES)
        return len(lines) * size * _MM * 1.3  # type: ignore[arg-type]  # with that output it is the lines

    def _pairs(self, rows: Sequence[tuple[str, str]], *, left: float) -> None:
        for name, value in rows:
            right = _WIDE - left - 4
            tall = max(self._height(name, left, 9, style="B"), self._height(value, right, 9)) + 2.4
            self._keep(tall)
            top = self.y
            self.set_draw_color(*_RULE)
            self.line(_MARGIN, top, _MARGIN + _WIDE, top)
            self._at(_MARGIN, top + 1.2, left, name, 9, style="B")
            self._at(_MARGIN + left + 4, top + 1.2, right, value, 9)
            self.set_xy(_MARGIN, top + tall)
        self.ln(2)

    def _keep(self, tall: float) -> None:
        """Begin a page where `tall` millimetres would not fit on this one."""
        if self.y + tall > self.h - _FOOT and self.y > _MARGIN + 1:
            self.add_page()

    def _shown(self, shown: Shown, width: Width, wide: float) -> None:
        svg, ratio = _on_paper(shown, width)
        rows = min(len(shown.table.rows), _ROWS_BENEATH)
        self._keep(wide * ratio + 8 + (rows + 2) * 4.4)
        self._words(shown.picture.title, size=9.5, style="B")
        self.image(io.BytesIO(svg), x=_MARGIN, w=wide, alt_text=_plain(shown.picture.description))
        self.ln(1.5)
        self._table(shown.table, most=_ROWS_BENEATH, size=7)

    def _side(self, side: Side) -> None:
        """Two beside one another, each with what it shows; their tables are in the data."""
        gap = 6.0
        wide = (_WIDE - gap) / 2
        for first in range(0, len(side.shown), 2):
            pair = [(each, *_on_paper(each, "narrow")) for each in side.shown[first : first + 2]]
            tall = max(
                wide * ratio + 8 + self._height(each.picture.description, wide, 7.5)
                for each, _, ratio in pair
            )
            self._keep(tall)
            top = self.y
            for number, (each, svg, ratio) in enumerate(pair):
                left = _MARGIN + number * (wide + gap)
                self._at(left, top, wide, each.picture.title, 9, style="B")
                under = self.y + 1
                self.image(
                    io.BytesIO(svg), x=left, y=under, w=wide, alt_text=_plain(each.picture.description)
                )
                self._at(left, under + wide * ratio + 0.5, wide, each.picture.description, 7.5, colour=_FAINT)
            self.set_xy(_MARGIN, top + tall + 2)

    def _table(self, table: Table, *, most: int, size: float = 7.5) -> None:
        chosen = _some(len(table.rows), most)
        caption = table.caption
        if len(chosen) < len(table.rows):
            caption += f" Shown are {len(chosen)} of {len(table.rows)} rows; all are in the data."
        self._words(caption, size=7.5, colour=_FAINT)
        widths = _widths(table, chosen)
        size = max(_SMALLEST, min(size, _WIDE / (sum(widths) * _LETTER * _MM)))
        self._letters(size)
        self.set_draw_color(*_RULE)
        with self.table(
            headings_style=FontFace(emphasis="", color=_FAINT),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=widths,
            text_align=tuple("LEFT" if column.kind in WORDS else "RIGHT" for column in table.columns),
            line_height=size * _MM * 1.35,
            padding=(0.5, 1.0, 0.5, 0.5),
        ) as printed:
            printed.row([_plain(headed(column)) for column in table.columns])
            for number in chosen:
                emphasis = FontFace(emphasis="BOLD") if number in table.emphasised else None
                printed.row(_cells(table.rows[number], table.columns), style=emphasis)
            if not chosen:
                printed.row(["nothing yet", *[""] * (len(table.columns) - 1)])
        self.ln(2.5)

    def _photos(self, block: Photos) -> None:
        """Six beside one another, each above its name."""
        gap, across, tall = 3.0, 6, 26.0
        wide = (_WIDE - gap * (across - 1)) / across
        self._words(block.title)
        for first in range(0, len(block.photos), across):
            row = block.photos[first : first + across]
            self._keep(tall + 9)
            top = self.y
            for number, photo in enumerate(row):
                self._photo(photo, (_MARGIN + number * (wide + gap), top, wide, tall))
            self.set_xy(_MARGIN, top + tall + 9)

    def _photo(self, photo: Photo, box: tuple[float, float, float, float]) -> None:
        left, top, wide, tall = box
        self.image(
            io.BytesIO(base64.b64decode(photo.jpeg)), x=left, y=top, w=wide, h=tall, keep_aspect_ratio=True,
            alt_text=_plain(photo.name),
        )  # fmt: skip
        self._letters(6, _FAINT)
        # The end of a path tells files apart, and its beginning folders that are all the same.
        name = photo.name if len(photo.name) <= _NAME_LETTERS else f"…{photo.name[1 - _NAME_LETTERS :]}"
        self.set_xy(left, top + tall + 1)
        self.multi_cell(wide, 2.4, _plain(name), align="L", max_line_height=2.4)

    def _folded(self, block: Folded) -> None:
        if isinstance(block.content, Table):
            self._table(block.content, most=_MOST_ROWS)
            return
        self._attached += 1
        name = f"text-{self._attached}.txt"
        self._attach(name, block.content, block.title)
        self._words(f"{block.title}: attached to this PDF as {name}.")

    def _attach(self, name: str, text: str, description: str) -> None:
        if text:  # fpdf2 takes no empty file
            self.embed_file(
                bytes=text.encode(), basename=name, desc=_plain(description), compress=True,
                creation_date=_LONG_AGO, modification_date=_LONG_AGO,
            )  # fmt: skip


def _begins(section: Section) -> float:
    """Millimetres that stay with a section's title: what it begins with."""
    tall = 0.0
    for block in section.blocks:
        match block:
            case Words():
                tall += 12
                continue
            case Shown():
                return tall + 135
            case Side():
                return tall + 88
        return tall + 40
    return tall


def _cells(row: Sequence[str | float | None], columns: Sequence[Column]) -> list[str]:
    return [_plain(told(cell, column)) for cell, column in zip(row, columns, strict=True)]


def _some(rows: int, most: int) -> list[int]:
    """At most so many rows, evenly, with the last."""
    if rows <= most:
        return list(range(rows))
    step = -(-rows // most)
    return [*range(rows - 1, -1, -step)][::-1]


def _widths(table: Table, chosen: Sequence[int]) -> tuple[int, ...]:
    """Of the columns, by their longest words and the mean of what stands in them."""
    columns: list[int] = []
    for number, column in enumerate(table.columns):
        texts = [headed(column), *(told(table.rows[row][number], column) for row in chosen)]
        word = max((len(word) for text in texts for word in text.split(" ")), default=1)
        longest = max(map(len, texts[1:]), default=1)
        wanted = longest if column.kind not in ("text", "path") else max(min(longest, 16), longest // 3)
        columns.append(max(min(word, 24), wanted) + 2)
    return tuple(columns)


def _on_paper(shown: Shown, width: Width) -> tuple[bytes, float]:
    """A picture as fpdf2 reads it, and its height by its width."""
    svg = str(shown.picture.drawn(shown.table, width=width, medium="print").svg)
    box = re.search(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"', svg)
    assert box is not None
    # What is drawn ends at the axes anyway; fpdf2 knows no clip path that lies elsewhere.
    return _NOT_FOR_PAPER.sub("", svg).encode(), float(box[2]) / float(box[1])


def _plain(text: str) -> str:
    """`text` without what no letter of the font shows."""
    return "".join(
        letter
        if letter.isprintable() or letter in "\n\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
        else ascii(letter)[1:-1]
        for letter in text
    )
