"""Bags to break: a valid one, small, and ways to serialise it."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from archive.validating import Report, Severity, validate

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD = {"data/a.tif": b"first\n", "data/drawer/b.tif": b"second\n"}


def escaped(path: str) -> str:
    return path.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def manifest(files: Mapping[str, bytes], algorithm: str) -> bytes:
    lines = (f"{hashlib.new(algorithm, data).hexdigest()}  {escaped(path)}\n" for path, data in files.items())
    return "".join(lines).encode("utf-8", "surrogateescape")


def bag_files(
    payload: Mapping[str, bytes] = PAYLOAD,
    *,
    algorithms: Sequence[str] = ("sha256", "sha512"),
    info: bytes | None = None,
    declaration: bytes = DECLARATION,
    changed: Mapping[str, bytes | None] | None = None,
) -> dict[str, bytes]:
    """A bag as path to bytes; its tag manifests vouch for what was `changed` as well.

    changed : replaces or (None) leaves out a file before the tag manifests are made.
    """
    oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}\n".encode()
    tags: dict[str, bytes] = {"bagit.txt": declaration, "bag-info.txt": oxum if info is None else info}
    tags |= {f"manifest-{algorithm}.txt": manifest(payload, algorithm) for algorithm in algorithms}
    files = {**payload, **tags}
    for path, data in (changed or {}).items():
        if data is None:
            files.pop(path, None)
        else:
            files[path] = data
    tags = {path: data for path, data in files.items() if not path.startswith(("data/", "tagmanifest-"))}
    made = {f"tagmanifest-{algorithm}.txt": manifest(tags, algorithm) for algorithm in algorithms}
    return {**made, **files}


def write_bag(folder: Path, files: Mapping[str, bytes]) -> Path:
    (folder / "data").mkdir(parents=True)
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def tar_bytes(files: Mapping[str, bytes], *, top: str = "bag/", mode: str = "w") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as opened:  # type: ignore[call-overload]  # the mode is a parameter
        for path, data in files.items():
            member = tarfile.TarInfo(top + path)
            member.size = len(data)
            opened.addfile(member, io.BytesIO(data))
    return target.getvalue()


def zip_bytes(files: Mapping[str, bytes], *, top: str = "bag/", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as opened:
        for path, data in files.items():
            opened.writestr(top + path, data)
    return target.getvalue()


def judged(path: Path) -> Report:
    return validate(path)


def errors(report: Report) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity is Severity.ERROR}


def warnings(report: Report) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity is Severity.WARNING}
