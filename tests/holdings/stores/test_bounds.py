"""Memory stays bounded, however large the object."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from holdings.stores.local import LocalStore
from tests.kit.seaweed import Seaweed

ROOT = Path(__file__).resolve().parents[3]
MIB = 1 << 20
MORE_THAN_FIVE_GIB = 5 * 1024 + 1


def measured(env: dict[str, str], *, mib: int) -> dict[str, float]:
    """What a process of its own took to write and read back one object."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.holdings.stores.writing", "once", str(mib)],
        env={**os.environ, **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout)
    return found


def on_s3(seaweed: Seaweed, **more: str) -> dict[str, str]:
    bucket = seaweed.make_bucket("bounds")
    url = {"STORE_URL": f"s3://{bucket}/kept", "STORE_ENDPOINT": seaweed.endpoint}
    return {**seaweed.environment, **url, **more}


def in_folder(folder: Path) -> dict[str, str]:
    LocalStore.create("hot", folder)
    return {"STORE_FOLDER": str(folder)}


def test_a_folder_takes_a_stream_in_little_memory(tmp_path: Path) -> None:
    assert measured(in_folder(tmp_path / "hot"), mib=64)["peak_bytes"] < 12 * MIB


def test_s3_takes_a_stream_in_a_few_parts_of_memory(seaweed: Seaweed) -> None:
    """Four parts of 5 MiB under way and one that is filled, and what the client holds of them."""
    assert measured(on_s3(seaweed, STORE_PART_BYTES=str(5 * MIB)), mib=64)["peak_bytes"] < 44 * MIB


@pytest.mark.soak
@pytest.mark.parametrize("where", ["folder", "s3"])
def test_more_than_five_gib(where: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """More than one request of S3 may carry."""
    if shutil.disk_usage(tmp_path).free < 16 * 1024 * MIB:
        pytest.skip("needs 16 GiB of free disk")
    env = in_folder(tmp_path / "hot") if where == "folder" else on_s3(request.getfixturevalue("seaweed"))
    assert measured(env, mib=MORE_THAN_FIVE_GIB)["peak_bytes"] < 140 * MIB
