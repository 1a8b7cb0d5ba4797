"""A random share of copies, and what having read only that share tells of all of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, lgamma

from holdings.errors import BadInput
from holdings.records import Copy

CONFIDENCE = 0.95
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?(%?)", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """Which share of the copies is read, and which of them: the same seed picks the same."""

    share: float
    """Above 0, at most 1."""
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Inference:
    """What a sample says of everything that it was drawn from."""

    population: int
    """Copies that might have been drawn."""
    read: int
    """Those that were drawn and could be read."""
    bad: int
    """Damaged or missing among them."""
    seed: int
    at_most_bad: int
    """So many of the population are bad at most, with CONFIDENCE."""

    @property
    def at_most_share(self) -> float:
        """The same as a share of the population."""
        return self.at_most_bad / self.population if self.population else 0.0


def parse_share(text: str) -> float:
    """`5%`, `5 %` or `0.05`. Raises BadInput."""
    found = _SHARE.fullmatch(text.strip())
    share = float(found[1]) / (100 if found[2] else 1) if found else 0.0
    if not 0 < share <= 1:
        raise BadInput(f"A sample is a share above 0 and up to all, not {text[:40]!r}.", hint="--sample 5%")
    return share


def draw(copies: Sequence[Copy], sample: Sample) -> list[Copy]:
    """The copies of the sample, in their order; at least one, where there are any."""
    wanted = ceil(len(copies) * sample.share)
    chosen = set(sorted(range(len(copies)), key=lambda place: _rank(copies[place], sample.seed))[:wanted])
    return [copy for place, copy in enumerate(copies) if place in chosen]


def _rank(copy: Copy, seed: int) -> bytes:
    # A hash, not a generator: a copy that was added meanwhile does not change which others are drawn first.
    return hashlib.sha256(f"{seed} {copy.package_id} {copy.store}".encode()).digest()


def infer(*, population: int, read: int, bad: int, seed: int) -> Inference:
    """What is known of the population after `read` of it were read and `bad` of those are bad."""
    return Inference(
        population=population,
        read=read,
        bad=bad,
        seed=seed,
        at_most_bad=upper_bound(population=population, read=read, bad=bad),
    )


def upper_bound(*, population: int, read: int, bad: int) -> int:
    """The largest number of bad ones in the population that does not make so few in the sample unlikely.

    Exact for sampling without replacement: the largest K with P(X <= bad) > 1 - CONFIDENCE, X being
    hypergeometric (Cochran, Sampling Techniques, 3.6; Buonaccorsi 1987).
    """
    low, high = bad, population - (read - bad)
    while low < high:
        middle = (low + high + 1) // 2
        if _at_most(bad, population=population, bad=middle, read=read) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle - 1
    return low


def _at_most(found: int, *, population: int, bad: int, read: int) -> float:
    """P(at most `found` bad ones in the sample), with `bad` in the population."""
    return sum(
        exp(_log_comb(bad, k) + _log_comb(population - bad, read - k) - _log_comb(population, read))
        for k in range(max(0, read - (population - bad)), min(found, bad, read) + 1)
    )


def _log_comb(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
