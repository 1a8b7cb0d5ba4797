from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

import archive.getting
from archive.deposit import deposit
from archive.getting import get_image
from archive.receipt import Receipt
from holdings.catalogue.index import index_bytes
from holdings.errors import BadInput, Corrupt, NotFound, NotOnline, Unavailable
from holdings.house import House
from holdings.records import CopyStatus, EventType, Outcome
from holdings.stores.faulty import Fault, FaultyStore, scripted
from holdings.stores.readonly import ReadOnlyStore
from tests.archive.helpers import copy_to_cold, damage, object_file, with_hot


@pytest.fixture
def receipt(house: House, source: Path) -> Receipt:
    return deposit(house, source, collection="herb")


def bag_file(house: House, store: str, receipt: Receipt) -> Path:
    return object_file(house, store, f"packages/{receipt.package_id}/bag.tar")


def test_every_image_comes_back_as_it_was(
    house: House, source: Path, receipt: Receipt, tmp_path: Path
) -> None:
    for image in receipt.images:
        got = get_image(house, image.image_id, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == (source / image.path).read_bytes()
        assert (got.store, got.troubles, got.image) == ("hot", (), image)
        (tmp_path / "back").unlink()
    assert not list(tmp_path.glob(".*"))


def test_a_large_image_is_read_in_pieces(
    house: House, source: Path, receipt: Receipt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive.getting, "PIECE_BYTES", 100)
    get_image(house, receipt.images[2].image_id, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (source / receipt.images[2].path).read_bytes()


class TestTarget:
    def test_that_is_there_is_left_as_it_is_unless_asked(
        self, house: House, source: Path, receipt: Receipt, tmp_path: Path
    ) -> None:
        target = tmp_path / "mine"
        target.write_text("precious")
        with pytest.raises(BadInput, match="is there already"):
            get_image(house, receipt.images[0].image_id, target)
        assert target.read_text() == "precious"
        get_image(house, receipt.images[0].image_id, target, overwrite=True)
        assert target.read_bytes() == (source / receipt.images[0].path).read_bytes()

    def test_that_is_a_folder_or_in_none(self, house: House, receipt: Receipt, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="is a folder"):
            get_image(house, receipt.images[0].image_id, tmp_path, overwrite=True)
        with pytest.raises(BadInput, match="does not exist"):
            get_image(house, receipt.images[0].image_id, tmp_path / "no" / "file")

    def test_that_is_a_device_or_a_pipe_stays_one(
        self, house: House, receipt: Receipt, tmp_path: Path
    ) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        with pytest.raises(BadInput, match="is no plain file"):
            get_image(house, receipt.images[0].image_id, pipe, overwrite=True)
        assert pipe.is_fifo()

    def test_that_is_a_link_is_replaced_and_not_followed(
        self, house: House, source: Path, receipt: Receipt, tmp_path: Path
    ) -> None:
        target, far = tmp_path / "link", tmp_path / "far"
        far.write_text("precious")
        target.symlink_to(far)
        get_image(house, receipt.images[0].image_id, target, overwrite=True)
        assert target.read_bytes() == (source / receipt.images[0].path).read_bytes()
        assert far.read_text() == "precious"

    def test_that_appears_while_we_read_is_not_replaced(
        self, house: House, receipt: Receipt, tmp_path: Path
    ) -> None:
        target = tmp_path / "mine"

        class Slow(FaultyStore):
            def get_range(self, key: str, start: int, length: int) -> bytes:
                target.write_text("precious")
                return super().get_range(key, start, length)

        with pytest.raises(BadInput, match="could not be written"):
            get_image(
                with_hot(house, Slow(house.store("hot"), scripted({}))), receipt.images[0].image_id, target
            )
        assert target.read_text() == "precious"
        assert not list(tmp_path.glob(".*"))

    @pytest.mark.parametrize("image_id", ["nonsense", "herb-0.x", "../x.1", "herb-000000000000.1"])
    def test_an_image_that_there_is_not(self, house: House, tmp_path: Path, image_id: str) -> None:
        with pytest.raises((BadInput, NotFound)):
            get_image(house, image_id, tmp_path / "back")
        assert not (tmp_path / "back").exists()


class TestBadCopies:
    def test_the_next_copy_gives_what_the_first_lost(
        self, house: House, source: Path, receipt: Receipt, tmp_path: Path
    ) -> None:
        copy_to_cold(house, receipt.package_id)
        image = receipt.images[0]
        damage(bag_file(house, "hot", receipt), at=image.offset + 5)
        got = get_image(house, image.image_id, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == (source / image.path).read_bytes()
        assert got.store == "cold"
        (trouble,) = got.troubles
        assert trouble.is_known_bad
        assert image.path in trouble.because
        status = {copy.store: copy.status for copy in house.catalogue.copies()}
        assert status == {"hot": CopyStatus.SUSPECT, "cold": CopyStatus.VERIFIED}
        last = house.catalogue.events()[-1]
        failed = [event for event in house.catalogue.events() if event.outcome is Outcome.FAIL]
        assert [(event.event_type, event.store) for event in failed] == [(EventType.FIXITY_CHECK, "hot")]
        assert last is not None
        (tmp_path / "back").unlink()
        again = get_image(house, image.image_id, tmp_path / "back")
        assert (again.store, again.troubles) == ("cold", ()), "a suspect copy is asked last"

    def test_a_copy_that_is_gone_or_cut_short(self, house: House, receipt: Receipt, tmp_path: Path) -> None:
        bag = bag_file(house, "hot", receipt)
        last = receipt.images[2]
        bag.chmod(0o644)
        with bag.open("r+b") as file:
            file.truncate(last.offset + 3)
        with pytest.raises(Corrupt, match="is shorter than was recorded"):
            get_image(house, last.image_id, tmp_path / "back")
        bag.unlink()
        with pytest.raises(Corrupt, match=r"No copy of .* could give what was asked"):
            get_image(house, last.image_id, tmp_path / "back")
        assert [copy.status for copy in house.catalogue.copies()] == [CopyStatus.MISSING]
        assert not list(tmp_path.glob("*back*"))

    def test_a_store_that_cannot_be_asked_is_no_loss(
        self, house: House, source: Path, receipt: Receipt, tmp_path: Path
    ) -> None:
        silent = FaultyStore(house.store("hot"), lambda *_: Fault.NO_EFFECT)
        with pytest.raises(Unavailable):
            get_image(with_hot(house, silent), receipt.images[0].image_id, tmp_path / "back")
        assert [copy.status for copy in house.catalogue.copies()] == [CopyStatus.VERIFIED]
        copy_to_cold(house, receipt.package_id)
        got = get_image(with_hot(house, silent), receipt.images[0].image_id, tmp_path / "back")
        assert got.store == "cold"
        assert [trouble.is_known_bad for trouble in got.troubles] == [False]
        assert {copy.status for copy in house.catalogue.copies()} == {CopyStatus.VERIFIED}

    def test_history_that_cannot_be_written_keeps_no_image_back(
        self, house: House, receipt: Receipt, tmp_path: Path
    ) -> None:
        copy_to_cold(house, receipt.package_id)
        damage(bag_file(house, "hot", receipt), at=receipt.images[0].offset)
        frozen = {name: ReadOnlyStore(store) for name, store in house.stores.items()}
        got = get_image(replace(house, stores=frozen), receipt.images[0].image_id, tmp_path / "back")
        assert got.store == "cold"
        assert "not recorded" in got.troubles[0].because


def test_an_image_that_sleeps_says_what_to_type(house: House, receipt: Receipt, tmp_path: Path) -> None:
    class Sleeping(FaultyStore):
        def get_range(self, key: str, start: int, length: int) -> bytes:
            raise NotOnline(f"{key} sleeps in a cold class of {self.name}.")

    asleep = with_hot(house, Sleeping(house.store("hot"), lambda *_: None))
    with pytest.raises(NotOnline, match="sleeps in a cold class") as caught:
        get_image(asleep, receipt.images[0].image_id, tmp_path / "back")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(f"holdfast recall {receipt.package_id} ")


def test_an_index_that_is_gone_says_so_and_how_to_get_it_back(
    house: House, receipt: Receipt, tmp_path: Path
) -> None:
    (house.settings.catalogue.path.parent / "index" / f"{receipt.package_id}.parquet").unlink()
    with pytest.raises(Corrupt, match=r"The image index of .* is not in") as caught:
        get_image(house, receipt.images[0].image_id, tmp_path / "back")
    assert "catalogue rebuild" in str(caught.value.hint)


def test_an_index_that_a_killed_deposit_left_claims_nothing(
    house: House, receipt: Receipt, tmp_path: Path
) -> None:
    rows = [replace(image, package_id="herb-0", image_id="herb-0.1") for image in receipt.images[:1]]
    house.catalogue.images.add("herb-0", index_bytes(rows))
    with pytest.raises(NotFound, match="no package herb-0"):
        get_image(house, "herb-0.1", tmp_path / "back")
