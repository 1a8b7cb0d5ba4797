"""kill -9 while a collection is built: nothing of it is seen before it is whole, and the command goes on."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from holdings.records import PackageKind
from tests.archive.collection.holding import pixels, write_tiff
from tests.journey.kills import Holdings
from tests.kit.houses import a_house

pytestmark = pytest.mark.soak

_SHEETS = 12


@pytest.mark.parametrize(
    "words", [(), ("--format", "tiledb"), ("--layout", "shards", "--access-copies"), ("--workers", "2")]
)
def test_a_killed_build_goes_on(words: Sequence[str], tmp_path: Path) -> None:
    holdings = Holdings(tmp_path)
    assert holdings.run("init").status == 0
    for number in range(_SHEETS):
        write_tiff(tmp_path / "sheets" / f"{number:02}.tif", pixels(1500, 1100, seed=number))
    assert holdings.run("deposit", "sheets", "-c", "sheets").status == 0
    build = ("collection", "build", "-c", "sheets", *words)
    chance = random.Random(len(words))
    killed = 0
    while (ran := holdings.kill(*build, after_seconds=60, once=_more_files(tmp_path, chance))).status < 0:
        killed += 1
        _seen_whole_or_not_at_all(tmp_path)
        assert holdings.run("verify").status == 0
        if killed == 15:  # enough
            ran = holdings.run(*build)
            break
    assert ran.status == 0, ran.err
    assert killed, "no kill met it at work"
    document = holdings.run(*build, "--json").json
    assert document["already_held"]
    assert holdings.run("verify").status == 0
    # A kill between the stores and the catalogue leaves history in a store, and its work was done again.
    findings = holdings.run("catalogue", "check", "--json").json["findings"]
    assert {finding["kind"] for finding in findings} <= {"unrecorded-history"}
    if findings:
        assert holdings.run("catalogue", "rebuild").status == 0
        assert holdings.run("catalogue", "check").status == 0
    assert holdings.run("collection", "rebuild", document["package_id"]).status == 0


def _more_files(folder: Path, chance: random.Random) -> Callable[[], bool]:
    """Tells whether so many more files lie in the store than now, half-written ones among them."""

    def files() -> int:
        return sum(len(names) for _, _, names in os.walk(folder / "stores" / "hot"))

    wanted = files() + chance.randint(1, 8)
    return lambda: files() >= wanted


def _seen_whole_or_not_at_all(folder: Path) -> None:
    """A kill may come when all is done but the last word: then it is there, and whole."""
    manifests = list(folder.glob("stores/hot/packages/sheets-*-*/manifest.json"))
    with a_house(folder) as house:
        kinds = [package.kind for package in house.catalogue.packages()]
    assert kinds.count(PackageKind.COLLECTION) <= len(manifests)
    for manifest in manifests:
        objects = json.loads(manifest.read_bytes())["objects"]
        assert len(objects) > _SHEETS
        for item in objects:
            assert (manifest.parent / item["key"]).stat().st_size == item["size_bytes"]
