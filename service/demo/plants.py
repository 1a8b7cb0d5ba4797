"""Pressed plants, grown from random numbers: stems that wander, leaves with veins and old holes."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, hypot, pi, sin

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]
Row = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

_FOLIAGE: tuple[Colour, ...] = (
    (92, 76, 40),
    (78, 70, 42),
    (108, 84, 46),
    (70, 60, 36),
    (96, 88, 52),
    (84, 62, 38),
)
_PETALS: tuple[Colour, ...] = ((128, 92, 48), (120, 70, 74), (150, 118, 66), (104, 84, 112), (142, 96, 60))


@dataclass(frozen=True, kw_only=True)
class Habit:
    """What all leaves and stems of one plant have in common."""

    leaf_length: float
    """Pixels; so are the other lengths."""
    leaf_ratio: float
    """Width of a leaf against its length."""
    widest_at: float
    """Where along the leaf: 0 at its foot, 1 at its tip."""
    teeth: int
    """Along each edge; 0 for a smooth one."""
    in_pairs: bool
    foliage: Colour
    petals: Colour
    stems: int
    flowers: int
    """On each tip."""


@dataclass(frozen=True, kw_only=True)
class Pressed:
    """A plant without its sheet."""

    picture: Image.Image
    mask: Image.Image
    """255 where there is plant, 0 where the paper shows."""
    straps: list[tuple[Point, float]]
    """Where tape holds it down, and the direction of the stem there."""


def random_habit(random: Generator) -> Habit:
    """A species that never was."""
    slender = random.random() < 0.4
    return Habit(
        leaf_length=random.uniform(150, 260) if slender else random.uniform(190, 400),
        leaf_ratio=random.uniform(0.10, 0.2) if slender else random.uniform(0.3, 0.52),
        widest_at=random.uniform(0.3, 0.5),
        teeth=0 if slender else int(random.choice([0, 0, 12, 18])),
        in_pairs=random.random() < 0.5,
        foliage=_FOLIAGE[random.integers(len(_FOLIAGE))],
        petals=_PETALS[random.integers(len(_PETALS))],
        stems=int(random.integers(1, 4)),
        flowers=int(random.integers(7, 26)),
    )


def press(random: Generator, habit: Habit, size: tuple[int, int], foot: Point, height: float) -> Pressed:
    """Grow a plant of that habit from `foot` upwards, on a picture of `size`."""
    plant = _Growing(random, habit, size)
    plant.roots(foot)
    for number in range(habit.stems):
        lean = (number - (habit.stems - 1) / 2) * random.uniform(0.2, 0.32)
        plant.stem(foot, -pi / 2 + lean, height * random.uniform(0.8, 1.0), width=random.uniform(10, 15))
    return Pressed(picture=plant.picture, mask=plant.mask, straps=plant.straps)


class _Growing:
    """Draws colour and mask at once."""

    def __init__(self, random: Generator, habit: Habit, size: tuple[int, int]) -> None:
        self.random = random
        self.habit = habit
        self.picture = Image.new("RGB", size, habit.foliage)
        self.mask = Image.new("L", size, 0)
        self.straps: list[tuple[Point, float]] = []
        self._ink = ImageDraw.Draw(self.picture)
        self._cut = ImageDraw.Draw(self.mask)

    def stem(
        self, foot: Point, angle: float, length: float, *, width: float, is_branch: bool = False
    ) -> None:
        points, angles = self._wander(foot, angle, length, bend=0.5)
        self._stroke(points, width, self._shade(self.habit.foliage, 0.82))
        self._clothe(points, angles, length, width, is_branch=is_branch)
        self._bloom(points[-1], angles[-1], width)
        if not is_branch:
            self.straps += [
                (points[place], angles[place]) for place in (len(points) // 6, 3 * len(points) // 5)
            ]

    def _clothe(
        self, points: list[Point], angles: list[float], length: float, width: float, *, is_branch: bool
    ) -> None:
        """Leaves, and on the main stem some branches, smaller towards the tip."""
        side = 1
        step = max(3, round(len(points) * self.habit.leaf_length * 0.34 / length))
        for place in range(step, len(points) - step // 2, step):
            rest = 1 - place / len(points)
            sides = (-1, 1) if self.habit.in_pairs else (side,)
            side = -side
            for each in sides:
                away = angles[place] + each * self.random.uniform(0.6, 1.15)
                if not is_branch and self.random.random() < 0.28 and 0.25 < rest < 0.8:
                    self.stem(
                        points[place], away, length * 0.36 * rest + 100, width=width * 0.55, is_branch=True
                    )
                else:
                    self.leaf(
                        points[place], away, self.habit.leaf_length * (0.45 + 0.65 * rest) * self._vary(0.18)
                    )

    def leaf(self, foot: Point, angle: float, length: float) -> None:
        stalk, turned = self._wander(foot, angle, length * 0.12 + 8, bend=0.2)
        self._stroke(stalk, 5, self._shade(self.habit.foliage, 0.8))
        spine, angles = self._wander(stalk[-1], turned[-1], length, bend=0.55)
        along = np.linspace(0, 1, len(spine))
        half = self._half_widths(along, length)
        upper, lower = (self._edge(spine, angles, half, sign) for sign in (-1, 1))
        self._cut.polygon(upper + lower[::-1], fill=255)
        tint = self._shade(self.habit.foliage, self._vary(0.2))
        self._ink.polygon(upper + spine[::-1], fill=tint)
        self._ink.polygon(lower + spine[::-1], fill=self._shade(tint, self.random.uniform(0.86, 0.97)))
        self._veins(spine, angles, half, tint)
        if self.random.random() < 0.22:
            self._holes(spine, half)

    def _half_widths(self, along: Row, length: float) -> Row:
        power = np.log(0.5) / np.log(self.habit.widest_at)
        half = np.sin(pi * along**power) ** 0.85 * length * self.habit.leaf_ratio / 2
        if self.habit.teeth:
            half = half * (1 - 0.16 * (along * self.habit.teeth % 1.0))
        return np.asarray(half * self._vary(0.1))

    def _edge(self, spine: list[Point], angles: list[float], half: Row, sign: int) -> list[Point]:
        return [
            (x + sign * -sin(angle) * width, y + sign * cos(angle) * width)
            for (x, y), angle, width in zip(spine, angles, half, strict=True)
        ]

    def _veins(self, spine: list[Point], angles: list[float], half: Row, tint: Colour) -> None:
        pale = self._shade(tint, 1.28)
        for place in range(4, len(spine) - 4, 4):
            (x, y), width = spine[place], half[place] * 0.86
            for sign in (-1, 1):
                turned = angles[place] + sign * 0.85
                self._ink.line(
                    [(x, y), (x + cos(turned) * width, y + sin(turned) * width)], fill=pale, width=1
                )
        self._ink.line(spine, fill=pale, width=4)

    def _holes(self, spine: list[Point], half: Row) -> None:
        for _ in range(int(self.random.integers(1, 4))):
            place = int(self.random.integers(len(spine) // 4, 3 * len(spine) // 4))
            radius = self.random.uniform(3, 9)
            x = spine[place][0] + self.random.uniform(-0.5, 0.5) * half[place]
            y = spine[place][1] + self.random.uniform(-0.5, 0.5) * half[place]
            self._cut.ellipse((x - radius, y - radius * 1.3, x + radius, y + radius), fill=0)

    def _bloom(self, tip: Point, angle: float, width: float) -> None:
        """A raceme: small flowers on stalks around the tip."""
        for number in range(self.habit.flowers):
            down = number * self.random.uniform(9, 14)
            foot = (tip[0] - cos(angle) * down, tip[1] - sin(angle) * down)
            away = angle + self.random.choice([-1, 1]) * self.random.uniform(0.4, 1.2)
            stalk, _ = self._wander(foot, away, self.random.uniform(18, 44), bend=0.4)
            self._stroke(stalk, max(2, width * 0.2), self._shade(self.habit.foliage, 0.9))
            for petal in range(4):
                self._petal(stalk[-1], away + (petal - 1.5) * self.random.uniform(0.45, 0.7))

    def _petal(self, foot: Point, angle: float) -> None:
        length, half = self.random.uniform(16, 34), self.random.uniform(4, 9)
        middle = (foot[0] + cos(angle) * length / 2, foot[1] + sin(angle) * length / 2)
        side = (-sin(angle) * half, cos(angle) * half)
        tip = (foot[0] + cos(angle) * length, foot[1] + sin(angle) * length)
        outline = [
            foot,
            (middle[0] + side[0], middle[1] + side[1]),
            tip,
            (middle[0] - side[0], middle[1] - side[1]),
        ]
        self._cut.polygon(outline, fill=255)
        self._ink.polygon(outline, fill=self._shade(self.habit.petals, self._vary(0.25)))

    def roots(self, foot: Point) -> None:
        for _ in range(int(self.random.integers(9, 18))):
            angle = pi / 2 + self.random.normal(0, 0.55)
            points, _ = self._wander(foot, angle, self.random.uniform(70, 210), bend=1.6)
            self._stroke(points, self.random.uniform(2, 6), self._shade((86, 68, 46), self._vary(0.2)))

    def _wander(
        self, foot: Point, angle: float, length: float, *, bend: float
    ) -> tuple[list[Point], list[float]]:
        """A line that turns a little at each of its points: the points, and its direction at each."""
        steps = max(8, int(length / 9))
        turn = self.random.uniform(-bend, bend) / steps
        angles = angle + np.cumsum(turn + self.random.normal(0, 0.35 * bend / steps, steps))
        x = foot[0] + np.cumsum(np.cos(angles)) * length / steps
        y = foot[1] + np.cumsum(np.sin(angles)) * length / steps
        points = [foot, *zip(x.tolist(), y.tolist(), strict=True)]
        return points, [angle, *angles.tolist()]

    def _stroke(self, points: list[Point], width: float, colour: Colour) -> None:
        """A stem: thinner towards its end, and rounder than a line, by a pale stripe along it."""
        for place in range(len(points) - 1):
            thick = max(2, round(width * (1 - 0.6 * place / len(points))))
            pair = [points[place], points[place + 1]]
            if hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]) > 0:
                self._cut.line(pair, fill=255, width=thick)
                self._ink.line(pair, fill=colour, width=thick)
                self._ink.line(pair, fill=self._shade(colour, 1.2), width=max(1, thick // 4))

    def _vary(self, by: float) -> float:
        return float(self.random.uniform(1 - by, 1 + by))

    @staticmethod
    def _shade(colour: Colour, by: float) -> Colour:
        red, green, blue = (min(255, round(part * by)) for part in colour)
        return red, green, blue
