"""What PostgreSQL and psycopg say, in our words; nothing secret is ever among them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import errors

from holdings.catalogue.connecting import REBUILD_HINT
from holdings.errors import AccessDenied, BadInput, CatalogueBusy, HoldfastError, Transient, Unavailable

_WHO_HINT = (
    "The password comes from PGPASSWORD, PGPASSFILE (~/.pgpass) or a service file; "
    "what a user may do is for whoever runs the database to say."
)
_NOT_LET_IN = re.compile(
    r"authentication|no password supplied|pg_hba|permission denied|role .* (does not|is not)"
)
_NO_SAYINGS = ("LINE ", "HINT:", "DETAIL:", "CONTEXT:", "^", "- ")
_WHERE_HINT = "Is the server running, and is url under [catalogue] right?"
_LOST_HINT = "Run it again: what was recorded is recorded once, and what was not is done then."


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where the catalogue is."""

    url: str
    """Without a password; the settings see to that."""
    schema: str

    @property
    def shown(self) -> str:
        """As sentences name it."""
        return f"{self.url} (schema {self.schema})"


@contextmanager
def told(address: Address) -> Iterator[None]:
    """psycopg's errors as ours. Those that are our own mistakes pass through."""
    try:
        yield
    except psycopg.Error as error:
        raise (_translated(error, address) or error) from None
    except UnicodeEncodeError:
        raise BadInput("A text with bytes that are no Unicode cannot be looked up.") from None


def refused(error: psycopg.Error, address: Address) -> HoldfastError:
    """That there is no connection, and why."""
    reason = _reason(error)
    kind = AccessDenied if _NOT_LET_IN.search(reason) else Unavailable
    hint = _WHO_HINT if kind is AccessDenied else _WHERE_HINT
    sentence = f"The catalogue {address.shown} cannot be reached: {reason}."
    return kind(sentence, hint=hint, detail=_clean(error))


def no_catalogue(address: Address) -> BadInput:
    """That the schema is not there, or holds nothing of ours."""
    return BadInput(f"There is no catalogue {address.shown}.", hint=REBUILD_HINT)


_SAYINGS: tuple[tuple[tuple[type[psycopg.Error], ...], type[HoldfastError], str, str | None], ...] = (
    (
        (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction),
        AccessDenied,
        "does not let us do that",
        _WHO_HINT,
    ),
    ((errors.LockNotAvailable, errors.QueryCanceled), CatalogueBusy, "did not answer in time", None),
    (
        (errors.SerializationFailure, errors.DeadlockDetected),
        Transient,
        "is in use by others",
        _LOST_HINT,
    ),
    ((errors.DiskFull, errors.OutOfMemory, errors.TooManyConnections), Unavailable, "has no room", None),
    ((psycopg.DataError,), BadInput, "cannot hold such a text", None),
    (
        (psycopg.OperationalError, psycopg.InterfaceError),
        Unavailable,
        "could not be asked to the end, the connection was lost",
        _LOST_HINT,
    ),
)
"""Which errors are told how; the first that fits."""


def _translated(error: psycopg.Error, address: Address) -> HoldfastError | None:
    if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName):
        return no_catalogue(address)
    for kinds, ours, says, hint in _SAYINGS:
        if isinstance(error, kinds):
            sentence = f"The catalogue {address.shown} {says}: {_reason(error)}."
            return ours(sentence, hint=hint, detail=_clean(error))
    return None


def _reason(error: psycopg.Error) -> str:
    """The last line that says something: libpq tells of each address that it tried."""
    lines = [line.strip() for line in _clean(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(_NO_SAYINGS)]
    text = next((line for line in told if "FATAL:" in line), (told or lines or ["nothing was said"])[0])
    return text.rpartition("FATAL:")[2].strip().rstrip(".") or "nothing was said"


def _clean(error: psycopg.Error) -> str:
    """Its text; libpq tells no passwords, and this makes sure of it."""
    text, secret = str(error), os.environ.get("PGPASSWORD")
    return text.replace(secret, "***") if secret else text
