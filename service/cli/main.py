"""The entry point: runs a command and ends with a status that a script can rely on."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from holdings.errors import HoldfastError
from service.cli.answering import complain
from service.cli.signals import Signals, disregard_signals
from service.cli.statuses import DONE, INTERRUPTED
from service.cli.troubles import Interrupted, as_ours


def main() -> NoReturn:
    """Run `holdfast` with this process's arguments and end the process."""
    # To look for garbage again and again while modules load takes a tenth of a start, and finds none.
    gc.set_threshold(50_000)
    status = run(sys.argv[1:])
    disregard_signals()
    sys.exit(status)


def run(words: Sequence[str]) -> int:
    """Run the command that `words` name and give back its exit status. Never raises."""
    with Signals() as signals:
        try:
            status = _attempt(words)
            sys.stdout.flush()
        except BaseException as error:  # the end of the line: whatever comes is explained
            if _reader_is_gone(error):
                return _end_without_reader()
            # An interrupt may arrive wrapped into some library's own error: the signal decides.
            return _explain(error, words, interrupted=signals.came)
        # typer turns an interrupt into a status of its own.
        return _explain(KeyboardInterrupt(), words, interrupted=True) if signals.came else status


def _attempt(words: Sequence[str]) -> int:
    import typer.main

    from service.cli.app import command_line

    command = typer.main.get_command(command_line(words))
    status = command.main(args=list(words), prog_name="holdfast", standalone_mode=False)
    return status if isinstance(status, int) else DONE


def _explain(error: BaseException, words: Sequence[str], *, interrupted: bool) -> int:
    if "--debug" in words or os.environ.get("HOLDFAST_DEBUG"):
        import traceback

        traceback.print_exception(error)
    ours: HoldfastError = Interrupted() if interrupted else as_ours(error)
    try:
        complain(ours, as_json="--json" in words)
    except BrokenPipeError:
        return _end_without_reader()
    return ours.exit_status


def _reader_is_gone(error: BaseException) -> bool:
    """Whether stdout leads nowhere any more: `holdfast find | head` (typer makes it a SystemExit)."""
    return isinstance(error, BrokenPipeError) or (
        isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError)
    )


def _end_without_reader() -> int:
    # Python flushes stdout once more on its way out; that, too, has to lead somewhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return INTERRUPTED
