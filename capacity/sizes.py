"""How many bytes an object brings: moments over its images, and sizes measured in the catalogue."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from capacity.laws import Empirical, Floats, Law, Lognormal, Point
from capacity.scenario import Input
from holdings.errors import BadInput
from holdings.house import House

MINIMUM_IMAGES = 8
"""Fewer measured images than this say too little: the spread itself is then off by half."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """The first three moments of one image's bytes."""

    mean: float
    square: float
    cube: float = 0.0

    @classmethod
    def of(cls, law: Law) -> Moments:
        """Of a size law, in closed form."""
        return cls(mean=law.moment(1), square=law.moment(2), cube=law.moment(3))

    def object_third(self, images: Floats) -> Floats:
        """E[S^3] of the bytes S of one object with M independent images, M as in `object_moments`."""
        low = np.floor(images)
        part = images - low
        return (1 - part) * self._third_of(low) + part * self._third_of(low + 1)

    def _third_of(self, number: Floats) -> Floats:
        pairs, triples = number * (number - 1), number * (number - 1) * (number - 2)
        return (
            number * self.cube
            + 3 * pairs * self.square * self.mean
            + triples * (self.mean * self.mean * self.mean)
        )

    def skew(self, objects: Floats, images: Floats) -> Floats:
        """Of the bytes of cohorts of so many objects; infinite where nothing is made."""
        square = object_moments(self, images)[1]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.object_third(images) / (square**1.5 * np.sqrt(objects)))


def object_moments(image: Moments, images: Floats) -> tuple[Floats, Floats]:
    """E[S] and E[S^2] of the bytes S of one object with M independent images.

    images : ndarray = (n_draws,)
        The mean of M; an object has the whole number below it or the one above.
    """
    low = np.floor(images)
    part = images - low
    images_square = low * low + part * (2 * low + 1)
    variance = max(image.square - image.mean * image.mean, 0.0)
    return images * image.mean, images * variance + images_square * image.mean * image.mean


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What the images of a catalogue say about sizes."""

    law: Law
    doubt: Law
    """Factor on the mean: the standard error that so few or many images leave."""
    images: int


def fit_lognormal(sizes: Sequence[float]) -> Measured:
    """The lognormal with the mean and variance of `sizes` themselves, and the doubt of their mean.

    Not with the moments of their logarithms: a collection of small JPEG and large TIFF files is
    not lognormal, and such a fit forecast 32 % more bytes than the same images really had.
    The doubt is a factor of mean 1 whose standard deviation is the standard error of the mean.
    """
    measured = np.asarray(sizes, dtype=np.float64)
    mean, spread = float(measured.mean()), float(measured.std(ddof=1))
    return Measured(
        law=_lognormal(mean, spread / mean),
        doubt=_lognormal(1.0, spread / mean / math.sqrt(len(measured))),
        images=len(measured),
    )


def _lognormal(mean: float, variation: float) -> Law:
    """The lognormal of that mean and coefficient of variation; a point where it is zero."""
    if not variation:
        return Point(mean)
    variance = math.log1p(variation * variation)
    return Lognormal.from_log_moments(math.log(mean) - variance / 2, math.sqrt(variance))


def take_as_they_are(sizes: Sequence[float]) -> Measured:
    """The measured sizes themselves, with the doubt of their mean."""
    return Measured(law=Empirical.of(sizes), doubt=fit_lognormal(sizes).doubt, images=len(sizes))


FITS = {"lognormal": fit_lognormal, "empirical": take_as_they_are}


def measure(house: House, *, collection: str | None, law: str) -> Measured:
    """Fit the sizes of the images in the house's index, of one collection or all.

    law : `lognormal` or `empirical`.

    Raises BadInput where there are fewer than MINIMUM_IMAGES.
    """
    table = house.catalogue.images.query(collection=collection)
    sizes = [float(size) for size in table.column("size_bytes").to_pylist() if size > 0]
    if len(sizes) < MINIMUM_IMAGES:
        where = f"collection '{collection}'" if collection else "the catalogue"
        raise BadInput(
            f"{where} holds {len(sizes)} images, and sizes are measured on {MINIMUM_IMAGES} or more",
            hint="Deposit more, or write the sizes down: image_bytes = { p10 = …, p50 = …, p90 = … }.",
        )
    return FITS[law](sizes)


def measured_inputs(
    measured: Measured, *, key: str, collection: str | None, catalogue_id: str, on: date
) -> tuple[Input, Input]:
    """The two inputs that a measurement gives: how images differ, and the doubt of their mean."""
    where = f"collection {collection}" if collection else "all collections"
    source = f"measured on {measured.images} images of {where} in catalogue {catalogue_id}"
    mean = measured.law.moment(1)
    spread = math.sqrt(max(measured.law.moment(2) - mean * mean, 0.0))
    error = math.sqrt(max(measured.doubt.moment(2) - measured.doubt.moment(1) ** 2, 0.0))
    sizes = Input(
        name=key,
        law=measured.law,
        written=f"mean {mean / 1e6:.3g} MB, standard deviation {spread / 1e6:.3g} MB",
        unit="bytes",
        source=source,
        dated=on,
        confidence="measured",
    )
    doubt = Input(
        name=f"{key}_doubt",
        law=measured.doubt,
        written=f"standard error of the mean {error:.2%}",
        unit="factor",
        source=source,
        dated=on,
        confidence="measured",
    )
    return sizes, doubt
