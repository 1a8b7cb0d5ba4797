"""Who does the work of a command: this process, or the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdings.house import House
    from tiering.crew import Crew


@contextmanager
def crew_of(
    house: House, scheduler: str | None, *, bytes_per_second: float | None = None
) -> Iterator[Crew | None]:
    """The workers of `scheduler`; None, which means this process, without one."""
    if scheduler is None:
        yield None
        return
    from tiering.batch import cluster_crew

    with cluster_crew(scheduler, house, bytes_per_second=bytes_per_second) as crew:
        yield crew
