from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import archive.sources.folder
import archive.stream
from archive.deposit import deposit
from archive.finding import find
from archive.sources.folder import FolderSource
from archive.sources.interface import SourceFile, unreadable
from archive.verifying import verify
from holdings.clock import FixedClock
from holdings.errors import AccessDenied, BadInput, Corrupt, StoreFull, Unavailable
from holdings.house import House
from holdings.observing import Advanced, Finished, Happening, Started
from holdings.records import Copy, CopyStatus, Event, EventType, Image, Outcome
from holdings.stores.faulty import Crashed, Fault, FaultyStore, scripted
from holdings.stores.interface import Buffer, Written
from holdings.stores.wrapper import Wrapper
from tests.archive.helpers import copy_to_cold, damage, files_of, keys_of, members_of, object_file, with_hot
from tests.kit.houses import TEST_TIME, a_house
from tests.kit.pictures import write_pictures
from tests.kit.shared import shared_data


def test_a_deposit_is_in_the_store_in_the_catalogue_and_in_the_receipt(house: House, source: Path) -> None:
    receipt = deposit(house, source, collection="herb")
    prefix = f"packages/{receipt.package_id}/"
    assert keys_of(house.store("hot")) == [
        prefix + name for name in ("bag.tar", "index.parquet", "intent.json", "manifest.json")
    ]
    assert [(image.path, image.image_id) for image in receipt.images] == [
        ("drawer 1/sheet-001.jpg", f"{receipt.package_id}.1"),
        ("sheet-001.jpg", f"{receipt.package_id}.2"),
        ("sheet-002.tif", f"{receipt.package_id}.3"),
    ]
    assert (list(receipt.sidecars), list(receipt.left_out)) == (["records.csv"], [])
    assert (receipt.store, receipt.already_held) == ("hot", False)
    package = house.catalogue.package(receipt.package_id)
    assert [item.key for item in package.objects] == ["bag.tar", "index.parquet", "intent.json"]
    assert (package.images, package.size_bytes) == (3, receipt.size_bytes)
    assert house.catalogue.copies() == [
        Copy(
            package_id=receipt.package_id,
            store="hot",
            status=CopyStatus.VERIFIED,
            verified_at=TEST_TIME,
            made_by=house.catalogue.events()[0].run,
        )
    ]
    assert {event.event_type for event in house.catalogue.events()} == {
        EventType.FORMAT_IDENTIFICATION,
        EventType.VALIDATION,
        EventType.PACKAGE_CREATION,
        EventType.MESSAGE_DIGEST,
        EventType.INGESTION,
    }
    measured = ingestion(house, receipt.package_id).detail
    assert measured["size_bytes"] == receipt.size_bytes
    assert isinstance(measured["seconds"], float)
    assert find(house) == list(receipt.images) == house.catalogue.images.images(receipt.package_id)
    assert find(house, collection="herb", text="DRAWER") == receipt.images[:1]
    assert verify(house).is_good


def ingestion(house: House, package_id: str) -> Event:
    events = house.catalogue.events(package_id=package_id)
    return next(event for event in events if event.event_type is EventType.INGESTION)


def test_every_image_lies_in_the_tar_where_its_row_says(house: House, source: Path) -> None:
    receipt = deposit(house, source, collection="herb")
    data = object_file(house, "hot", f"packages/{receipt.package_id}/bag.tar").read_bytes()
    for image in receipt.images:
        body = data[image.offset : image.offset + image.size_bytes]
        assert body == (source / image.path).read_bytes()
        assert hashlib.sha256(body).hexdigest() == image.sha256
    payload = f"{receipt.package_id}/data/"
    found = members_of(object_file(house, "hot", f"packages/{receipt.package_id}/bag.tar"))
    assert files_of(source) == {
        name.removeprefix(payload): body for name, body in found.items() if name.startswith(payload)
    }


class TestTheSameAgain:
    def test_is_recognised_and_read_again_and_nothing_is_stored_twice(
        self, house: House, source: Path
    ) -> None:
        first = deposit(house, source, collection="herb")
        keys, events = keys_of(house.store("hot")), house.catalogue.events()
        again = deposit(house, source, collection="herb")
        assert list(again.bags) == [replace(bag, already_held=True) for bag in first.bags]
        assert list(again.images) == list(first.images)
        assert keys_of(house.store("hot")) == keys
        (read,) = [event for event in house.catalogue.events() if event not in events]
        assert (read.event_type, read.store, read.outcome) == (
            EventType.FIXITY_CHECK,
            "hot",
            Outcome.SUCCESS,
        )

    @pytest.mark.parametrize("wrong", ["bag_flipped", "bag_deleted", "index_deleted"])
    def test_is_stored_anew_where_nobody_had_noticed_the_damage(
        self, house: House, source: Path, wrong: str
    ) -> None:
        first = deposit(house, source, collection="herb")
        folder = object_file(house, "hot", f"packages/{first.package_id}")
        if wrong == "bag_flipped":
            damage(folder / "bag.tar", at=600)
        else:
            (folder / {"bag_deleted": "bag.tar", "index_deleted": "index.parquet"}[wrong]).unlink()
        again = deposit(house, source, collection="herb")
        assert (again.package_id, again.already_held) == (f"{first.package_id}-v2", False)
        assert [copy.status for copy in house.catalogue.copies(package_id=first.package_id)] != [
            CopyStatus.VERIFIED
        ]

    def test_is_held_by_the_copy_that_is_good(self, house: House, source: Path) -> None:
        first = deposit(house, source, collection="herb")
        copy_to_cold(house, first.package_id)
        damage(object_file(house, "hot", f"packages/{first.package_id}/bag.tar"), at=600)
        again = deposit(house, source, collection="herb")
        assert (again.package_id, again.store, again.already_held) == (first.package_id, "cold", True)

    def test_is_not_acknowledged_where_no_store_can_be_read(self, house: House, source: Path) -> None:
        deposit(house, source, collection="herb")
        hot = object_file(house, "hot", "")
        hot.rename(hot.with_name("unmounted"))
        with pytest.raises(Unavailable, match="could not be read back"):
            deposit(house, source, collection="herb")

    def test_mends_a_damaged_index_beside_the_catalogue(self, house: House, source: Path) -> None:
        first = deposit(house, source, collection="herb")
        index = house.settings.catalogue.path.parent / "index" / f"{first.package_id}.parquet"
        index.write_bytes(index.read_bytes()[:100])
        assert deposit(house, source, collection="herb").images[:] == first.images[:]

    def test_under_another_moment_and_other_file_times(self, house: House, source: Path) -> None:
        first = deposit(house, source, collection="herb")
        for path in source.rglob("*.*"):
            os.utime(path, (1, 1))
        later = house.at(FixedClock(datetime(2027, 1, 1, tzinfo=UTC)))
        assert deposit(later, source, collection="herb").package_id == first.package_id

    def test_in_another_collection_is_another_package(self, house: House, source: Path) -> None:
        one = deposit(house, source, collection="one")
        two = deposit(house, source, collection="two")
        assert not two.already_held
        assert one.package_id.startswith("one-")
        assert two.package_id.startswith("two-")

    @pytest.mark.parametrize("name", ["sheet-002.tif", "records.csv"])
    def test_with_other_content_of_the_same_size_is_a_new_version(
        self, house: House, source: Path, name: str
    ) -> None:
        """An image or a table: either makes other content."""
        first = deposit(house, source, collection="herb")
        before = (source / name).read_bytes()
        damage(source / name, at=-2)
        second = deposit(house, source, collection="herb")
        assert second.package_id == f"{first.package_id}-v2"
        assert not second.already_held
        assert verify(house).is_good
        assert deposit(house, source, collection="herb").package_id == second.package_id
        (source / name).write_bytes(before)
        assert deposit(house, source, collection="herb").package_id == first.package_id
        damage(source / name, at=-1)
        assert deposit(house, source, collection="herb").package_id == f"{first.package_id}-v3"

    def test_is_stored_anew_where_no_verified_copy_is_left(self, house: House, source: Path) -> None:
        first = deposit(house, source, collection="herb")
        damage(object_file(house, "hot", f"packages/{first.package_id}/bag.tar"), at=600)
        assert not verify(house).is_good
        again = deposit(house, source, collection="herb")
        assert again.package_id == f"{first.package_id}-v2"
        assert not again.already_held

    def test_while_the_index_was_lost_brings_it_back(self, house: House, source: Path) -> None:
        first = deposit(house, source, collection="herb")
        (index,) = (house.settings.catalogue.path.parent).rglob(f"{first.package_id}.parquet")
        index.unlink()
        assert deposit(house, source, collection="herb").images[:] == first.images[:]
        assert find(house) == list(first.images)


class TestKilled:
    def test_at_every_verb_of_the_store_and_run_again(self, house: House, source: Path) -> None:
        """One package in the end, the same bytes as a deposit that nobody hurt, every time."""
        hot = house.store("hot")
        kills, whole = 0, deposit(house, source, collection="unhurt")
        expected = [(image.path, image.sha256, image.offset) for image in whole.images]
        for verb, fault in (("*", Fault.CRASH_BEFORE), ("put_stream", Fault.CRASH_AFTER)):
            for number in range(1, 100):
                collection = f"{fault.name.lower().replace('_', '-')}-{number}"
                faulty = FaultyStore(hot, scripted({(verb, number): fault}))
                with suppress(Crashed):
                    deposit(with_hot(house, faulty), source, collection=collection)
                if not faulty.met:
                    break
                kills += 1
                assert len(find(house, collection=collection)) in (0, 3), "whole or not at all"
                receipt = deposit(house, source, collection=collection)
                assert [(image.path, image.sha256, image.offset) for image in receipt.images] == expected
                assert len(house.catalogue.packages(collection=collection)) == 1
                assert len(keys_of(hot, f"packages/{collection}-")) == 4
        assert kills > 15
        assert verify(house).is_good

    @pytest.mark.parametrize("moment", ["index", "record"])
    def test_between_the_store_and_the_catalogue(
        self, house: House, source: Path, monkeypatch: pytest.MonkeyPatch, moment: str
    ) -> None:
        def die(*_: object) -> None:
            raise Crashed

        with monkeypatch.context() as patch:
            if moment == "index":
                patch.setattr(type(house.catalogue.images), "add", die)
            else:
                patch.setattr(type(house.catalogue), "record", die)
            with pytest.raises(Crashed):
                deposit(house, source, collection="herb")
        assert find(house) == []
        receipt = deposit(house, source, collection="herb")
        assert not receipt.already_held
        assert find(house) == list(receipt.images)
        assert len(keys_of(house.store("hot"))) == 4
        assert "seconds" not in ingestion(house, receipt.package_id).detail, "nobody measured this write"

    def test_and_the_source_was_changed_before_it_ran_again(self, house: House, source: Path) -> None:
        faulty = with_hot(
            house, FaultyStore(house.store("hot"), scripted({("put_stream", 2): Fault.CRASH_BEFORE}))
        )
        with pytest.raises(Crashed):
            deposit(faulty, source, collection="herb")
        made = (source / "records.csv").stat().st_mtime_ns
        damage(source / "records.csv", at=-2)
        receipt = deposit(house, source, collection="herb")
        assert receipt.package_id.endswith("-v2")
        assert verify(house).is_good
        damage(source / "records.csv", at=-2)
        os.utime(source / "records.csv", ns=(made, made))
        first = deposit(house, source, collection="herb")
        assert first.package_id == receipt.package_id.removesuffix("-v2")
        assert not first.already_held

    def test_and_run_again_later_by_another_release_with_other_settings(
        self, house: House, source: Path
    ) -> None:
        faulty = with_hot(
            house, FaultyStore(house.store("hot"), scripted({("put_stream", 1): Fault.CRASH_AFTER}))
        )
        with pytest.raises(Crashed):
            deposit(faulty, source, collection="herb")
        later = replace(
            house,
            clock=FixedClock(datetime(2031, 1, 1, tzinfo=UTC)),
            settings=replace(house.settings, bags=replace(house.settings.bags, algorithms=("sha256",))),
        )
        receipt = deposit(later, source, collection="herb")
        assert not receipt.package_id.endswith("-v2")
        assert house.catalogue.package(receipt.package_id).created_at == TEST_TIME
        assert verify(house).is_good


class TestTwoAtOnce:
    def test_of_the_same_source(self, tmp_path: Path, source: Path) -> None:
        (tmp_path / "both").mkdir()
        with a_house(tmp_path / "both") as one, a_house(tmp_path / "both") as other:
            with ThreadPoolExecutor() as pool:
                receipts = list(
                    pool.map(lambda house: deposit(house, source, collection="herb"), [one, other])
                )
            assert receipts[0].package_id == receipts[1].package_id
            assert list(receipts[0].images) == list(receipts[1].images)
            assert len(one.catalogue.packages()) == 1
            assert verify(one).is_good

    def test_the_slower_one_finds_that_the_other_recorded_itself_meanwhile(
        self, house: House, source: Path
    ) -> None:
        """The slower looked into the catalogue before, and comes to the store after."""
        slow = house.at(FixedClock(datetime(2027, 1, 1, tzinfo=UTC)))

        class Overtaken(Wrapper):
            def put(self, key: str, data: Buffer) -> Written:
                if key.endswith("intent.json"):
                    deposit(house, source, collection="herb")
                return super().put(key, data)

        receipt = deposit(with_hot(slow, Overtaken(house.store("hot"))), source, collection="herb")
        assert not receipt.package_id.endswith("-v2")
        assert len(house.catalogue.packages()) == 1
        assert verify(house).is_good


class TestRefused:
    def nothing_is_left(self, house: House) -> None:
        assert keys_of(house.store("hot")) == []
        assert house.catalogue.packages() == []
        assert house.catalogue.events() == []

    def test_a_file_that_changes_while_it_is_read(
        self, house: House, source: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archive.stream, "CHUNK_BYTES", 512)
        monkeypatch.setattr(archive.sources.folder, "CHUNK_BYTES", 512)

        class Meddling(Wrapper):
            def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> Written:
                def meddle() -> Iterable[Buffer]:
                    for number, chunk in enumerate(chunks):
                        if number == 1:
                            with (source / "sheet-002.tif").open("ab") as file:
                                file.write(b"more")
                        yield chunk

                return super().put_stream(key, meddle(), size_bytes=size_bytes)

        with pytest.raises(BadInput, match=r"sheet-002\.tif changed while it was deposited"):
            deposit(with_hot(house, Meddling(house.store("hot"))), source, collection="herb")
        self.nothing_is_left(house)

    def test_a_file_that_can_no_longer_be_read(
        self, house: House, source: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = FolderSource.read

        def refuse(self: FolderSource, file: SourceFile) -> Iterator[bytes]:
            if file.path == "sheet-001.jpg":
                raise unreadable(file.path, "Permission denied")
            return read(self, file)

        monkeypatch.setattr(FolderSource, "read", refuse)
        with pytest.raises(BadInput, match=r"sheet-001\.jpg could not be read: Permission denied"):
            deposit(house, source, collection="herb")
        self.nothing_is_left(house)

    def test_a_full_store_is_left_as_it_was_and_goes_on_when_there_is_room(
        self, house: House, source: Path
    ) -> None:
        full = FaultyStore(house.store("hot"), scripted({("put_stream", 1): Fault.FULL}))
        with pytest.raises(StoreFull):
            deposit(with_hot(house, full), source, collection="herb")
        self.nothing_is_left(house)
        assert not deposit(house, source, collection="herb").already_held

    def test_a_key_that_may_only_put_is_told_what_went_wrong(self, house: House, source: Path) -> None:
        """And not that it may not take its intent back; that stays, and the next deposit takes it."""

        class PutsOnly(Wrapper):
            def delete(self, key: str, *, version: str) -> None:
                raise AccessDenied(f"{key} may not be removed.")

        full = FaultyStore(PutsOnly(house.store("hot")), scripted({("put_stream", 1): Fault.FULL}))
        with pytest.raises(StoreFull):
            deposit(with_hot(house, full), source, collection="herb")
        assert not deposit(house, source, collection="herb").already_held

    def test_a_store_that_keeps_other_bytes_is_never_believed(self, house: House, source: Path) -> None:
        twice = {("get_whole", number): Fault.FLIPPED_BIT for number in (1, 2)}
        lying = FaultyStore(house.store("hot"), scripted(twice))
        with pytest.raises(Corrupt, match="holds other bytes than were meant"):
            deposit(with_hot(house, lying), source, collection="herb")
        assert find(house) == []
        assert house.catalogue.copies() == []

    def test_a_source_that_has_to_do_with_a_store(self, house: House, tmp_path: Path) -> None:
        hot = object_file(house, "hot", "")
        for folder in (hot, hot.parent, tmp_path):
            with pytest.raises(BadInput, match="lie one inside the other"):
                deposit(house, folder, collection="herb")
        inside = hot / "inside"
        inside.mkdir()
        (tmp_path / "link").symlink_to(inside)
        with pytest.raises(BadInput, match="lie one inside the other"):
            deposit(house, tmp_path / "link", collection="herb")

    @pytest.mark.parametrize("collection", ["", "Herb", "a/b", "../x", "a" * 65])
    def test_a_collection_that_cannot_be_one(self, house: House, source: Path, collection: str) -> None:
        with pytest.raises(BadInput, match="cannot name a collection"):
            deposit(house, source, collection=collection)
        self.nothing_is_left(house)

    def test_an_intent_that_is_none(self, house: House, source: Path) -> None:
        receipt = deposit(house, source, collection="herb")
        key = f"packages/{receipt.package_id}-v2/intent.json"
        house.store("hot").put(key, b'{"format": 1}')
        damage(source / "records.csv", at=-2)
        with pytest.raises(Corrupt, match=r"intent\.json in hot is no intent of a deposit"):
            deposit(house, source, collection="herb")


def test_what_is_told_while_it_works_adds_up(house: House, source: Path) -> None:
    told: list[Happening] = []
    looked = "looking into the files"
    deposit(replace(house, observer=told.append), source, collection="herb")
    deposit(replace(house, observer=told.append), source, collection="herb")
    started = {item.job: item.total_bytes for item in told if isinstance(item, Started)}
    done = dict.fromkeys(started, 0)
    for item in told:
        if isinstance(item, Advanced):
            done[item.job] += item.size_bytes
    done[looked] //= 2
    surveyed = done.pop("looking what is there")
    assert (started.pop("looking what is there"), surveyed) == (None, 2 * done[looked])
    assert done == started
    assert {item.job for item in told if isinstance(item, Finished)} == {*started, "looking what is there"}
    assert len(started) == 5, "looking into; writing, reading back; then reading the source, and the copy"


def test_left_out_files_are_told_with_their_reasons(house: House, source: Path) -> None:
    (source / ".DS_Store").write_bytes(b"x")
    (source / "letter.jpg").write_text("Dear curator")
    (source / "link.jpg").symlink_to("sheet-001.jpg")
    receipt = deposit(house, source, collection="herb")
    assert {item.path for item in receipt.left_out} == {".DS_Store", "letter.jpg", "link.jpg"}
    assert len(receipt.images) == 3


def test_what_is_odd_about_accepted_files_is_told(house: House, source: Path) -> None:
    (source / "sheet-002.tif").rename(source / "sheet-002.png")
    receipt = deposit(house, source, collection="herb")
    assert [(item.path, item.what) for item in receipt.noticed] == [
        ("sheet-002.png", "it is named .png, and its bytes are image/tiff")
    ]
    assert receipt.missed == 0


def test_eight_pinned_insects(house: House) -> None:
    folder = shared_data("specimens", "nhm-pinned")
    receipt = deposit(house, folder, collection="nhmuk-pinned")
    assert len(receipt.images) == 8
    assert list(receipt.sidecars) == ["multiple.csv", "nhmuk-012539905.json"]

    def size(image: Image) -> tuple[int | None, int | None]:
        return image.width_px, image.height_px

    assert size(receipt.images[1]) == (2499, 1666)
    assert {image.sha256 for image in receipt.images} == {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.jp*g")
    }


def test_many_deposits_of_one_collection(house: House, tmp_path: Path) -> None:
    for number in range(3):
        write_pictures(tmp_path / f"day-{number}", 2, seed=number, name=f"day{number}")
        deposit(house, tmp_path / f"day-{number}", collection="herb")
    assert len(find(house, collection="herb")) == 6
    assert len(find(house, limit=4)) == 4
    assert verify(house).is_good
