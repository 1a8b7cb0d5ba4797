"""Whatever a command may raise, as one sentence, a way out and an exit status."""

from __future__ import annotations

from typing import Any

from holdings.errors import HoldfastError
from service.cli.statuses import BAD_INPUT, INTERRUPTED, UNEXPECTED


class CannotUseFile(HoldfastError):
    """The machine will not open, write or make a file that the command needs."""

    kind = "file"
    exit_status = BAD_INPUT


class Usage(HoldfastError):
    """A command line that is none of ours."""

    kind = "usage"
    exit_status = BAD_INPUT


class Fault(HoldfastError):
    """Something that should not happen; not the caller's doing."""

    kind = "fault"
    exit_status = UNEXPECTED


class Interrupted(HoldfastError):
    """Ctrl-C or SIGTERM."""

    kind = "interrupted"
    exit_status = INTERRUPTED

    def __init__(self) -> None:
        super().__init__("Interrupted; safe to run again.")


def as_ours(error: BaseException) -> HoldfastError:
    """`error` as one of our tree."""
    from typer import TyperException

    match error:
        case HoldfastError():
            return error
        case TyperException():
            return _usage(error)
        case OSError(filename=str() | bytes() as filename) if error.strerror:
            return CannotUseFile(f"{_name(filename)}: {error.strerror}.")
        case _:
            return Fault(
                f"Holdfast met what it does not expect: {type(error).__name__}: {error}",
                hint="HOLDFAST_DEBUG=1 shows where; please report it with that text.",
            )


def _usage(error: Any) -> Usage:
    # What typer raises without a context (an unreadable file, say) belongs to no sub-command.
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "holdfast"
    return Usage(error.format_message().strip(), hint=f"{path} --help")


def _name(filename: str | bytes) -> str:
    return filename if isinstance(filename, str) else filename.decode(errors="replace")
