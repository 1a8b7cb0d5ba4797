"""Packages grouped by situation: the rule that decides for them and the status of each copy.

A million packages have a few dozen situations, so that deciding costs nothing and grouping,
which is arithmetic on arrays, is all the work there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from holdings.records import CopyStatus
from tiering.plan import Seen

_STATUSES: tuple[CopyStatus | None, ...] = (None, *CopyStatus)
_ROOM = 2**62


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """What some packages have in common."""

    rule: int
    """Index into the policy's rules."""
    statuses: tuple[CopyStatus | None, ...]
    """In the stores of the settings, in their order."""
    seen: tuple[Seen, ...]
    """Every copy there is, also in stores that the settings do not name any more; by store."""


@dataclass(frozen=True, kw_only=True)
class Situations:
    """All packages, by situation."""

    distinct: tuple[Situation, ...]
    of_row: npt.NDArray[np.int64]
    """(n_packages,) : index into `distinct`."""

    def rows(self, wanted: Sequence[bool]) -> npt.NDArray[np.int64]:
        """The packages whose situation is wanted, in their order."""
        mask = np.array(wanted, dtype=bool)
        return np.flatnonzero(mask[self.of_row]) if len(mask) else np.empty(0, np.int64)

    def sums(self, values: npt.NDArray[np.int64]) -> list[int]:
        """The sum of `values` (one for each package) by situation, exactly."""
        totals = np.zeros(len(self.distinct), dtype=np.int64)
        np.add.at(totals, self.of_row, values)
        return [int(total) for total in totals]


def find_situations(
    package_ids: pa.ChunkedArray, rule: npt.NDArray[np.int32], copies: pa.Table, stores: Sequence[str]
) -> Situations:
    """The situations of the packages in `package_ids`.

    rule : (n_packages,), the rule that decides for each.
    copies : columns package_id, store, status; copies of other packages are ignored.
    stores : names of the stores in the settings.
    """
    names = (*stores, *sorted(set(copies.column("store").unique().to_pylist()) - set(stores)))
    codes = _status_codes(package_ids, copies, names)
    _, first, of_row = np.unique(_packed(rule, codes), return_index=True, return_inverse=True)
    distinct = (_situation(int(rule[row]), codes[:, row], names, len(stores)) for row in first)
    return Situations(distinct=tuple(distinct), of_row=of_row)


def with_bytes(copies: pa.Table, packages: pa.Table) -> pa.Table:
    """`copies` with the column `bytes` of their package; copies of unknown packages are left out."""
    # Looked up and not joined: Arrow's join takes four times as long and twice the memory.
    row = pc.index_in(copies.column("package_id"), value_set=_whole(packages.column("package_id")))
    sized = copies.append_column("bytes", packages.column("bytes").take(row))
    return sized.filter(pc.is_valid(row))


def _status_codes(
    package_ids: pa.ChunkedArray, copies: pa.Table, names: Sequence[str]
) -> npt.NDArray[np.uint8]:
    """(n_stores, n_packages) : index into `_STATUSES`."""
    row = pc.index_in(copies.column("package_id"), value_set=_whole(package_ids))
    store = pc.index_in(copies.column("store"), value_set=pa.array(names, pa.string()))
    status = pc.index_in(copies.column("status"), value_set=pa.array([str(s) for s in CopyStatus]))
    known = pc.is_valid(row)
    codes = np.zeros((len(names), len(package_ids)), dtype=np.uint8)
    codes[_numbers(store, known), _numbers(row, known)] = _numbers(status, known) + 1
    return codes


def _whole(array: pa.ChunkedArray) -> pa.Array:
    whole = array.combine_chunks()
    return whole if isinstance(whole, pa.Array) else whole.chunk(0)


def _numbers(array: pa.ChunkedArray, keep: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    numbers: npt.NDArray[np.int32] = array.filter(keep).to_numpy()
    return numbers


def _packed(rule: npt.NDArray[np.int32], codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """One number for each package, equal where rule and statuses are."""
    packed = rule.astype(np.int64)
    room = _ROOM // (int(packed.max(initial=0)) + 1)
    for code in codes:
        if room < len(_STATUSES):
            packed = np.unique(packed, return_inverse=True)[1].astype(np.int64)
            room = _ROOM // (int(packed.max(initial=0)) + 1)
        packed = packed * len(_STATUSES) + code
        room //= len(_STATUSES)
    return packed


def _situation(rule: int, codes: npt.NDArray[np.uint8], names: Sequence[str], known: int) -> Situation:
    statuses = [_STATUSES[code] for code in codes]
    seen = sorted((name, str(status)) for name, status in zip(names, statuses, strict=True) if status)
    return Situation(
        rule=rule,
        statuses=tuple(statuses[:known]),
        seen=tuple(Seen(store=name, status=status) for name, status in seen),
    )
