"""`holdfast validate`: is this a valid bag, and if not, everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdings.errors import BadInput
from service.cli.answering import answer, say
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import BAD_INPUT, DONE, NO
from service.wording import count, size

if TYPE_CHECKING:
    from archive.validating import BagSource, Finding, Report
    from holdings.house import House


def validate(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Folders, tars, gzipped tars or zips; with --store, keys in it."
        ),
    ],
    *,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="FILE",
            help="A BagIt profile (JSON) that must be met, too; `holdfast` is our own.",
        ),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Look at the structure alone: no checksum is compared.")
    ] = False,
    fetch: Annotated[
        bool,
        typer.Option("--fetch", help="First fetch into a bag folder what its fetch.txt says is missing."),
    ] = False,
    threads: Annotated[
        int, typer.Option("--threads", min=1, max=256, help="How many read and hash at once.")
    ] = 2,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="NAME", help="The bags are in this store of the settings."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Check BagIt bags, ours or not, of versions 0.93 to 1.0, by RFC 8493 to the letter.

    Nothing is unpacked or changed, and nothing outside a bag is read. Every finding is listed, with
    a lasting code and the rule that it breaks. Only with --fetch is anything fetched: by http or
    https, never from an address inside the network, never more than fetch.txt says, and kept only
    if it is what the manifests say.

    \b
    EXAMPLES
      holdfast validate bag-folder bag.tar bag.zip
      holdfast validate --fast --profile ours.json bag-folder
      holdfast validate --profile holdfast --store cold packages/nhmuk-pinned-0f3a52c1d9e4/bag.tar
    """
    judge = _judge(profile, fast=fast, threads=threads)
    reports: list[Report] = []
    troubles: list[BadInput] = []
    # A path needs no settings; a key does.
    with open_here(settings) if store else nullcontext() as house:
        for path in paths:
            try:
                unfilled = _fill(path, store) if fetch else []
                with _source(path, store, house) as source:
                    reports.append(_with(unfilled, judge(source)))
            except BadInput as trouble:
                troubles.append(trouble)
    answer(_document(reports, troubles), _lines(reports), as_json=as_json)
    for refused in troubles:
        say(f"{refused.sentence}{f' Try: {refused.hint}' if refused.hint else ''}")
    return BAD_INPUT if troubles else _status(reports)


def _judge(profile: str | None, *, fast: bool, threads: int) -> Callable[[BagSource], Report]:
    from archive.validating import validate_source
    from service.cli.progress import watching

    wanted = None
    if profile is not None:
        from archive.validating.profiles import named_profile

        wanted = named_profile(profile)

    def judge(source: BagSource) -> Report:
        with watching() as observer:
            return validate_source(
                source, profile=wanted, structure_only=fast, threads=threads, observer=observer
            )

    return judge


def _fill(path: str, store: str | None) -> list[Finding]:
    from archive.validating.fetching import fill
    from service.cli.progress import watching

    if store is not None or not Path(path).is_dir():
        raise BadInput(
            f"{path} is no folder: only there can fetched files be put.", hint="Leave --fetch out."
        )
    with watching() as observer:
        return fill(Path(path), observer=observer)


def _with(findings: list[Finding], report: Report) -> Report:
    """What could not be fetched is told first; that it is missing, the report says itself."""
    return replace(report, findings=(*findings, *report.findings))


@contextmanager
def _source(path: str, store: str | None, house: House | None) -> Iterator[BagSource]:
    from archive.validating.opening import open_path, open_stored

    if store is not None and house is not None:
        yield open_stored(house.store(store), path)
        return
    with open_path(Path(path)) as source:
        yield source


def _document(reports: Sequence[Report], troubles: Sequence[BadInput]) -> dict[str, object]:
    return {
        "valid": not troubles and all(report.valid for report in reports),
        "bags": reports,
        "not_bags": [{"sentence": trouble.sentence, "hint": trouble.hint} for trouble in troubles],
    }


def _lines(reports: Sequence[Report]) -> Iterator[str]:
    for report in reports:
        for finding in report.findings:
            yield f"{finding.severity}: {finding.sentence} [{finding.code}; {finding.rule}]"
        yield (
            f"{report.source}: {_verdict(report)}; BagIt {report.version or 'of no version'}, "
            f"{count(report.files, 'file')}, {size(report.size_bytes)}."
        )


def _verdict(report: Report) -> str:
    if not report.valid:
        return "not valid" if report.complete else "not valid, not complete"
    return "structure valid, checksums not compared" if report.structure_only else "valid"


def _status(reports: Sequence[Report]) -> int:
    return DONE if all(report.valid for report in reports) else NO
