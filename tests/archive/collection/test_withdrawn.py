"""What was withdrawn is in no new collection; an older one does not give it out, and is still proven."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

import archive.collection
from archive.collection.building import Built, select
from archive.collection.finding import find_built
from archive.collection.opening import table_lines
from archive.collection.originals import Originals
from archive.collection.rebuilding import rebuild
from archive.getting import get_image
from archive.receipt import Receipt
from archive.withdrawing import undo, withdraw
from holdings.errors import BadInput, NotFound, Withdrawn
from holdings.house import House
from tests.archive.collection.holding import COLLECTION, built, hold, pixels
from tests.archive.helpers import keys_of

WHY = "locality of a protected species"


@pytest.fixture
def bag(house: House, tmp_path: Path) -> Receipt:
    """Two sheets."""
    return hold(house, tmp_path / "source", {"a.tif": pixels(90, 80), "b.tif": pixels(80, 90, seed=1)})


def sentence_of(call: Callable[[], object]) -> str:
    with pytest.raises(Withdrawn) as caught:
        call()
    return caught.value.sentence


def test_a_build_leaves_it_out_and_names_it(house: House, bag: Receipt) -> None:
    withdraw(house, [f"{bag.package_id}.1"], reason=WHY, by="A. Keeper")
    made = built(house)
    assert [image.source_path for image in made.images] == ["b.tif"]
    (out,) = made.withheld
    assert (out.image_id, out.path) == (f"{bag.package_id}.1", "a.tif")
    assert out.because.endswith(f"by A. Keeper: {WHY}.")
    again = built(house)
    assert (again.already_held, again.withheld) == (True, made.withheld)


@pytest.mark.parametrize("whole", [True, False])
def test_where_all_is_withdrawn_nothing_is_built(house: House, bag: Receipt, whole: bool) -> None:
    names = [bag.package_id] if whole else [f"{bag.package_id}.1", f"{bag.package_id}.2"]
    withdraw(house, names, reason=WHY)
    before = keys_of(house.store("hot"))
    assert WHY in sentence_of(lambda: built(house))
    assert keys_of(house.store("hot")) == before


def test_a_volume_with_a_withdrawn_slice_stays_out_whole(house: House, tmp_path: Path) -> None:
    names = ["one/1.tif", "one/2.tif", "two/1.tif", "two/2.tif"]
    bag = hold(house, tmp_path / "source", {name: pixels(40, 30, 1, seed=n) for n, name in enumerate(names)})
    withdraw(house, [f"{bag.package_id}.2"], reason=WHY)
    selected = select(house, COLLECTION, stack=True)
    assert [image.path for image in selected.images] == names[2:]
    assert [item.path for item in selected.withheld] == names[:2]


@pytest.mark.parametrize("what", ["image", "bag", "collection"])
def test_an_older_collection_gives_it_out_no_more(
    house: House, bag: Receipt, tmp_path: Path, what: str
) -> None:
    made = built(house).package.package_id
    original, image, other = f"{bag.package_id}.1", f"{made}.1", f"{made}.2"
    subject = {"image": original, "bag": bag.package_id, "collection": made}[what]
    withdraw(house, [subject], reason=WHY, by="A. Keeper")
    said = {
        sentence_of(lambda: find_built(house, image)),
        sentence_of(lambda: find_built(house, original)),
        sentence_of(lambda: archive.collection.open(house, image)),
        sentence_of(lambda: table_lines(house, house.catalogue.package(made))),
    }
    if what != "collection":
        said.add(sentence_of(lambda: get_image(house, original, tmp_path / "x")))
    (sentence,) = said
    assert sentence.startswith(f"{subject} was withdrawn on ")
    if what == "image":
        assert find_built(house, other).built.source_path == "b.tif"
    else:
        assert sentence_of(lambda: find_built(house, other)) == sentence
    undo(house, [subject], reason="found")
    assert find_built(house, image) == find_built(house, original)
    assert table_lines(house, house.catalogue.package(made))


def test_of_an_original_a_collection_that_is_given_out_answers(house: House, bag: Receipt) -> None:
    both = {built(house).package, built(house, first_level=1).package}
    answered = find_built(house, f"{bag.package_id}.1").package
    withdraw(house, [answered.package_id], reason=WHY)
    assert {answered, find_built(house, f"{bag.package_id}.1").package} == both


def test_the_table_of_a_collection_without_it_is_given_out(house: House, bag: Receipt) -> None:
    withdraw(house, [f"{bag.package_id}.1"], reason=WHY)
    assert table_lines(house, built(house).package)


def test_its_bytes_are_proven_as_before(house: House, bag: Receipt) -> None:
    made: Built = built(house)
    withdraw(house, [f"{bag.package_id}.1"], reason=WHY)
    again = rebuild(house, made.package.package_id)
    assert again.is_same
    assert [image.path for image in again.images] == ["a.tif", "b.tif"]


def test_where_no_copy_of_the_original_is_left_that_is_said(house: House, bag: Receipt) -> None:
    (image, _) = house.catalogue.images.images(bag.package_id)
    with pytest.raises(NotFound, match=r"is left that could give a\.tif"):
        Originals(house.stores, ()).fetch(image, io.BytesIO())


@pytest.mark.usefixtures("bag")
def test_an_image_of_a_collection_is_withdrawn_by_its_original(house: House) -> None:
    made = built(house).package.package_id
    with pytest.raises(BadInput, match="is an image of a collection") as caught:
        withdraw(house, [f"{made}.1"], reason=WHY)
    assert "original" in (caught.value.hint or "")
