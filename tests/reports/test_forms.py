"""One report in its other forms: the same numbers in each, the same bytes again, and no way in for markup."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from holdings.errors import BadInput
from reports.document import (
    Answer,
    Answers,
    Asked,
    Chapter,
    Column,
    Command,
    Facts,
    Folded,
    Questions,
    Report,
    Section,
    Shown,
    Side,
    Slider,
    Table,
    Words,
)
from reports.figures.bars import Bars
from reports.numbers import told
from reports.render.datafiles import arrow_of, csv_of, write_data
from reports.render.html import render_html
from reports.render.markdown import escaped, fenced, render_markdown
from reports.render.pdf import render_pdf
from reports.render.workbook import render_workbook
from reports.writing import FORMS, write_report

NB = "\N{NO-BREAK SPACE}"
BAD = "<script>alert(1)</script>"
STORES = Table(
    name="stores",
    caption="Stores. Source: made up.",
    columns=(
        Column(heading="store"),
        Column(heading="bytes", kind="bytes"),
        Column(heading="cost", kind="money", unit="EUR"),
        Column(heading="share", kind="share"),
        Column(heading="line", kind="number", unit="Gbit/s"),
        Column(heading="since", kind="month"),
    ),
    rows=(
        ("=cmd|' /C calc'!A1", 3_000_000_000_007, 17.5, 0.25, 1.5, "2031-02"),
        (BAD, 5, None, 0.75, 0.0, ""),
    ),
    emphasised=frozenset({0}),
)


@pytest.fixture(scope="module")
def small() -> Report:
    blocks = (
        Answers(answers=(Answer(number="3.00 TB", what="held", band="no doubt stated"),)),
        Questions(asked=(Asked(question="How many?", sentences=("Two.", "In two stores."), more="end"),)),
        Words(text=f"A collection named {BAD} * stays _text_."),
        Shown(picture=Bars(name="bars", title="Bytes", description="3.00 TB and 5 B", value=1), table=STORES),
        Side(shown=()),
        Slider(
            label="Year",
            table=Table(
                name="years",
                caption="Source: -",
                columns=(Column(heading="year", kind="year"),),
                rows=((2031,),),
            ),
        ),
        Folded(title="The policy", content="copies = 2\n```\n# not a heading"),
    )
    end = Section(
        title="Again", anchor="end", blocks=(Command(text="holdfast x"), Facts(rows=(("seed", "5"),)))
    )
    first = Section(title="", anchor="first", blocks=blocks)
    chapter = Chapter(title="Made up", anchor="all", sections=(first, end))
    return Report(
        kind="holdings", title="Made up", sub="By hand.", chapters=(chapter,), closing="End.", data={"a": 1}
    )


@pytest.fixture
def whole(two_plans: Report) -> Report:
    return two_plans


EXPECTED = f"""# Made up

By hand.

- **3.00 TB** held (no doubt stated)

**How many?** Two. In two stores.

A collection named \\<script\\>alert(1)\\</script\\> \\* stays \\_text\\_.

**Bytes.** 3.00 TB and 5 B

Stores. Source: made up.

| store | bytes | cost | share | line, Gbit/s | since |
| :-- | --: | --: | --: | --: | :-- |
| =cmd\\|' /C calc'\\!A1 | 3.00{NB}TB | 17.50{NB}EUR | 25{NB}% | 1.50 | 2031-02 |
| \\<script\\>alert(1)\\</script\\> | 5.00{NB}B |  | 75{NB}% | 0 |  |

Source: -

| year |
| :-- |
| 2031 |

**The policy**

````
copies = 2
```
# not a heading
````

### Again

```
holdfast x
```

- seed: 5

---

End.
"""


def test_markdown_word_for_word(small: Report) -> None:
    assert render_markdown(small) == EXPECTED


def test_markdown_escapes() -> None:
    assert escaped("1. a\n# b") == "1\\. a \\# b"
    assert escaped("- a") == "\\- a"
    assert escaped("1.5 a - b") == "1.5 a - b"
    assert fenced("a") == "```\na\n```"


@pytest.mark.parametrize("render", [render_html, render_markdown, render_pdf, render_workbook])
def test_the_same_report_gives_the_same_bytes(small: Report, render: object) -> None:
    assert callable(render)
    assert render(small) == render(small)


def test_no_form_tells_the_time(small: Report) -> None:
    pdf = render_pdf(small)
    assert set(re.findall(rb"D:(\d{8})", pdf)) == {b"19800101"}
    with zipfile.ZipFile(io.BytesIO(render_workbook(small))) as book:
        assert {each.date_time[:3] for each in book.infolist()} == {(1980, 1, 1)}
        assert set(re.findall(r"\d{4}-\d\d-\d\dT", book.read("docProps/core.xml").decode())) == {
            "1980-01-01T"
        }


def test_a_workbook_keeps_numbers_and_runs_nothing(small: Report) -> None:
    with zipfile.ZipFile(io.BytesIO(render_workbook(small))) as book:
        names = book.read("xl/workbook.xml").decode()
        sheet = book.read("xl/worksheets/sheet2.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
        assert any(name.startswith("xl/charts/") for name in book.namelist())
    assert re.findall(r'<sheet name="([^"]*)"', names) == ["Report", "stores", "years", "text 1"]
    assert "<f>" not in sheet
    assert "3000000000007" in sheet
    assert "=cmd|" in texts
    assert "&lt;script&gt;" in texts


def test_data_files_have_units_and_no_formulas(tmp_path: Path, small: Report) -> None:
    head, first, second = csv.reader(csv_of(STORES).decode().splitlines())
    assert head == ["store", "bytes [B]", "cost [EUR]", "share", "line [Gbit/s]", "since"]
    assert first == ["'=cmd|' /C calc'!A1", "3000000000007", "17.5", "0.25", "1.5", "2031-02"]
    assert second[2] == ""
    arrow = arrow_of(STORES)
    assert arrow.column("store").to_pylist()[0] == "=cmd|' /C calc'!A1"
    assert arrow.schema.field("cost").metadata == {b"kind": b"money", b"unit": b"EUR"}
    folder = write_data(small, tmp_path / "data")
    contents = json.loads((folder / "datapackage.json").read_text())
    assert [each["path"] for each in contents["resources"]] == ["stores.csv", "years.csv"]
    assert pq.read_table(folder / "stores.parquet").equals(arrow)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_data(small, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_data_are_not_written_over_anything_else(tmp_path: Path, small: Report) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BadInput, match="holds something else"):
        write_report(small, tmp_path / "x.html", data=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_every_table_of_the_report_is_data_with_a_name_of_its_own(whole: Report) -> None:
    names = [table.name for table in whole.tables()]
    assert len(names) == len(set(names)) >= 40
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)
    for table in whole.tables():
        assert csv_of(table).count(b"\r\n") >= len(table.rows) + 1
        assert arrow_of(table).num_rows == len(table.rows)
        for row in table.rows:
            assert all(
                isinstance(told(cell, column), str) for cell, column in zip(row, table.columns, strict=True)
            )


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_written_by_its_name(tmp_path: Path, small: Report, form: str) -> None:
    path = write_report(small, tmp_path / f"report{form}")
    begins = {".html": b"<!DOCTYPE", ".md": b"# Made", ".pdf": b"%PDF", ".xlsx": b"PK"}[form]
    assert path.read_bytes().lstrip().startswith(begins)


def test_a_pdf_says_the_same_words(tmp_path: Path, every_report: dict[str, Report]) -> None:
    whole = every_report["tiering"]
    if shutil.which("pdftotext") is None:
        pytest.skip("there is no pdftotext on this machine")
    path = write_report(whole, tmp_path / "report.pdf")
    ran = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    text = " ".join(ran.stdout.split())
    for section in (section for chapter in whole.chapters for section in chapter.sections):
        assert section.title in text
    assert (
        "data.json"
        in subprocess.run(["pdfdetach", "-list", path], capture_output=True, text=True, check=True).stdout
    )
