"""Errors keep what they say when they cross a process, and each kind has its exit status."""

from __future__ import annotations

import pickle

import pytest

from holdings import errors
from holdings.errors import BadInput, HoldfastError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, HoldfastError) and kind is not HoldfastError
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_crosses_a_process_whole(kind: type[HoldfastError]) -> None:
    there = pickle.loads(pickle.dumps(kind("It broke.", hint="Mend it.", detail="log")))
    assert type(there) is kind
    assert (there.sentence, there.hint, there.detail, str(there)) == (
        "It broke.",
        "Mend it.",
        "log",
        "It broke.",
    )


def test_kinds_are_told_apart() -> None:
    assert len({kind.kind for kind in KINDS}) == len(KINDS)
    assert {kind.exit_status for kind in KINDS} == {1, 2, 3}
    assert BadInput.exit_status == 2
