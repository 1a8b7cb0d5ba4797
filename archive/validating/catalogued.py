"""From the members of an archive to the contents of a bag: one top folder, no name twice, none outside."""

from __future__ import annotations

from archive.validating.interface import SERIALISED, Contents, error, printable
from archive.validating.paths import why_outside

_FIRST_TOLD = 100
"""Of findings that a million members would each repeat."""


class Catalogue:
    """Takes the members of an archive one by one and sorts them into `Contents`."""

    def __init__(self, *, flat: bool = False) -> None:
        """flat: it is known that the files of the bag lie in no top folder."""
        self.contents = Contents()
        self._top: str | None = "" if flat else None
        self._declared_beside = False
        self._told: dict[str, int] = {}
        self._folders: set[str] = set()

    @property
    def lies_flat(self) -> bool:
        """Once every member was taken: the first folder was one of the bag's own (`./data/`), and not the
        top one. They were sorted as if it were: to be taken again, by one who knows that they lie flat."""
        return self._declared_beside and "bagit.txt" not in self.contents

    def take_folder(self, name: str) -> None:
        """A folder; it counts for the top folder and for `data/`."""
        path = self._inside(name.rstrip("/"), folder=True)
        if path:
            self._folders.add(path)
        if path is not None and (path == "data" or path.startswith("data/")):
            self.contents.has_payload_folder = True

    def take_strange(self, name: str, kind: str) -> None:
        """A link, a device: told, never followed."""
        path = self._inside(name)
        self.tell(
            "not-a-file",
            "5.1",
            f"{printable(name)} is {kind}, not a file; it was not followed.",
            path or name,
        )
        if path is not None:
            self.contents.strange.add(path)

    def take_file(self, name: str, size_bytes: int) -> str | None:
        """A file; gives its path in the bag, or None where it has none and must not be read."""
        path = self._inside(name)
        if path is None:
            return None
        if path in self.contents:
            sentence = (
                f"{printable(name)} is in the archive more than once: which one a reader gets is chance."
            )
            self.tell("member-twice", SERIALISED, sentence, path)
            return None
        self.contents.add(path, size_bytes)
        self.contents.has_payload_folder |= path.startswith("data/")
        return path

    def tell(self, code: str, section: str, sentence: str, path: str | None = None) -> None:
        """One more finding, unless there are enough of its kind."""
        count = self._told[code] = self._told.get(code, 0) + 1
        if count <= _FIRST_TOLD:
            self.contents.findings.append(error(code, section, sentence, path))

    def finish(self) -> Contents:
        """The contents, once every member was taken."""
        for path in sorted(path for path in self._folders if path in self.contents):
            sentence = f"{printable(path)} is a file in the archive, and a folder as well."
            self.tell("member-twice", SERIALISED, sentence, path)
        for code, count in self._told.items():
            if count > _FIRST_TOLD:
                more = f"and {count - _FIRST_TOLD} more of {code}."
                self.contents.findings.append(error(code, SERIALISED, more))
        return self.contents

    def _inside(self, name: str, *, folder: bool = False) -> str | None:
        relative = name
        while relative.startswith("./"):
            relative = relative[2:]
        if folder and relative in ("", "."):
            return None
        why = why_outside(relative)
        if why is not None:
            self.tell("member-outside", "5.1", f"{printable(name)} {why}; it was not read.", name)
            return None
        top, slash, path = relative.partition("/")
        if self._top is None:
            self._top = top if slash or folder else ""
        if self._top == "":
            return self._flat(relative)
        if top != self._top or not (slash or folder):
            self._declared_beside |= relative == "bagit.txt"
            sentence = (
                f"{printable(name)} lies beside the bag's folder {printable(self._top)} in the archive."
            )
            self.tell("archive-top-folder", SERIALISED, sentence, name)
            return None
        return path

    def _flat(self, relative: str) -> str:
        if "archive-top-folder" not in self._told:
            sentence = (
                "The members of the archive lie in no top folder, where one base folder has to hold the bag: "
                "archive that folder from outside, as in `tar cf FOLDER.tar FOLDER`."
            )
            self.tell("archive-top-folder", SERIALISED, sentence)
        return relative
