"""A report written to a file, whole or not at all, in the form that the file's name asks for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from holdings.errors import BadInput, Unavailable
from reports.document import Report

FORMS = (".html", ".md", ".pdf", ".xlsx")


def write_report(report: Report, target: Path, *, data: Path | None = None) -> Path:
    """Write the report to `target`, replacing what is there.

    data : a folder for every table as CSV and Parquet; None for none.

    Raises BadInput where the name asks for no form we have or `target` is a folder.
    """
    if target.is_dir():
        raise BadInput(f"{target} is a folder; a report is one file.", hint=f"Name {target / 'report.html'}.")
    content = _renderer(target)(report)
    if data is not None:
        from reports.render.datafiles import write_data  # noqa: PLC0415  # as below

        write_data(report, data)
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(target)
    except OSError as error:
        raise Unavailable(f"The report {target} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
    return target


def check_form(target: Path) -> None:
    """Raise BadInput where `target` has a name that no form goes by: before anything is read or drawn."""
    _renderer(target)


def _renderer(target: Path) -> Callable[[Report], bytes]:
    # Each form brings its own library, and a page is to be had without waiting for the others'.
    match target.suffix.lower():
        case ".html":
            from reports.render.html import render_html  # noqa: PLC0415  # as above

            return lambda report: render_html(report).encode()
        case ".md":
            from reports.render.markdown import render_markdown  # noqa: PLC0415  # as above

            return lambda report: render_markdown(report).encode()
        case ".pdf":
            from reports.render.pdf import render_pdf  # noqa: PLC0415  # as above

            return render_pdf
        case ".xlsx":
            from reports.render.workbook import render_workbook  # noqa: PLC0415  # as above

            return render_workbook
    known = ", ".join(FORMS)
    raise BadInput(
        f"{target.name} is no form of a report; its name ends in {known}.", hint="Use -o report.html."
    )
