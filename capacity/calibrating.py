"""What the holdings themselves say, as a scenario takes it: sizes, compression, pace, reads, derivatives.

Sizes, pixels and specimens come from the indexes, months from the catalogue, reads from its history
(`holdfast access import` brings them), derivatives from the collections that were built. Every
number that has a spread of its own is given with it, as an interval of 90 % of its mean.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from capacity.laws import Z95, Floats
from capacity.sizes import FITS, MINIMUM_IMAGES
from holdings.errors import BadInput
from holdings.house import House
from holdings.records import Event, EventType

_FEWEST_FOR_A_SPREAD = 3
_DAYS_PER_YEAR = 365.25
_LEAST_YEARS = 1 / 12
"""Reads of less than a month say nothing of a year."""
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
class Mean:
    """A mean, and the 90 % interval that so few or many numbers leave of it."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float] | Floats) -> Mean:
        """With no interval where there are fewer than three numbers."""
        value = float(np.mean(numbers))
        if len(numbers) < _FEWEST_FOR_A_SPREAD:
            return cls(value=value, low=value, high=value)
        error = Z95 * float(np.std(numbers, ddof=1)) / math.sqrt(len(numbers))
        return cls(value=value, low=value - error, high=value + error)

    @property
    def written(self) -> str:
        """As a scenario has it."""
        if self.low <= 0 or not self.high > self.low:
            return f"{self.value:.6g}"
        return f'"{self.low:.6g} to {self.high:.6g}"'


@dataclass(frozen=True, kw_only=True, slots=True)
class Derived:
    """What pixels of a collection's images take in another form, where they were built in it."""

    form: str
    """As in `zarr ozx`."""
    codec: str
    images: int
    bytes_per_pixel: float
    bytes_per_image: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Reads:
    """How often images were read, where anybody looked."""

    reads: int
    years: float
    """From the first deposit to now."""
    share_per_year: float
    """Of the images, and so of the bytes."""


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
    ratio: Mean | None
    """Bytes against uncompressed 8-bit RGB of the same pixels; None where no image tells its pixels."""
    images_per_object: float | None
    """None where not every image tells its specimen."""
    images_per_month: tuple[tuple[date, int], ...]
    """Deposited in each month that brought any, and those between."""
    per_month: Mean
    """Images, of the months that are over."""
    derived: tuple[Derived, ...]


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
    rows = table.select(["package_id", "size_bytes", "width_px", "height_px", "specimen"]).to_pylist()
    rows = [row for row in rows if row["size_bytes"] > 0]
    if len(rows) < MINIMUM_IMAGES:
        return None
    sizes = np.array([float(row["size_bytes"]) for row in rows])
    fits = tuple(_fits(sizes))
    p10, p50, p90 = (float(each) for each in np.quantile(sizes, (0.1, 0.5, 0.9)))
    months = tuple(_by_month([made[row["package_id"]] for row in rows]))
    now = house.clock.now().date()
    over = [n for month, n in months if month < now.replace(day=1)] or [n for _, n in months]
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
        ratio=_ratio(rows),
        images_per_object=_images_per_object([row["specimen"] for row in rows]),
        images_per_month=months,
        per_month=Mean.of(over),
        derived=tuple(_derived(house, name)),
    )


def _ratio(rows: Sequence[dict[str, Any]]) -> Mean | None:
    """All bytes over all pixels, with the error of a ratio of sums (the delta method)."""
    told = [row for row in rows if row["width_px"] and row["height_px"]]
    if not told:
        return None
    plain = np.array([_BYTES_PER_PIXEL * row["width_px"] * row["height_px"] for row in told], dtype=float)
    kept = np.array([row["size_bytes"] for row in told], dtype=float)
    ratio = float(kept.sum() / plain.sum())
    return Mean.of(ratio + (kept - ratio * plain) / plain.mean())


def _images_per_object(specimens: Sequence[str | None]) -> float | None:
    known = {each for each in specimens if each}
    return len(specimens) / len(known) if known and all(specimens) else None


def _derived(house: House, name: str) -> Iterator[Derived]:
    """Of collections of that name, by form and codec."""
    packages = house.catalogue.package_table()
    ours = {
        package
        for package, of in zip(
            *(packages.column(n).to_pylist() for n in ("package_id", "collection")), strict=True
        )
        if of == name
    }
    sums: dict[tuple[str, str], Counter[str]] = {}
    for event in house.catalogue.events(types=[EventType.PACKAGE_CREATION]):
        form, codec = event.detail.get("form"), event.detail.get("codec")
        if event.package_id in ours and form and codec:
            sums.setdefault((str(form), str(codec)), Counter()).update(
                {key: _whole(event, key) for key in ("images", "pixels", "size_bytes")}
            )
    for (form, codec), each in sorted(sums.items()):
        if each["images"] and each["pixels"]:
            yield Derived(
                form=form,
                codec=codec,
                images=each["images"],
                bytes_per_pixel=each["size_bytes"] / each["pixels"],
                bytes_per_image=each["size_bytes"] / each["images"],
            )


def _whole(event: Event, key: str) -> int:
    value = event.detail.get(key)
    return value if isinstance(value, int) else 0


def measure_reads(house: House) -> Reads | None:
    """Of all images of the house; None where no read was ever recorded, or nobody looked for long."""
    events = house.catalogue.events(types=[EventType.ACCESS])
    packages = house.catalogue.package_table()
    images, made = sum(packages.column("images").to_pylist()), packages.column("created_at").to_pylist()
    if not events or not images:
        return None
    first = min(each for each in made if isinstance(each, datetime))
    years = (house.clock.now() - first).total_seconds() / 86_400 / _DAYS_PER_YEAR
    reads = sum(_whole(event, "reads") for event in events)
    if years < _LEAST_YEARS:
        return None
    return Reads(reads=reads, years=years, share_per_year=reads / images / years)


def _fits(sizes: Floats) -> Iterator[Fit]:
    """The lognormal by its moments; the images themselves fit themselves and need no test."""
    measured = FITS["lognormal"](sizes.tolist())
    noise = 1.358 / math.sqrt(len(sizes))
    if measured.law.is_point:
        yield Fit(law="lognormal", ks=0.0, ks_noise=noise)
        return
    variation = float(sizes.std(ddof=1) / sizes.mean())
    sigma = math.sqrt(math.log1p(variation**2))
    from scipy import stats  # noqa: PLC0415  # half a second, and only a fit needs it

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


def as_scenario(
    found: Sequence[Calibration], *, catalogue_id: str, on: date, reads: Reads | None = None
) -> str:
    """The measurements as tables of a scenario, to be pasted or laid over one."""
    lines = [line for one in found for line in _table(one, catalogue_id, on)]
    if reads:
        lines += [
            "[access.reads_per_year]",
            f"value = {reads.share_per_year:.4g}",
            *_vouched(f"{reads.reads} reads in {reads.years:.2f} years, catalogue {catalogue_id}", on),
        ]
    return "\n".join(lines)


def _vouched(source: str, on: date) -> list[str]:
    return [f'source = "{source}"', f"date = {on.isoformat()}", 'confidence = "measured"', ""]


def _table(one: Calibration, catalogue_id: str, on: date) -> Iterator[str]:
    key = one.collection
    vouched = _vouched(f"{one.images} images of collection {key} in catalogue {catalogue_id}", on)
    yield from (f'[object_types."{key}"]', f'collection = "{key}"')
    yield f'image_bytes = {{ from = "catalogue", collection = "{key}", law = "{one.best}" }}'
    names = [f'"{_name(key, each)}"' for each in one.derived]
    if names:
        yield f"derivatives = [{', '.join(names)}]"
    yield ""
    each_object = one.images_per_object or 1.0
    rate = Mean(
        value=one.per_month.value / each_object,
        low=one.per_month.low / each_object,
        high=one.per_month.high / each_object,
    )
    yield from (f'[object_types."{key}".objects_per_month]', f"value = {rate.written}", *vouched)
    if one.images_per_object:
        yield from (
            f'[object_types."{key}".images_per_object]', f"value = {each_object:.4g}", *vouched
        )  # fmt: skip
    if one.ratio is not None:
        yield from (f'[formats."{key}".ratio]', f"value = {one.ratio.written}", *vouched)
    for each in one.derived:
        about = f"{each.images} images of collection {key} built as {each.form} with {each.codec}"
        yield from (
            # Of this collection alone: object types that name no derivatives would else take it, too.
            f'[derivatives."{_name(key, each)}"]',
            "only_where_named = true",
            "",
            f'[derivatives."{_name(key, each)}".image_bytes]',
            f'value = "{each.bytes_per_image:.0f} B"',
            *_vouched(f"{about}, {each.bytes_per_pixel:.3g} bytes a pixel, catalogue {catalogue_id}", on),
        )


def _name(key: str, each: Derived) -> str:
    return f"{key} {each.form} {each.codec}"
