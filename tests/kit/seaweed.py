"""A real S3 server on this machine: SeaweedFS's `weed`, on loopback, with keys made up for the run."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.config
import botocore.session
import pytest

from holdings.settings.model import StoreSettings

REGION = "us-east-1"
_GRPC_ABOVE = 10_000
"""`weed` listens for its own kind that much above each port."""
_READY_SECONDS = 60.0
_STOP_SECONDS = 2.0
"""Its data is thrown away, and a clean end was seen to take over ten seconds."""


@dataclass(frozen=True, kw_only=True)
class Seaweed:
    """A running server: where it is and who may use it."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    folder: Path
    """What it keeps, and its log; removed when it stops."""
    ports: tuple[int, ...] = field(repr=False)
    processes: list[subprocess.Popen[bytes]] = field(repr=False)
    """The last one is the one that runs."""

    @property
    def pid(self) -> int:
        """The program's number; another one after each start."""
        return self.processes[-1].pid

    def stop(self) -> None:
        """As if somebody had pulled the plug; what it keeps stays."""
        _stop(self.processes[-1])

    def start(self) -> None:
        """Begin again where it was stopped: the same place, the same keys, nothing in memory."""
        self.processes.append(_start(self.folder, self.ports))
        _wait_until_ready(self, self.processes[-1])

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to be let in, and nobody's own AWS settings."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self) -> Any:
        """A plain botocore client with every right: for what tests do behind the store's back."""
        return botocore.session.Session().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=botocore.config.Config(
                s3={"addressing_style": "path"},
                connect_timeout=2,
                read_timeout=30,
                retries={"total_max_attempts": 1},
            ),
        )

    def make_bucket(self, name: str = "bucket", *, locks: bool = False) -> str:
        """A fresh bucket; returns its whole name.

        locks : with versions and Object Lock.
        """
        bucket = f"{name}-{secrets.token_hex(4)}"
        client = self.client()
        try:
            client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locks)
        finally:
            client.close()
        return bucket

    def spec(self, name: str, bucket: str, *, prefix: str = "") -> StoreSettings:
        """Settings of a store in `bucket`."""
        return StoreSettings(
            name=name,
            url=f"s3://{bucket}/{prefix}".rstrip("/"),
            tier="hot",
            domain="here",
            price_sheet="none",
            endpoint=self.endpoint,
            region=REGION,
        )


@pytest.fixture(scope="session")
def seaweed() -> Iterator[Seaweed]:
    """One server for the session; each worker of pytest-xdist starts its own."""
    with running_seaweed() as server:
        yield server


@contextmanager
def running_seaweed() -> Iterator[Seaweed]:
    """A server of one's own: may be called again while another runs."""
    folder = Path(tempfile.mkdtemp(prefix="weed-"))
    access_key, secret_key = secrets.token_hex(10), secrets.token_hex(20)
    _write_identities(folder / "identities.json", access_key, secret_key)
    ports = tuple(_free_ports(4))
    process = _start(folder, ports)
    server = Seaweed(
        endpoint=f"http://127.0.0.1:{ports[-1]}",
        access_key=access_key,
        secret_key=secret_key,
        folder=folder,
        ports=ports,
        processes=[process],
    )
    try:
        _wait_until_ready(server, process)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        for port in ports:  # `weed` leaves these behind, wherever TMPDIR points
            for left in Path("/tmp").glob(f"seaweedfs-*-{port + _GRPC_ABOVE}.sock"):
                left.unlink(missing_ok=True)


def _start(folder: Path, ports: tuple[int, ...]) -> subprocess.Popen[bytes]:
    (folder / "data").mkdir(exist_ok=True)
    master, volume, filer, s3 = ports
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [
                str(Path(sys.executable).with_name("weed")),
                "server",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                f"-dir={folder / 'data'}",
                f"-master.port={master}",
                f"-volume.port={volume}",
                f"-filer.port={filer}",
                f"-s3.port={s3}",
                "-s3",
                f"-s3.config={folder / 'identities.json'}",
                # Without these two a bucket can be lost by a slip (TIERING.md, section 3).
                "-s3.allowDeleteBucketNotEmpty=false",
                "-s3.autoCreateBucket=false",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                "-master.volumeSizeLimitMB=200",
                "-volume.max=0",
                f"-filer.localSocket={folder / 'filer.sock'}",
                f"-s3.localSocket={folder / 's3.sock'}",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder)},
            start_new_session=True,
        )


def _write_identities(path: Path, access_key: str, secret_key: str) -> None:
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    path.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")


def _free_ports(count: int) -> list[int]:
    """Ports that are free with the one `_GRPC_ABOVE` each; held together while we look."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            port = 12_000 + secrets.randbelow(_GRPC_ABOVE - 1)
            try:
                for each in (port, port + _GRPC_ABOVE):
                    listener = held.enter_context(socket.socket())
                    listener.bind(("127.0.0.1", each))
            except OSError:
                continue
            found.append(port)
    return found


def _wait_until_ready(server: Seaweed, process: subprocess.Popen[bytes]) -> None:
    """Until a bucket can be made and written to: the parts of `weed` start one after another."""
    until = time.monotonic() + _READY_SECONDS
    while True:
        try:
            bucket = server.make_bucket("ready")
            client = server.client()
            client.put_object(Bucket=bucket, Key="ready", Body=b"ready")
            client.close()
        except Exception as error:  # whatever it is, it is not ready yet
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("weed did not start: " + _log(server.folder)) from error
            time.sleep(0.2)
        else:
            return


def _log(folder: Path) -> str:
    return (folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:]


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
