"""Every draw of a run, put in its place as it comes: in memory where it is one block, else on disk.

However many draws there are, only some of them are in memory at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import numpy as np

from capacity.engine import MONTHLY_BLOCKS, Block
from capacity.sampling import BLOCK
from capacity.scenario import Scenario
from capacity.scratch import Numbers, let_go, on_disk
from holdings.errors import BadInput

_MONTHS_OF = "months of "
_STORE_PARTS = "store_parts"


class Cubes:
    """The variables of a run by name: ndarrays = (…, n_draws), year-major."""

    def __init__(self, scenario: Scenario, *, draws: int, folder: Path | None = None) -> None:
        """folder : where draws lie until the run is done; None is the system's folder for such files."""
        self._scenario, self._draws, self._folder = scenario, draws, folder
        self._arrays: dict[str, Numbers] = {}
        self._lock = Lock()

    def put(self, first: int, part: Block) -> None:
        """Some draws, the first of which has the number `first`; from any thread.

        Raises BadInput where they are no numbers any more.
        """
        if not (np.isfinite(part.cost).all() and np.isfinite(part.bytes_held).all()):
            raise BadInput(
                f"The numbers of {self._scenario.path.name} are too large to be multiplied and added up."
            )
        for name, values in self._named(part):
            with self._lock:
                cube = self._cube(name, values)
            cube[..., first : first + values.shape[-1]] = values
            let_go(cube)

    def __getitem__(self, name: str) -> Numbers:
        return self._arrays[name]

    @property
    def store_parts(self) -> Numbers:
        """What money was spent on in each store: ndarray = (n_years, n_stores, n_parts, n_draws)."""
        return self._arrays[_STORE_PARTS]

    def months_of(self, name: str) -> Numbers:
        """What the first blocks hold of each month: ndarray = (n_months, n_stores, n_draws)."""
        return self._arrays[f"{_MONTHS_OF}{name}"]

    def _named(self, part: Block) -> Iterator[tuple[str, Numbers]]:
        for name in ("bytes_held", "cost", "bytes_deposited", "images_deposited", "objects_deposited"):
            yield name, getattr(part, name)
        for several in (part.by_store, part.by_year, part.by_type, part.by_domain):
            yield from several.items()
        yield "cost_parts", part.cost_parts
        yield "cost_present", present_worth(part.cost, part.discount_rate, self._scenario)
        if part.by_month:
            yield _STORE_PARTS, part.store_parts
            yield from ((f"{_MONTHS_OF}{name}", values) for name, values in part.by_month.items())

    def _cube(self, name: str, values: Numbers) -> Numbers:
        if name not in self._arrays:
            is_of_first = name == _STORE_PARTS or name.startswith(_MONTHS_OF)
            draws = min(self._draws, MONTHLY_BLOCKS * BLOCK) if is_of_first else self._draws
            shape = (*values.shape[:-1], draws)
            self._arrays[name] = (
                np.empty(shape, dtype=values.dtype)
                if self._draws <= BLOCK
                else on_disk(shape, values.dtype, folder=self._folder)
            )
        return self._arrays[name]


def present_worth(cost: Numbers, rate: Numbers, scenario: Scenario) -> Numbers:
    """What all months cost, as money of the first month, by the scenario's discount convention.

    cost : ndarray = (n_months, n_stores, n_draws); rate : ndarray = (n_draws,), per year.
    """
    years = np.arange(scenario.months)[:, None] / 12
    worth = (1 + rate) ** -years if scenario.discount == "compound" else (1 - rate) ** years
    return np.asarray((cost.sum(axis=1) * worth).sum(axis=0), dtype=cost.dtype)
