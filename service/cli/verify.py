"""`holdfast verify`: copies are read again, every one or a random share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.crews import crew_of
from service.cli.options import AsJson, Scheduler, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO, UNREACHABLE
from service.wording import count, size

if TYPE_CHECKING:
    from archive.sampling import Inference, Sample
    from archive.verifying import Verification


def verify(
    packages: Annotated[
        list[str] | None, typer.Argument(metavar="[PACKAGE_ID]...", help="Only these packages; without, all.")
    ] = None,
    *,
    store: Annotated[
        str | None, typer.Option("--store", metavar="NAME", help="Only the copies in this store.")
    ] = None,
    sample: Annotated[
        str | None,
        typer.Option("--sample", metavar="P", help="Only a random share of the copies: 5% or 0.05."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="N", help="Draw the sample that this number gives; without, a new one."
        ),
    ] = None,
    scheduler: Scheduler = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Read every byte of every copy again and compare it with what was recorded.

    What sleeps is not woken; its store's own checksum is told, which proves less than reading.

    With --sample only a random share is read, and the answer says how many of all copies may be bad
    at most, with 95 % confidence. The seed that is told draws the same copies again.

    \b
    EXAMPLES
      holdfast verify
      holdfast verify nhmuk-pinned-0f3a52c1d9e4 --store cold
      holdfast verify --sample 5% --store cold
      holdfast verify --store cold --scheduler tcp://10.0.0.5:8786
    """
    from archive.verifying import verify as verify_copies

    drawn = _sample(sample, seed)
    with open_here(settings) as house, crew_of(house, scheduler) as crew:
        found = verify_copies(house, package_ids=packages or None, store=store, sample=drawn, crew=crew)
    answer(verification_document(found), _lines(found), as_json=as_json)
    return _status(found)


def _sample(share: str | None, seed: int | None) -> Sample | None:
    from archive.sampling import Sample, parse_share
    from holdings.errors import BadInput

    if share is None:
        if seed is not None:
            raise BadInput("--seed draws a sample, and none is asked for.", hint="--sample 5% --seed 1")
        return None
    import secrets

    return Sample(share=parse_share(share), seed=secrets.randbelow(2**31) if seed is None else seed)


def _status(found: Verification) -> int:
    """A definite fault outweighs what could not be looked at."""
    from archive.verifying import Finding

    if found.is_good:
        return DONE
    wrong = found.of(Finding.CORRUPT) or found.of(Finding.MISSING)
    return NO if wrong else UNREACHABLE


def verification_document(found: Verification) -> dict[str, object]:
    """A verification as `--json` shows it."""
    document: dict[str, object] = {
        "good": found.is_good,
        "bytes_read": found.bytes_read,
        "copies": found.copies,
    }
    if (told := found.inference) is not None:
        from archive.sampling import CONFIDENCE

        document["sample"] = {**asdict(told), "at_most_share": told.at_most_share, "confidence": CONFIDENCE}
    return document


def _lines(found: Verification) -> Iterator[str]:
    for copy in found.copies:
        because = f", {copy.because}" if copy.because else ""
        yield f"{copy.package_id} in {copy.store}: {copy.finding}{because}"
    read = sum(copy.told is None for copy in found.copies)
    yield f"{count(read, 'copy', 'copies')} read, {size(found.bytes_read)}: {_verdict(found)}"
    if found.inference is not None:
        yield _inferred(found.inference)


def _inferred(told: Inference) -> str:
    share = f"{100 * told.at_most_share:.3g} %"
    return (
        f"{told.read:,} of {count(told.population, 'copy', 'copies')} were read, {told.bad:,} bad: with 95 % "
        f"confidence at most {told.at_most_bad:,} of all ({share}) are bad. Seed {told.seed}."
    )


def _verdict(found: Verification) -> str:
    from archive.verifying import Finding

    asleep = len(found.of(Finding.ASLEEP))
    wrong = sum(copy.because is not None for copy in found.copies) - asleep
    said = [f"{wrong} not good"] if wrong else []
    if asleep:
        said.append(f"{asleep} asleep and not read (holdfast recall wakes them)")
    return f"{', '.join(said) or 'all good'}."
