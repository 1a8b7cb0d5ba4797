"""Every file of a source ends in the journal as accepted or as left out, because.

Names that a case-blind or Unicode-normalising system cannot hold together are found by the
journal's index of folded names, so that a million files take no memory.
"""

from __future__ import annotations

from collections.abc import Iterable

from archive.journal.journal import Journal
from archive.sources.interface import EMPTY_FOLDER, LeftOut, SourceFile
from archive.surveying.paths import because_of_name, parents, shown
from archive.validating.paths import fold
from holdings.observing import Advanced, Finished, Observer, Started, nobody

_JOB = "looking what is there"


def survey(entries: Iterable[SourceFile | LeftOut], journal: Journal, *, observer: Observer = nobody) -> None:
    """Bring the journal up to what the source holds now; what is unchanged keeps what is known of it.

    Raises BadInput where the source cannot be listed, or holds two files of one name.
    """
    observer(Started(job=_JOB, total_bytes=None))
    try:
        with journal.resurveying():
            for entry in entries:
                accepted = judged(entry)
                if isinstance(accepted, LeftOut):
                    journal.left_out.add(accepted)
                else:
                    journal.files.add(accepted, fold(accepted.path))
                    observer(Advanced(job=_JOB, size_bytes=accepted.size_bytes))
        with journal.writing():
            journal.left_out.forget_full_folders(EMPTY_FOLDER)
            _leave_out_collisions(journal)
    finally:
        observer(Finished(job=_JOB))


def judged(entry: SourceFile | LeftOut) -> SourceFile | LeftOut:
    """A file that may go into a bag, as it came; anything else with the reason."""
    if isinstance(entry, LeftOut):
        return LeftOut(path=shown(entry.path), because=entry.because)
    because = because_of_name(entry.path)
    if because is None and entry.size_bytes == 0:
        because = "it is empty"
    return LeftOut(path=shown(entry.path), because=because) if because else entry


def _leave_out_collisions(journal: Journal) -> None:
    """Keep the first of each; in order of the paths, so that the same source gives the same."""
    for path in journal.files.suspects():
        rival = journal.files.rival_of(path, fold(path), [fold(parent) for parent in parents(path)])
        if rival is not None:
            journal.files.collide(path, _because(path, rival))


def _because(path: str, rival: str) -> str:
    if path.startswith(f"{rival}/") or rival.startswith(f"{path}/"):
        return f"{rival} is there, too: one of them is a file and would have to be a folder as well"
    return f"its name differs from {rival} only in case or Unicode form"
