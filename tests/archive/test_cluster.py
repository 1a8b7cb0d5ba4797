"""The door to a Dask cluster says who is not there, before anybody waits."""

from __future__ import annotations

import pytest

from archive.cluster import cluster_client, is_address
from archive.collection.batch import on_dask
from holdings.errors import BadInput, Unavailable
from holdings.house import House

NOBODY = "tcp://127.0.0.1:1"


@pytest.mark.parametrize("named", ["", "cluster", "http://127.0.0.1:1", "tcp://127.0.0.1", "tcp://here:port"])
def test_what_is_no_address_is_refused(named: str) -> None:
    assert not is_address(named)
    with pytest.raises(BadInput, match="is no address of a scheduler"), cluster_client(named):
        pass


def test_where_nobody_listens_it_is_said_at_once() -> None:
    assert is_address(NOBODY)
    with (
        pytest.raises(Unavailable, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1\."),
        cluster_client(NOBODY),
    ):
        pass


def test_a_collection_is_told_so_too(house: House) -> None:
    with pytest.raises(Unavailable, match="No Dask scheduler answers"):
        list(on_dask([], house, workers=1, scheduler=NOBODY))
