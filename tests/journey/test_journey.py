"""The whole way on real specimens, as a stranger would walk it, on folders and on S3."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journey.kills import Holdings
from tests.kit.houses import s3_stores, with_stores
from tests.kit.pictures import write_pictures
from tests.kit.seaweed import Seaweed
from tests.kit.shared import shared_data


@pytest.fixture
def holdings(request: pytest.FixtureRequest, tmp_path: Path) -> Holdings:
    """A new `holdfast init`, its stores two folders or two buckets."""
    folder = tmp_path / "house"
    folder.mkdir()
    if request.param == "folders":
        found = Holdings(folder)
        assert found.run("init").status == 0
        return found
    server: Seaweed = request.getfixturevalue("seaweed")
    found = Holdings(folder, env=server.environment)
    assert found.run("init").status == 0
    stores = s3_stores(server.endpoint, hot=server.make_bucket("hot"), cold=server.make_bucket("cold"))
    # The template's scenario is in euros; so are the prices of the local sheets.
    stores = stores.replace("s3-standard", "local-disk").replace("s3-deep-archive", "local-cold")
    settings = folder / "holdfast.toml"
    settings.write_text(with_stores(settings.read_text(), stores))
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def walk_the_whole_way(holdings: Holdings, source: Path, *, images: int) -> None:
    folder = holdings.folder
    deposited = holdings.run("deposit", source, "--collection", "nhmuk-pinned", "--json")
    assert deposited.status == 0, deposited.err
    assert len(deposited.json["images"]) == images
    package_id = deposited.json["package_id"]

    rows = holdings.run("find", "--json").json
    assert {row["image_id"] for row in rows} == {row["image_id"] for row in deposited.json["images"]}

    def every_image_comes_back() -> None:
        for row in rows:
            target = folder / "back.bin"
            target.unlink(missing_ok=True)
            got = holdings.run("get", row["image_id"], "-o", target)
            assert got.status == 0, got.err
            assert digest(target) == row["sha256"] == digest(source / row["path"])
            assert target.stat().st_size == row["bytes"]

    every_image_comes_back()
    assert holdings.run("tier", "plan", "--json").json["moves"] == []
    planned = holdings.run("tier", "plan", "--now", "+400d", "-o", "plan.json", "--json")
    assert planned.status == 0, planned.err
    assert [move["package_id"] for move in planned.json["moves"]] == [package_id]
    applied = holdings.run("tier", "apply", "plan.json", "--json")
    assert applied.status == 0, applied.err
    assert holdings.run("tier", "plan", "--now", "+400d", "--json").json["moves"] == []
    verified = holdings.run("verify", "--json")
    assert verified.status == 0, verified.err

    every_image_comes_back()
    exported = holdings.run("export", package_id, "exported")
    assert exported.status == 0, exported.err
    checked = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bagit", "--validate", str(folder / "exported")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr

    shutil.rmtree(folder / "catalogue")
    refused = holdings.run("find")
    assert refused.status != 0
    assert "rebuild" in refused.err
    rebuilt = holdings.run("catalogue", "rebuild")
    assert rebuilt.status == 0, rebuilt.err
    assert holdings.run("find", "--json").json == rows
    assert holdings.run("catalogue", "check").status == 0
    assert holdings.run("tier", "plan", "--now", "+400d", "--json").json["moves"] == []

    projected = holdings.run("capacity", "run", "scenario.toml", "--draws", "512", "-o", "projection.zarr")
    assert projected.status == 0, projected.err
    reported = holdings.run("report", "capacity", "projection.zarr", "-o", "report.html")
    assert reported.status == 0, reported.err
    page = (folder / "report.html").read_text()
    assert "<svg" in page
    assert "nhmuk-pinned" in page


@pytest.mark.parametrize("holdings", ["s3"], indirect=True)
def test_the_whole_way_with_small_pictures(holdings: Holdings, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    write_pictures(source, 3)
    walk_the_whole_way(holdings, source, images=3)


@pytest.mark.soak
@pytest.mark.parametrize("holdings", ["folders", "s3"], indirect=True)
def test_the_whole_way_with_pinned_insects(holdings: Holdings) -> None:
    walk_the_whole_way(holdings, shared_data("specimens", "nhm-pinned"), images=8)
