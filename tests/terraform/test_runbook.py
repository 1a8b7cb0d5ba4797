"""The runbook is done: its commands, word for word, against two real S3 servers."""

from __future__ import annotations

import os
import re
import shutil
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kit.houses import with_stores
from tests.kit.pictures import write_pictures
from tests.kit.seaweed import REGION, Seaweed, running_seaweed
from tests.terraform.kit import Terraform, terraform_or_skip
from tests.terraform.runbook import blocks, typed

_IMAGES = 24


def test_what_is_shown_to_be_typed_is_found() -> None:
    assert len(blocks("### On premises")) == len(blocks("## Adding a cold replica")) == 1
    assert [block.split()[0] for block in blocks("## Losing a site")] == [
        "holdfast",
        "for",
        "sed",
        "holdfast",
    ]


@pytest.mark.soak
def test_a_cold_replica_is_added(tmp_path: Path) -> None:
    terraform = Terraform(terraform_or_skip(), tmp_path)
    (block,) = blocks("## Adding a cold replica")
    said, _ = typed(block, folder=tmp_path, env=terraform.environment)
    assert said.count("The configuration is valid") == 2
    for root in ("irreplaceable", "disposable"):
        assert "cold_b = module.cold_b" in (terraform.modules / root / "stores.tf").read_text()


def stores(servers: dict[str, Seaweed]) -> str:
    return "\n".join(
        f"""[stores.{name}]
url = "s3://museum-{name}"
endpoint = "{server.endpoint}"
profile = "{name}"
tier = "{name}"
domain = "site-{name}"
price_sheet = "local-disk"
"""
        for name, server in servers.items()
    )


def write_keys(path: Path, servers: dict[str, Seaweed]) -> None:
    """The profiles of the stores' keepers, as each operator has them."""
    path.write_text(
        "\n".join(
            f"""[{name}]
aws_access_key_id = {server.access_key}
aws_secret_access_key = {server.secret_key}
"""
            for name, server in servers.items()
        )
    )


def lose(server: Seaweed) -> None:
    """The site burns down: the server stops at once, and nothing of what it kept is left."""
    os.killpg(server.pid, signal.SIGKILL)
    shutil.rmtree(server.folder / "data", ignore_errors=True)


def held(server: Seaweed, bucket: str) -> dict[str, bytes]:
    """Every object of every package, read behind the store's back."""
    client = server.client()
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="packages/")
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


@pytest.mark.soak
def test_a_site_is_lost(tmp_path: Path) -> None:
    terraform = Terraform(terraform_or_skip(), tmp_path)
    env = {
        **terraform.environment,
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "keys"),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with ExitStack() as sites:
        servers = {name: sites.enter_context(running_seaweed()) for name in ("hot", "cold")}
        write_keys(tmp_path / "keys", servers)

        # First set-up, a deposit, and a second copy of everything.
        typed("holdfast init", folder=tmp_path, env=env)
        settings = tmp_path / "holdfast.toml"
        text = with_stores(settings.read_text(), stores(servers))
        settings.write_text(text.replace('bag_bytes = "1 GB"', 'bag_bytes = "20 MB"'))
        policy = tmp_path / "policy.toml"
        policy.write_text(policy.read_text().replace("age_days >= 365", "age_days >= 0"))
        typed(
            "holdfast capacity run scenario.toml -o projection.zarr --draws 64\n"
            "holdfast terraform vars projection.zarr",
            folder=tmp_path,
            env=env,
        )
        (on_premise,) = blocks("### On premises")
        for store in servers:
            said, _ = typed(on_premise, folder=tmp_path, env={**env, "STORE": store})
            assert f"s3.bucket.quota -name=museum-{store} -op=set" in said
        write_pictures(tmp_path / "photos", _IMAGES, size=(1800, 1200))
        typed(
            "holdfast deposit photos -c sheets\n"
            "holdfast tier plan -o first.json\n"
            "holdfast tier apply first.json",
            folder=tmp_path,
            env=env,
        )
        before = held(servers["hot"], "museum-hot")
        assert len(before) >= 12

        lose(servers["hot"])
        shutil.rmtree(tmp_path / "catalogue")  # it was there, too

        new = sites.enter_context(running_seaweed())
        drill = {**env, "STORE": "hot", "OLD": servers["hot"].endpoint, "NEW": new.endpoint}
        write_keys(tmp_path / "keys", {"hot": new, "cold": servers["cold"]})
        rebuilt, read_again, made, mended = blocks("## Losing a site")
        took = [typed(rebuilt, folder=tmp_path, env=drill)[1]]
        took.append(typed(read_again, folder=tmp_path, env=drill)[1])
        # People read while the site is still gone.
        found, _ = typed("holdfast find", folder=tmp_path, env=env)
        assert len(found.splitlines()) == _IMAGES
        image, name = found.split()[0], found.splitlines()[0].split()[-1]
        typed(f"holdfast get {image} -o back.bin", folder=tmp_path, env=env)
        assert (tmp_path / "back.bin").read_bytes() == (tmp_path / "photos" / name).read_bytes()
        took.append(typed(made, folder=tmp_path, env=drill)[1])
        said, seconds = typed(mended, folder=tmp_path, env=drill)
        took.append(seconds)

        assert held(new, "museum-hot") == before, "the new site holds every byte that the old one held"
        assert re.search(r"^0 packages of \d+ below the policy\.$", said, flags=re.MULTILINE)
        assert said.count("is mended from cold, and read back") == len(before) // 4
        assert said.rstrip().endswith("all good.")
        size = sum(map(len, before.values()))
        print(
            f"{_IMAGES} images, {len(before) // 4} packages, {size / 1e6:.0f} MB: catalogue {took[0]:.0f} s, "
            f"what is left read {took[1]:.0f} s, bucket made and probed {took[2]:.0f} s, "
            f"mended and all read {took[3]:.0f} s."
        )
