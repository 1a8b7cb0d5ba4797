"""One tree of errors, grouped by what the person who meets one would do next.

Every error carries a lasting `kind` (for programs), one sentence (for people),
a `hint` that names the way out, and a `detail` for the log. "No" is a value and
is returned; these are for what is broken.
"""

from __future__ import annotations

from typing import ClassVar


class HoldfastError(Exception):
    """The root: anything Holdfast itself says went wrong."""

    kind: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1

    def __init__(self, sentence: str, *, hint: str | None = None, detail: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint
        """What to type or change; None where nothing better than the sentence is known."""
        self.detail = detail
        """The underlying message, for the log; never holds a secret."""

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword arguments are lost by Exception's own pickling, and Dask pickles errors.
        return (_rebuild, (type(self), self.sentence, self.hint, self.detail))


def _rebuild(kind: type[HoldfastError], sentence: str, hint: str | None, detail: str | None) -> HoldfastError:
    return kind(sentence, hint=hint, detail=detail)


class BadInput(HoldfastError):
    """What was handed in breaks a rule; the sentence names the file and the rule."""

    kind = "bad-input"
    exit_status = 2


class NotFound(HoldfastError):
    """What was asked for is known not to be there (never: "could not look")."""

    kind = "not-found"


class Withdrawn(NotFound):
    """It is held, and was withdrawn: not given out until that is undone."""

    kind = "withdrawn"


class Conflict(HoldfastError):
    """The world is not as the request supposes; nothing was changed."""

    kind = "conflict"


class AlreadyExists(Conflict):
    """A put met an object under that key; the object that was there is untouched."""

    kind = "already-exists"


class PlanRefused(Conflict):
    """A plan no longer fits the catalogue; it is refused, not adapted."""

    kind = "plan-refused"


class Corrupt(HoldfastError):
    """Bytes were read and are not the bytes that were recorded."""

    kind = "corrupt"


class SourceCorrupt(Corrupt):
    """The bytes that were to be written are not those that were recorded; nothing was written."""

    kind = "source-corrupt"


class Unavailable(HoldfastError):
    """A store or the catalogue could not be reached: nothing is known, nothing is lost."""

    kind = "unavailable"
    exit_status = 3


class Transient(Unavailable):
    """Unavailable for a reason that often passes by itself: worth another try."""

    kind = "transient"


class AccessDenied(Unavailable):
    """The store answered and will not let us in: wrong secret, missing right, missing bucket."""

    kind = "access-denied"


class StoreFull(Unavailable):
    """The store has no room; the put left nothing behind."""

    kind = "store-full"


class NotOnline(Unavailable):
    """The object sleeps in a cold class and must be warmed before it can be read."""

    kind = "not-online"


class CatalogueLost(Unavailable):
    """There is no catalogue, and the stores hold packages: it can be rebuilt, and until then says nothing."""

    kind = "catalogue-lost"


class CatalogueBusy(Unavailable):
    """Another command held the catalogue for longer than the time-out."""

    kind = "catalogue-busy"
