"""Connections to the server: opened when they are needed, kept while they are good, said in our words."""

from __future__ import annotations

import re
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import RawCursor, conninfo, sql

from holdings.catalogue.gate import Waiter
from holdings.catalogue.postgresql.telling import Address, refused, told
from holdings.errors import CatalogueBusy
from holdings.observing import Observer, nobody

Connection = psycopg.Connection[tuple[object, ...]]

_DEFAULTS: dict[str, str | int] = {
    "connect_timeout": 10,
    # A network that is gone is noticed within two minutes, also by a run that only waits.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "application_name": "holdfast",
}
_COMING = re.compile(
    r"starting up|shutting down|recovery|too many clients|connection slots|not yet accepting"
)
"""What a server says that will let us in by and by."""


class Sessions:
    """The connections of one process. Threads may share it; each has a connection of its own for a while."""

    def __init__(self, address: Address, *, wait_seconds: float, observer: Observer = nobody) -> None:
        self.address = address
        self._wait_seconds = wait_seconds
        self._observer = observer
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._has_met = False

    def waiter(self) -> Waiter:
        """The patience of one verb."""
        return Waiter(shown=self.address.shown, seconds=self._wait_seconds, observer=self._observer)

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """A connection for a while, in no transaction. Raises Unavailable."""
        with told(self.address):
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def close(self) -> None:
        """Hang up; whoever asks again is connected again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> Connection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._connect()
            if _is_good(connection):
                return connection
            connection.close()

    def _give_back(self, connection: Connection) -> None:
        if connection.closed or connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            connection.close()
            return
        with self._lock:
            self._idle.append(connection)

    def _connect(self) -> Connection:
        waiter = self.waiter()
        while True:
            try:
                connection = connect(self.address)
            except psycopg.Error as error:
                # A server that was there a moment ago is being started again: worth waiting for.
                if not self._has_met and not _COMING.search(str(error)):
                    raise refused(error, self.address) from None
                try:
                    waiter.wait()
                except CatalogueBusy:
                    raise refused(error, self.address) from None
            else:
                self._has_met = True
                return connection


def connect(address: Address) -> Connection:
    """A new connection that speaks of the tables of one schema. Raises psycopg.Error."""
    given = conninfo.conninfo_to_dict(address.url)
    connection: Connection = psycopg.connect(
        address.url,
        autocommit=True,
        cursor_factory=RawCursor,
        # A rebuild puts another schema in the place of the one that a statement was prepared for.
        prepare_threshold=None,
        client_encoding="utf8",
        **{name: value for name, value in _DEFAULTS.items() if name not in given},  # type: ignore[arg-type]
    )
    try:
        _settle(connection, address.schema)
    except BaseException:
        with suppress(psycopg.Error):
            connection.close()
        raise
    return connection


def _settle(connection: Connection, schema: str) -> None:
    settings = sql.SQL(
        "SET search_path TO {}; SET DateStyle TO 'ISO, YMD'; "
        # What is acknowledged is on the disk, whatever this server does for others.
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.execute(settings.format(sql.Identifier(schema)))


def _is_good(connection: Connection) -> bool:
    """Whether the server has said nothing since: the only thing that it says unasked is good-bye."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
