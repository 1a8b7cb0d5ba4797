"""Pinned moths, half of each drawn from random numbers and the other half mirrored."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Outline = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
"""(points, 2), pixels."""
_WINGS: tuple[tuple[Colour, Colour], ...] = (
    ((178, 112, 44), (52, 34, 24)),
    ((150, 138, 112), (70, 58, 46)),
    ((196, 176, 120), (88, 60, 40)),
    ((96, 110, 120), (38, 36, 40)),
    ((160, 74, 50), (46, 28, 26)),
)


def pin(random: Generator, span: int) -> tuple[Image.Image, Image.Image]:
    """A moth of `span` pixels: its picture, and its mask (255 where there is moth)."""
    size = (span, round(span * 0.78))
    ground, dark = _WINGS[random.integers(len(_WINGS))]
    picture, mask = Image.new("RGB", size, dark), Image.new("L", size, 0)
    middle = (size[0] / 2, size[1] * 0.42)
    reach = span * 0.47
    for wing in (_hind_wing(random, reach), _fore_wing(random, reach)):
        _draw_wing(random, picture, mask, wing + np.array(middle), ground=ground, dark=dark)
    _mirror(picture)
    _mirror(mask)
    _draw_body(random, picture, mask, middle, span=span, dark=dark)
    return _scaled(random, picture), mask


def _fore_wing(random: Generator, reach: float) -> Outline:
    """Outline of the right fore wing around the thorax: (points, 2), pixels."""
    tip, rise = random.uniform(0.88, 1.0), random.uniform(0.46, 0.62)
    corners = [
        (0.02, -0.06),
        (0.35, -rise * 0.75),
        (tip, -rise),
        (tip * 1.02, -rise * 0.8),
        (0.72, 0.02),
        (0.03, 0.1),
    ]
    return _rounded(np.array(corners) * reach)


def _hind_wing(random: Generator, reach: float) -> Outline:
    low, wide = random.uniform(0.6, 0.8), random.uniform(0.6, 0.74)
    corners = [
        (0.02, 0.0),
        (0.5, -0.1),
        (wide, 0.12),
        (wide * 0.86, low * 0.8),
        (0.34, low),
        (0.1, low * 0.7),
    ]
    return _rounded(np.array(corners) * reach)


def _rounded(corners: Outline, cuts: int = 4) -> Outline:
    """Chaikin's corner cutting: each round replaces a corner by two softer ones."""
    for _ in range(cuts):
        following = np.roll(corners, -1, axis=0)
        pairs = np.stack([0.75 * corners + 0.25 * following, 0.25 * corners + 0.75 * following], axis=1)
        corners = pairs.reshape(-1, 2)
    return corners


def _draw_wing(
    random: Generator,
    picture: Image.Image,
    mask: Image.Image,
    outline: Outline,
    *,
    ground: Colour,
    dark: Colour,
) -> None:
    """Ground colour inside a dark border, veins from the root, spots along the edge."""
    ink, cut = ImageDraw.Draw(picture), ImageDraw.Draw(mask)
    root = outline.mean(axis=0) * 0.18 + outline[np.argmin(outline[:, 0])] * 0.82
    border = random.uniform(0.74, 0.9)
    cut.polygon(_points(outline), fill=255)
    ink.polygon(_points(outline), fill=dark)
    ink.polygon(_points(root + (outline - root) * border), fill=ground)
    for band in sorted(random.uniform(0.3, 0.7, size=int(random.integers(1, 4))), reverse=True):
        tint = _blend(ground, dark, random.uniform(0.15, 0.5))
        ink.polygon(_points(root + (outline - root) * band), fill=tint)
        ink.polygon(_points(root + (outline - root) * band * random.uniform(0.82, 0.93)), fill=ground)
    for point in outline[:: len(outline) // 11]:
        ink.line(
            _points(np.stack([root, root + (point - root) * 0.96])), fill=_blend(ground, dark, 0.75), width=4
        )
    for point in outline[:: len(outline) // 30]:
        at, radius = root + (point - root) * 0.94, random.uniform(3, 8)
        ink.ellipse(
            (*(at - radius), *(at + radius)), fill=_blend((236, 226, 200), ground, random.uniform(0, 0.5))
        )
    eye, radius = root + (outline.mean(axis=0) - root) * 1.15, random.uniform(14, 40)
    ink.ellipse((*(eye - radius), *(eye + radius)), fill=dark)
    ink.ellipse((*(eye - radius * 0.5), *(eye + radius * 0.5)), fill=_blend(ground, (255, 240, 210), 0.5))


def _mirror(picture: Image.Image) -> None:
    """The right half, turned over, becomes the left half."""
    half = picture.width // 2
    right = picture.crop((picture.width - half, 0, picture.width, picture.height))
    picture.paste(right.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (0, 0))


def _draw_body(
    random: Generator,
    picture: Image.Image,
    mask: Image.Image,
    middle: tuple[float, float],
    *,
    span: int,
    dark: Colour,
) -> None:
    x, y = middle
    ink, cut = ImageDraw.Draw(picture), ImageDraw.Draw(mask)
    furry = _blend(dark, (150, 120, 90), random.uniform(0.15, 0.4))
    for number in range(9):
        width, top = span * 0.026 * (1 - 0.085 * number), y + span * (0.05 + 0.028 * number)
        box = (x - width, top, x + width, top + span * 0.042)
        cut.ellipse(box, fill=255)
        ink.ellipse(box, fill=_blend(furry, dark, 0.5 * (number % 2)))
    for centre, radius in ((y, 0.042), (y - span * 0.055, 0.022)):
        box = (
            x - span * radius,
            centre - span * radius * 1.25,
            x + span * radius,
            centre + span * radius * 1.25,
        )
        cut.ellipse(box, fill=255)
        ink.ellipse(box, fill=furry)
    for side in (-1, 1):
        points = [
            (x + side * (1 - cos(t * pi / 2)) * span * 0.13, y - span * 0.07 - sin(t * pi / 2) * span * 0.1)
            for t in np.linspace(0, 1, 20)
        ]
        cut.line(points, fill=255, width=5)
        ink.line(points, fill=dark, width=5)
    head = (x - 8, y - 10, x + 8, y + 6)
    ink.ellipse(head, fill=(196, 196, 190))
    ink.ellipse((x - 4, y - 7, x + 1, y - 3), fill=(250, 250, 248))


def _scaled(random: Generator, picture: Image.Image) -> Image.Image:
    """The dust of scales: fine light and dark over everything."""
    grain = (
        random.normal(128, 26, size=(picture.height // 2, picture.width // 2)).clip(0, 255).astype(np.uint8)
    )
    dust = Image.fromarray(grain).resize(picture.size, Image.Resampling.BILINEAR)
    softened = picture.filter(ImageFilter.GaussianBlur(1.6))
    return ImageChops.overlay(softened, Image.merge("RGB", [dust] * 3))


def _points(array: Outline) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in array]


def _blend(one: Colour, other: Colour, by: float) -> Colour:
    red, green, blue = (round(a + (b - a) * by) for a, b in zip(one, other, strict=True))
    return red, green, blue
