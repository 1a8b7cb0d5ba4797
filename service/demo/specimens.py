"""Specimen images that look like the real thing and are made up: drawn here, from a seed.

Sheets with pressed plants and trays with pinned moths, each with a label, a barcode that says
its catalogue number, a colour chart and a scale, seen by a lens that darkens the corners and a
sensor that makes noise. In the picture and in its metadata they say that they are made up.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from service.demo.furniture import (
    NOTICE,
    Story,
    barcode,
    colour_chart,
    font,
    label,
    scale,
)
from service.demo.insects import pin
from service.demo.plants import Point, Pressed, press, random_habit

SHEET = 2000, 3000
TRAY = 3000, 2000
SHEET_PIXELS_PER_CM, TRAY_PIXELS_PER_CM = 66, 260
_EVERY_NTH_IS_A_TRAY = 4
_SHADE_RADIUS = 9
_SMOOTH = Image.Resampling.BILINEAR
_SOFT = ImageFilter.Kernel((3, 3), (1, 2, 1, 2, 6, 2, 1, 2, 1))
"""What a good lens does to an edge."""
_ZERO = 128
"""The level in a picture of noise that changes nothing."""
_GENERA = ("Fictoria", "Exemplaria", "Simulacrum", "Ludibria", "Commentaria", "Imaginella", "Nullaria")
_EPITHETS = ("demonstrans", "inventa", "probabilis", "imaginaria", "nusquamensis", "gracilis", "picta")
_PLACES = (
    "Isle of Nowhere",
    "Upper Example Valley",
    "Cape Placeholder",
    "Lake Sampleton",
    "Mount Hypothesis",
)
_PEOPLE = ("A. N. Example", "B. Placeholder", "C. Fixture", "D. Specimen & E. Sample")

Bytes = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def draw_specimens(folder: Path, *, count: int, seed: int) -> list[Path]:
    """Draw `count` specimens into `folder` (made where it is missing) and return their files.

    About 2,000 x 3,000 pixels each; JPEG and TIFF in turn, three sheets to one tray. The same
    seed gives the same bytes with the same Pillow.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_save(folder, number, seed) for number in range(1, count + 1)]


def draw_specimen(number: int, seed: int) -> Image.Image:
    """The `number`-th specimen of a seed."""
    random = np.random.default_rng([seed, number])
    draw: Callable[[Generator, Story], Image.Image] = _tray if _is_tray(number) else _sheet
    return _photographed(random, draw(random, _story(random, number, seed)))


def pixels_per_cm(number: int) -> int:
    """How fine that specimen is drawn."""
    return TRAY_PIXELS_PER_CM if _is_tray(number) else SHEET_PIXELS_PER_CM


def _is_tray(number: int) -> bool:
    return number % _EVERY_NTH_IS_A_TRAY == 0


def catalogue_number(number: int, seed: int) -> str:
    """What the barcode of that specimen says."""
    return f"HFD{seed % 1000:03}{number:05}"


def _save(folder: Path, number: int, seed: int) -> Path:
    picture = draw_specimen(number, seed)
    name = catalogue_number(number, seed)
    about = f"{NOTICE}. {name}, drawn by Holdfast from seed {seed}."
    resolution = (pixels_per_cm(number) * 2.54,) * 2
    if number % 2:
        path = folder / f"{name}.jpg"
        exif = Image.Exif()
        exif[0x010E], exif[0x0131] = about, "Holdfast"  # ImageDescription, Software
        picture.save(path, quality=92, exif=exif, comment=about, dpi=resolution)
    else:
        path = folder / f"{name}.tif"
        picture.save(path, compression="tiff_lzw", description=about, software="Holdfast", dpi=resolution)
    return path


def _story(random: Generator, number: int, seed: int) -> Story:
    pick = random.choice
    height, year, month, day = (
        int(random.integers(*span)) for span in ((3, 2400), (1850, 1995), (1, 13), (1, 29))
    )
    return Story(
        heading=f"{'ENTOMOLOGIA' if _is_tray(number) else 'HERBARIUM'} HOLDFAST DEMONSTRANS",
        catalogue_number=catalogue_number(number, seed),
        taxon=f"{pick(_GENERA)} {pick(_EPITHETS)}",
        lines=(
            f"{pick(_PLACES)}, {height} m",
            f"leg. {pick(_PEOPLE)}, {day:02}.{month:02}.{year}",
            f"No. {int(random.integers(1, 4000))}",
        ),
    )


def _sheet(random: Generator, story: Story) -> Image.Image:
    picture = _paper(random, SHEET, tone=(240, 234, 220), grain=5.0)
    foot = (random.uniform(1020, 1200), random.uniform(2250, 2400))
    _mount(random, picture, press(random, random_habit(random), SHEET, foot, random.uniform(1400, 1750)))
    _lay(random, picture, label(story), (1150, 2620))
    _lay(random, picture, barcode(story.catalogue_number), (330, 2760))
    _lay(random, picture, colour_chart(), (30, 60))
    _lay(random, picture, scale(9, SHEET_PIXELS_PER_CM).rotate(90, expand=True), (36, 480))
    ImageDraw.Draw(picture).text(
        (SHEET[0] - 40, 40), NOTICE, fill=(120, 112, 100), font=font(24), anchor="ra"
    )
    return picture


def _tray(random: Generator, story: Story) -> Image.Image:
    picture = _paper(random, TRAY, tone=(140, 136, 130), grain=13.0)
    moth, mask = pin(random, int(random.uniform(1700, 2000)))
    _cast(random, picture, moth, mask, (120, 130), height=26)
    _lay(random, picture, label(story), (2160, 420))
    _lay(random, picture, barcode(story.catalogue_number), (2160, 900))
    _lay(random, picture, colour_chart(), (2680, 1250))
    _lay(random, picture, scale(10, TRAY_PIXELS_PER_CM), (120, 1830))
    ImageDraw.Draw(picture).text((2970, 40), NOTICE, fill=(74, 70, 66), font=font(24), anchor="ra")
    return picture


def _paper(
    random: Generator, size: tuple[int, int], *, tone: tuple[int, int, int], grain: float
) -> Image.Image:
    """Fibres, and clouds of age, in a tone."""
    width, height = size
    fine = Image.fromarray(_grain(random, (height // 2, width // 2), grain)).resize(size, _SMOOTH)
    wide = Image.fromarray(_grain(random, (height // 250, width // 250), 5.0)).resize(size, _SMOOTH)
    texture = ImageChops.add(fine, wide, scale=2)
    return ImageChops.overlay(Image.merge("RGB", [texture] * 3), Image.new("RGB", size, tone))


def _mount(random: Generator, picture: Image.Image, pressed: Pressed) -> None:
    mottle = Image.fromarray(_grain(random, (SHEET[1] // 4, SHEET[0] // 4), 20.0))
    texture = mottle.resize(SHEET, _SMOOTH)
    plant = ImageChops.overlay(pressed.picture, Image.merge("RGB", [texture] * 3))
    _cast(random, picture, plant, pressed.mask, (0, 0), height=7)
    for place, angle in pressed.straps:
        _strap(random, picture, place, angle)


def _strap(random: Generator, picture: Image.Image, place: Point, angle: float) -> None:
    tape = Image.new("RGBA", (int(random.uniform(90, 130)), 22), (232, 226, 210, 235))
    turned = tape.rotate(
        -np.degrees(angle) + 90 + random.normal(0, 8), expand=True, resample=Image.Resampling.BICUBIC
    )
    corner = (round(place[0] - turned.width / 2), round(place[1] - turned.height / 2))
    picture.paste(turned, corner, turned)


def _lay(random: Generator, picture: Image.Image, card: Image.Image, corner: tuple[int, int]) -> None:
    """A card on the table, never quite straight."""
    solid = card.convert("RGBA").rotate(
        float(random.normal(0, 0.5)), expand=True, resample=Image.Resampling.BICUBIC
    )
    _cast(random, picture, solid.convert("RGB"), solid.getchannel("A"), corner, height=5)


def _cast(
    random: Generator,
    picture: Image.Image,
    thing: Image.Image,
    mask: Image.Image,
    corner: tuple[int, int],
    *,
    height: int,
) -> None:
    """Put a thing on the picture, with the shadow it casts from `height` pixels above."""
    small = mask.resize((mask.width // 4, mask.height // 4), Image.Resampling.BOX)
    soft = small.filter(ImageFilter.GaussianBlur((_SHADE_RADIUS + height) / 8)).resize(mask.size)
    strength = random.uniform(0.32, 0.42)
    shadow = soft.point([round(level * strength) for level in range(256)])
    picture.paste((30, 24, 18), (corner[0] + height, corner[1] + height), shadow)
    picture.paste(thing, corner, mask.filter(_SOFT))


def _photographed(random: Generator, scene: Image.Image) -> Image.Image:
    """Through a lens (softer, darker towards the corners) onto a sensor (noise)."""
    seen = ImageChops.multiply(scene.filter(_SOFT), _fall_off(scene.size))
    return ImageChops.add(seen, _noise(random, scene.size), offset=-_ZERO)


def _fall_off(size: tuple[int, int]) -> Image.Image:
    """What reaches the sensor at each place, 255 for all of it."""
    rows, columns = (np.linspace(-1, 1, side // 10) ** 2 for side in (size[1], size[0]))
    left = 255 * (1 - 0.03 * (rows[:, None] + columns[None, :]))
    whole = Image.fromarray(left.round().astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
    return Image.merge("RGB", [whole] * 3)


def _noise(random: Generator, size: tuple[int, int]) -> Image.Image:
    """Sensor noise around `_ZERO`; a patch of it is laid as tiles, since nobody sees the seams."""
    patch = Image.fromarray(_grain(random, (500, 500, 3), 2.1))
    noise = Image.new("RGB", size)
    for left in range(0, size[0], 500):
        for top in range(0, size[1], 500):
            noise.paste(patch, (left, top))
    return noise


def _grain(random: Generator, shape: tuple[int, ...], deviation: float) -> Bytes:
    """Random levels around `_ZERO`."""
    levels = _ZERO + deviation * random.standard_normal(shape, dtype=np.float32)
    return levels.clip(0, 255).astype(np.uint8)
