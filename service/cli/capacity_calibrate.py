"""`holdfast capacity calibrate`: what the holdings say, as a scenario takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer, say
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE
from service.wording import count, size

if TYPE_CHECKING:
    from capacity.calibrating import Calibration, Mean, Reads


def calibrate(
    *,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", metavar="ID", help="Only this one.")
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Measure sizes, compression, pace of deposits, reads and collections, for a scenario.

    The tables on stdout may be pasted into a scenario or laid over one (extends); how well a law
    fits is said on stderr.

    \b
    EXAMPLES
      holdfast capacity calibrate > measured.toml
      holdfast capacity calibrate -c nhmuk-pinned
    """
    from capacity.calibrating import as_scenario, measure_reads
    from capacity.calibrating import calibrate as measure

    with open_here(settings) as house:
        found = measure(house, collection=collection)
        reads = measure_reads(house)
        text = as_scenario(
            found, catalogue_id=house.catalogue.catalogue_id, on=house.clock.now().date(), reads=reads
        )
    for line in _told(found, reads):
        say(line)
    document = {"collections": found, "reads": reads, "toml": text}
    answer(document, text.rstrip().split("\n"), as_json=as_json)
    return DONE


def _told(found: Sequence[Calibration], reads: Reads | None) -> Iterator[str]:
    """What was measured, and how well it fits."""
    for one in found:
        (fit,) = one.fits
        verdict = "fits" if fit.is_good else "does not fit: the images themselves are taken"
        yield (
            f"{one.collection}: {count(one.images, 'image')}, mean {size(one.mean_bytes)}; "
            f"the lognormal {verdict} (KS {fit.ks:.3f}, noise {fit.ks_noise:.3f})."
        )
        yield f"  {_band(one.per_month)} images a month{_specimens(one)}."
        if one.ratio:
            yield f"  {_band(one.ratio)} of the bytes of the same pixels as 8-bit RGB."
        for each in one.derived:
            yield (
                f"  As {each.form} with {each.codec} {count(each.images, 'image')} took "
                f"{each.bytes_per_pixel:.3g} bytes a pixel."
            )
    if reads:
        yield f"{count(reads.reads, 'read')} of images: {reads.share_per_year:.3g} of them a year."
    else:
        yield "No reads are recorded (holdfast access import brings them), so that none are written."


def _band(mean: Mean) -> str:
    if mean.high > mean.low:
        return f"{mean.value:.4g} ({mean.low:.4g} to {mean.high:.4g})"
    return f"{mean.value:.4g}"


def _specimens(one: Calibration) -> str:
    if one.images_per_object is None:
        return ", each taken as an object of its own, since not all name their specimen"
    return f", {one.images_per_object:.3g} of each object"
