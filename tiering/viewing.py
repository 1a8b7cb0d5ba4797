"""The packages of a decision, a row each, by the situation they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tiering.choosing import Choice, StoreFacts
from tiering.plan import Seen
from tiering.policy import Policy
from tiering.situations import Situations


@dataclass(frozen=True, kw_only=True)
class View:
    """Everything that a decision looks at."""

    packages: pa.Table
    copies: pa.Table
    stores: Sequence[StoreFacts]
    policy: Policy
    situations: Situations
    choices: Sequence[Choice]
    """One for each distinct situation."""

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Bytes of one copy, of each package."""
        sizes: npt.NDArray[np.int64] = self.packages.column("bytes").cast(pa.int64()).to_numpy()
        return sizes

    def counts(self) -> list[int]:
        """Packages in each distinct situation."""
        return self.situations.sums(np.ones(len(self.packages), dtype=np.int64))

    def rows(self, wanted: Sequence[bool]) -> list[Row]:
        """The packages in the situations that are wanted, in order."""
        return self.rows_at(self.situations.rows(wanted))

    def rows_at(self, rows: npt.NDArray[np.int64]) -> list[Row]:
        """The packages with these numbers, in order."""
        table = self.packages.select(["package_id", "bytes", "objects"]).take(pa.array(rows))
        columns = zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True)
        found = []
        for (package_id, size_bytes, objects), which in zip(
            columns, self.situations.of_row[rows], strict=True
        ):
            situation = self.situations.distinct[which]
            found.append(
                Row(
                    package_id=package_id,
                    size_bytes=size_bytes,
                    objects=objects,
                    rule=situation.rule,
                    seen=situation.seen,
                    choice=self.choices[which],
                )
            )
        return sorted(found, key=lambda row: row.package_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One package that something is to be said of."""

    package_id: str
    size_bytes: int
    objects: int
    rule: int
    seen: tuple[Seen, ...]
    choice: Choice
