"""Sizes of images as they were measured in the holdings, and the law that a scenario would take for them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import ndtr

from capacity.calibrating import Calibration, calibrate
from holdings.errors import BadInput
from holdings.house import House
from reports.document import Column, Section, Shown, Side, Table, Words
from reports.figures.histogram import Histogram
from reports.numbers import count, joined, plural, si_bytes

Data = dict[str, Any]
_MOST = 4
"""Collections shown, the largest first."""


def gather_measured(house: House) -> list[Data]:
    """The largest collections with enough images: their sizes in classes, and what a lognormal expects."""
    try:
        found = calibrate(house)
    except BadInput:  # too few images to say anything
        return []
    largest = sorted(found, key=lambda one: (-one.images, one.collection))[:_MOST]
    return [_measured(house, one) for one in largest]


def _measured(house: House, one: Calibration) -> Data:
    column = house.catalogue.images.query(collection=one.collection).column("size_bytes")
    sizes = np.log([float(size) for size in column.to_pylist() if size > 0])
    classes = min(20, max(5, round(math.sqrt(len(sizes)))))
    spread = float(sizes.max() - sizes.min()) or 0.1
    edges = np.linspace(sizes.min() - spread * 0.02, sizes.max() + spread * 0.02, classes + 1)
    counted, _ = np.histogram(sizes, edges)
    fit = one.fits[0]
    return {
        "collection": one.collection,
        "images": one.images,
        "p10": one.p10,
        "p50": one.p50,
        "p90": one.p90,
        "best": one.best,
        "ks": round(fit.ks, 4),
        "ks_noise": round(fit.ks_noise, 4),
        "from": [round(math.exp(edge)) for edge in edges[:-1]],
        "to": round(math.exp(edges[-1])),
        "counted": counted.tolist(),
        "expected": _expected(one, edges),
    }


def _expected(one: Calibration, edges: np.ndarray[Any, Any]) -> list[float]:
    """Images in each class by the lognormal with the same mean and deviation."""
    variation = one.deviation_bytes / one.mean_bytes
    sigma = math.sqrt(math.log1p(variation**2)) or 1e-9
    middle = math.log(one.mean_bytes) - sigma**2 / 2
    shares = np.diff(ndtr((edges - middle) / sigma))
    return [round(float(share) * one.images, 2) for share in shares]


def measured_section(measured: list[Data], catalogue_id: str) -> Section:
    """One picture for each collection."""
    told = [
        f"{one['collection']}: {_fit(one)}, half of {plural(one['images'], 'image')} are below "
        f"{si_bytes(one['p50'])}"
        for one in measured
    ]
    return Section(
        title="How large are the images that are held?",
        anchor="measured",
        blocks=(
            Words(text=f"{joined(told)}. A scenario takes such sizes with from = \"catalogue\"."),
            Side(shown=tuple(_shown(one, n, catalogue_id) for n, one in enumerate(measured, start=1))),
        ),
    )  # fmt: skip


def _fit(one: Data) -> str:
    good = (
        "a lognormal law fits"
        if one["best"] == "lognormal"
        else "no lognormal law fits, the images themselves are taken"
    )
    return f"{good} (distance {one['ks']:.3f}, noise {one['ks_noise']:.3f})"


def _shown(one: Data, number: int, catalogue_id: str) -> Shown:
    name = f"sizes-{number}"
    return Shown(
        picture=Histogram(
            name=name,
            title=f"Bytes of an image in {one['collection']}",
            description=(
                f"{count(one['images'])} images between {si_bytes(one['from'][0])} and "
                f"{si_bytes(one['to'])}, in {len(one['from'])} classes of equal ratio; {_fit(one)}."
            ),
            axis="bytes of an image, from",
        ),
        table=Table(
            name=name,
            caption=f"Images by their bytes, and what the law expects. Source: catalogue {catalogue_id}.",
            columns=(
                Column(heading="from"),
                Column(heading="images", kind="count"),
                Column(heading="expected by the law", kind="number"),
            ),
            rows=tuple(
                (si_bytes(low), n, expected)
                for low, n, expected in zip(one["from"], one["counted"], one["expected"], strict=True)
            ),
        ),
    )
