"""How a command ends, and how its help says so."""

from __future__ import annotations

from holdings.errors import Unavailable

DONE = 0
NO = 1
BAD_INPUT = 2
UNREACHABLE = 3
INTERRUPTED = 4
UNEXPECTED = 70
"""EX_SOFTWARE of sysexits.h: a fault of Holdfast's own."""


def exit_status_section(*, done: str = "done", no: str) -> str:
    """The end of every `--help`.

    no : what status 1 means for this command.
    """
    lines = [
        "EXIT STATUS",
        f"  {DONE}   {done}",
        f"  {NO}   {no}",
        f"  {BAD_INPUT}   bad input: a file, a setting or an option breaks a rule",
        f"  {UNREACHABLE}   a store or the catalogue could not be reached",
        f"  {INTERRUPTED}   interrupted, but safe to run again",
        f"  {UNEXPECTED}  a fault of Holdfast's own; HOLDFAST_DEBUG=1 shows where",
    ]
    return "\b\n" + "\n".join(lines)


def unreachable_kinds() -> set[str]:
    """The kinds of error that mean: something could not be reached."""
    kinds, waiting = set(), [Unavailable]
    while waiting:
        known = waiting.pop()
        kinds.add(known.kind)
        waiting += known.__subclasses__()
    return kinds
