"""What the holdings themselves say: sizes, compression and pace of deposits, as a scenario takes them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy import stats

from capacity.laws import Floats
from capacity.sizes import FITS, MINIMUM_IMAGES
from holdings.errors import BadInput
from holdings.house import House

_BYTES_PER_PIXEL = 3
"""Of 8-bit RGB without compression, to which a ratio refers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """How well one law of sizes fits what was measured."""

    law: str
    ks: float
    """Kolmogorov-Smirnov distance to the images."""
    ks_noise: float
    """What it would be, at 95 %, for images that do follow the law."""

    @property
    def is_good(self) -> bool:
        """Within the noise."""
        return self.ks <= self.ks_noise


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """One collection, measured."""

    collection: str
    images: int
    mean_bytes: float
    deviation_bytes: float
    p10: float
    p50: float
    p90: float
    fits: tuple[Fit, ...]
    best: str
    ratio: float | None
    """Bytes against uncompressed 8-bit RGB of the same pixels; None where no image tells its pixels."""
    images_per_month: tuple[tuple[date, int], ...]
    """Deposited in each month that brought any, and those between."""


def calibrate(house: House, *, collection: str | None = None) -> list[Calibration]:
    """Measure the collections of a house, or one of them.

    Raises BadInput where no collection holds enough images.
    """
    packages = house.catalogue.package_table()
    of_package = dict(
        zip(*(packages.column(n).to_pylist() for n in ("package_id", "collection")), strict=True)
    )
    made = dict(zip(*(packages.column(n).to_pylist() for n in ("package_id", "created_at")), strict=True))
    names = [collection] if collection else sorted({str(name) for name in of_package.values()})
    found = [one for name in names if (one := _calibrated(house, name, made))]
    if not found:
        where = f"collection '{collection}' holds" if collection else "every collection holds"
        raise BadInput(
            f"{where} fewer than {MINIMUM_IMAGES} images, and that says too little about sizes.",
            hint="Deposit more; holdfast find lists what is there.",
        )
    return found


def _calibrated(house: House, name: str, made: dict[str, object]) -> Calibration | None:
    table = house.catalogue.images.query(collection=name)
    rows = table.select(["package_id", "size_bytes", "width_px", "height_px"]).to_pylist()
    rows = [row for row in rows if row["size_bytes"] > 0]
    if len(rows) < MINIMUM_IMAGES:
        return None
    sizes = np.array([float(row["size_bytes"]) for row in rows])
    fits = tuple(_fits(sizes))
    pixels = [
        (row["size_bytes"], row["width_px"] * row["height_px"])
        for row in rows
        if row["width_px"] and row["height_px"]
    ]
    p10, p50, p90 = (float(each) for each in np.quantile(sizes, (0.1, 0.5, 0.9)))
    return Calibration(
        collection=name,
        images=len(rows),
        mean_bytes=float(sizes.mean()),
        deviation_bytes=float(sizes.std(ddof=1)),
        p10=p10,
        p50=p50,
        p90=p90,
        fits=fits,
        best=fits[0].law if fits[0].is_good else "empirical",
        ratio=sum(size for size, _ in pixels) / sum(n for _, n in pixels) / _BYTES_PER_PIXEL
        if pixels
        else None,
        images_per_month=tuple(_by_month([made[row["package_id"]] for row in rows])),
    )


def _fits(sizes: Floats) -> Iterator[Fit]:
    """The lognormal by its moments; the images themselves fit themselves and need no test."""
    measured = FITS["lognormal"](sizes.tolist())
    noise = 1.358 / math.sqrt(len(sizes))
    if measured.law.is_point:
        yield Fit(law="lognormal", ks=0.0, ks_noise=noise)
        return
    variation = float(sizes.std(ddof=1) / sizes.mean())
    sigma = math.sqrt(math.log1p(variation**2))
    law = stats.lognorm(s=sigma, scale=math.exp(math.log(sizes.mean()) - sigma**2 / 2))
    yield Fit(law="lognormal", ks=float(stats.kstest(sizes, law.cdf).statistic), ks_noise=noise)


def _by_month(moments: Sequence[object]) -> Iterator[tuple[date, int]]:
    counts = Counter((moment.year, moment.month) for moment in moments if isinstance(moment, date))
    if not counts:
        return
    first, last = min(counts), max(counts)
    for number in range(first[0] * 12 + first[1] - 1, last[0] * 12 + last[1]):
        year, month = divmod(number, 12)
        yield date(year, month + 1, 1), counts[year, month + 1]


def as_scenario(found: Sequence[Calibration], *, catalogue_id: str, on: date) -> str:
    """The measurements as tables of a scenario, to be pasted or laid over one."""
    return "\n".join(line for one in found for line in _table(one, catalogue_id, on))


def _table(one: Calibration, catalogue_id: str, on: date) -> Iterator[str]:
    key = one.collection
    about = f'source = "{one.images} images of collection {key} in catalogue {catalogue_id}"'
    vouched = [about, f"date = {on.isoformat()}", 'confidence = "measured"', ""]
    yield from (f'[object_types."{key}"]', f'collection = "{key}"')
    yield f'image_bytes = {{ from = "catalogue", collection = "{key}", law = "{one.best}" }}'
    yield ""
    # A month that has begun says nothing of whole ones, and one month says nothing of their spread.
    counts = [n for _, n in one.images_per_month]
    rate = f"{np.mean(counts):.6g}"
    yield from (f'[object_types."{key}".objects_per_month]', f"value = {rate}", *vouched)
    if one.ratio is not None:
        yield from (f'[formats."{key}".ratio]', f"value = {one.ratio:.4g}", *vouched)
