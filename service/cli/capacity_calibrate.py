"""`holdfast capacity calibrate`: what the holdings say, as a scenario takes it."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.answering import answer, say
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE
from service.wording import count, size


def calibrate(
    *,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", metavar="ID", help="Only this one.")
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Measure sizes, compression and pace of deposits in the catalogue, for a scenario.

    The tables on stdout may be pasted into a scenario or laid over one (extends); how well a law
    fits is said on stderr.

    \b
    EXAMPLES
      holdfast capacity calibrate > measured.toml
      holdfast capacity calibrate -c nhmuk-pinned
    """
    from capacity.calibrating import as_scenario
    from capacity.calibrating import calibrate as measure

    with open_here(settings) as house:
        found = measure(house, collection=collection)
        text = as_scenario(found, catalogue_id=house.catalogue.catalogue_id, on=house.clock.now().date())
    for one in found:
        (fit,) = one.fits
        verdict = "fits" if fit.is_good else "does not fit: the images themselves are taken"
        say(
            f"{one.collection}: {count(one.images, 'image')}, mean {size(one.mean_bytes)}; "
            f"the lognormal {verdict} (KS {fit.ks:.3f}, noise {fit.ks_noise:.3f})."
        )
    answer({"collections": found, "toml": text}, text.rstrip().split("\n"), as_json=as_json)
    return DONE
