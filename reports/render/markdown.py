"""The report as Markdown: words and tables, for a wiki, a diff or a mail. Pictures are told in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.document import (
    WORDS,
    Answers,
    Block,
    Command,
    Facts,
    Folded,
    Photos,
    Questions,
    Report,
    Shown,
    Side,
    Slider,
    Table,
    Words,
)
from reports.numbers import headed, told

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_LINE_START = re.compile(r"^(\s*\d*)([-+=.)])(?=\s|$|-|=)")


def render_markdown(report: Report) -> str:
    """The whole report."""
    return "\n\n".join(_parts(report)) + "\n"


def _parts(report: Report) -> Iterator[str]:
    yield f"# {escaped(report.title)}"
    yield escaped(report.sub)
    for chapter in report.chapters:
        if len(report.chapters) > 1 and chapter.title != report.title:
            yield f"## {escaped(chapter.title)}"
        for section in chapter.sections:
            if section.title:
                yield f"### {escaped(section.title)}"
            for block in section.blocks:
                yield from _block(block)
    yield "---"
    yield escaped(report.closing)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Words():
            yield escaped(block.text)
        case Answers():
            yield "\n".join(
                f"- **{escaped(each.number)}** {escaped(each.what)} ({escaped(each.band)})"
                for each in block.answers
            )
        case Questions():
            for each in block.asked:
                yield f"**{escaped(each.question)}** {escaped(' '.join(each.sentences))}"
        case Shown():
            yield f"**{escaped(block.picture.title)}.** {escaped(block.picture.description)}"
            yield from _table(block.table)
        case Side():
            for shown in block.shown:
                yield from _block(shown)
        case Table():
            yield from _table(block)
        case Slider():
            yield from _table(block.table)
        case Folded():
            yield f"**{escaped(block.title)}**"
            yield from _table(block.content) if isinstance(block.content, Table) else [fenced(block.content)]
        case Command():
            yield fenced(block.text)
        case Photos() | Facts():
            yield from _list(block)


def _list(block: Photos | Facts) -> Iterator[str]:
    if isinstance(block, Facts):
        yield "\n".join(f"- {escaped(name)}: {escaped(value)}" for name, value in block.rows)
        return
    yield escaped(block.title)
    yield "\n".join(f"- {escaped(each.name)}" for each in block.photos)


def _table(table: Table) -> Iterator[str]:
    yield escaped(table.caption)
    heads = [escaped(headed(column)) for column in table.columns]
    rules = [":--" if column.kind in WORDS else "--:" for column in table.columns]
    rows = [
        [escaped(told(cell, column)) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ] or [["nothing yet", *[""] * (len(heads) - 1)]]
    yield "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rules, *rows))


def escaped(text: str) -> str:
    """`text` on one line, as no markup of any kind."""
    flat = " ".join(text.split("\n"))
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", flat))


def fenced(text: str) -> str:
    """`text` as it is, in a fence that nothing in it ends."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text.rstrip()}\n{fence}"
