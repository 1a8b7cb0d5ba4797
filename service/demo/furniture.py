"""What lies beside a specimen on the table: label, barcode, colour chart, scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from service.demo.code128 import modules

NOTICE = "MADE UP FOR A DEMONSTRATION - NO REAL SPECIMEN"
MODULE_PX = 4
"""Width of the thinnest bar."""
# fmt: off
_CHART = (
    "735244", "c29682", "627a9d", "576c43", "8580b1", "67bdaa", "d67e2c", "505ba6", "c15a63", "5e3c6c",
    "9dbc40", "e0a32e", "383d96", "469449", "af363c", "e7c71f", "bb5695", "0885a1", "f3f3f2", "c8c8c8",
    "a0a0a0", "7a7a79", "555555", "343434",
)
# fmt: on
"""Patches of the usual chart of 24 colours, in sRGB."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What a label tells."""

    heading: str
    catalogue_number: str
    taxon: str
    lines: Sequence[str]


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own typeface: the same on every machine."""
    return ImageFont.load_default(size)


def label(story: Story) -> Image.Image:
    """A printed label on yellowed paper."""
    card = Image.new("RGB", (780, 150 + 44 * len(story.lines)), (238, 231, 208))
    ink = ImageDraw.Draw(card)
    ink.rectangle((8, 8, card.width - 9, card.height - 9), outline=(90, 80, 66), width=2)
    ink.text((card.width / 2, 40), story.heading, fill=(60, 50, 40), font=font(30), anchor="mm")
    ink.line((60, 66, card.width - 60, 66), fill=(120, 106, 84), width=2)
    ink.text((34, 80), story.taxon, fill=(40, 34, 30), font=font(40))
    for number, line in enumerate(story.lines):
        ink.text((34, 138 + 42 * number), line, fill=(64, 56, 50), font=font(28))
    return card


def barcode(catalogue_number: str) -> Image.Image:
    """The catalogue number as Code 128, with the number and the notice in letters."""
    bars = modules(catalogue_number)
    card = Image.new("RGB", ((len(bars) + 24) * MODULE_PX, 190), (247, 247, 244))
    ink = ImageDraw.Draw(card)
    for place, is_black in enumerate(bars, start=12):
        if is_black:
            ink.rectangle((place * MODULE_PX, 38, (place + 1) * MODULE_PX - 1, 122), fill=(22, 22, 24))
    ink.text((card.width / 2, 20), NOTICE, fill=(50, 50, 54), font=font(19), anchor="mm")
    ink.text((card.width / 2, 154), catalogue_number, fill=(22, 22, 24), font=font(40), anchor="mm")
    return card


def colour_chart() -> Image.Image:
    """Four by six patches on black."""
    patch, gap = 52, 9
    card = Image.new("RGB", (4 * patch + 5 * gap, 6 * patch + 7 * gap), (24, 24, 25))
    ink = ImageDraw.Draw(card)
    for number, colour in enumerate(_CHART):
        column, row = number // 6, number % 6
        left, top = gap + column * (patch + gap), gap + row * (patch + gap)
        ink.rectangle((left, top, left + patch, top + patch), fill=f"#{colour}")
    return card


def scale(centimetres: int, pixels_per_cm: int) -> Image.Image:
    """A ruler, lying: a tick for each millimetre."""
    card = Image.new("RGB", (centimetres * pixels_per_cm + 140, 110), (236, 236, 232))
    ink = ImageDraw.Draw(card)
    for millimetre in range(10 * centimetres + 1):
        left = 40 + round(millimetre * pixels_per_cm / 10)
        length = 52 if millimetre % 10 == 0 else 36 if millimetre % 5 == 0 else 24
        ink.line((left, 0, left, length), fill=(30, 30, 32), width=2)
        if millimetre % 10 == 0:
            ink.text((left, 76), str(millimetre // 10), fill=(30, 30, 32), font=font(30), anchor="mm")
    ink.text((card.width - 16, 88), "cm", fill=(30, 30, 32), font=font(28), anchor="rs")
    return card
