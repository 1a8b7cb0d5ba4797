"""Tricks beside the plain musts: spellings, encodings and headers that are read in two ways."""

from __future__ import annotations

import hashlib
import io
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from archive.validating import Report, manifests, validate, validating
from archive.validating.algorithms import hasher, normalised
from archive.validating.checks import bag_info
from archive.validating.interface import printable
from archive.validating.paths import look_over
from tests.archive.validating.bags import (
    DECLARATION,
    PAYLOAD,
    bag_files,
    errors,
    manifest,
    tar_bytes,
    warnings,
    write_bag,
)
from tests.archive.validating.test_archives import member, with_member

A, B = PAYLOAD
OXUM = b"Payload-Oxum: 13.2\n"
BOTH = manifest(PAYLOAD, "sha256")
FIRST, SECOND = BOTH.splitlines(keepends=True)


def of_sha256(data: bytes, *, declaration: bytes = DECLARATION) -> dict[str, bytes]:
    return bag_files(algorithms=("sha256",), declaration=declaration, changed={"manifest-sha256.txt": data})


def judged(tmp_path: Path, files: dict[str, bytes]) -> Report:
    return validate(write_bag(tmp_path / "bag", files))


ACCEPTED = {
    "upper_case_digits": FIRST[:64].upper() + FIRST[64:] + SECOND,
    "one_blank": BOTH.replace(b"  ", b" "),
    "tabs": BOTH.replace(b"  ", b"\t"),
    "many_blanks": BOTH.replace(b"  ", b" \t \t"),
    "other_order": SECOND + FIRST,
    "crlf": BOTH.replace(b"\n", b"\r\n"),
    "cr": BOTH.replace(b"\n", b"\r"),
    "dot_slash": BOTH.replace(b"  data", b"  ./data"),
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_what_a_manifest_may_look_like(tmp_path: Path, text: bytes) -> None:
    assert judged(tmp_path, of_sha256(text)).valid


REFUSED = {
    "byte_order_mark": (b"\xef\xbb\xbf" + BOTH, "byte-order-mark"),
    "last_line_without_an_end": (BOTH.rstrip(b"\n"), "line-end-missing"),
    "empty": (b"", "file-unlisted"),
    "two_lines_in_one": (FIRST.rstrip(b"\n") + b"  " + SECOND, "file-missing"),
    "cut_between_two_lines": (
        FIRST.rstrip(b"\n") + b"  " + SECOND[:64] + b"\n" + SECOND[66:],
        "manifest-line",
    ),
    "checksum_behind_the_path": (f"{A}  ".encode() + FIRST[:64] + b"\n" + SECOND, "manifest-line"),
    "percent_encoded_dots": (BOTH + FIRST.replace(b"data", b"data/%2e%2e"), "path-encoding"),
    "percent_encoded_slash": (FIRST.replace(b"/", b"%2F") + SECOND, "manifest-not-payload"),
    "line_end_encoded_twice": (BOTH + FIRST.replace(b"a.tif", b"%250A"), "file-missing"),
    "data_in_capitals": (BOTH.replace(b"data/", b"DATA/"), "manifest-not-payload"),
    "data_itself": (BOTH + FIRST.replace(A.encode(), b"data"), "manifest-not-payload"),
    "data_as_a_beginning": (BOTH + FIRST.replace(b"data/", b"database/"), "manifest-not-payload"),
    "backslashes": (BOTH.replace(b"data/a", b"data\\a"), "manifest-not-payload"),
    "out_and_in_again": (BOTH + FIRST.replace(b"data/", b"data/../data/"), "path-outside"),
    "variable_after_decoding": (BOTH + FIRST.replace(b"data/", b"%25TEMP%25/"), "path-outside"),
    "no_break_space": (BOTH.replace(b"  ", "\u00a0 ".encode()), "manifest-line"),
    "comment": (b"# made by hand\n" + BOTH, "manifest-line"),
    "bsd_style": (f"SHA256 ({A}) = ".encode() + FIRST[:64] + b"\n" + SECOND, "manifest-line"),
    "same_file_by_dot_slash": (BOTH + FIRST.replace(b"data", b"./data"), "manifest-duplicate"),
    "fullwidth_digits": ("\uff10".encode() * 64 + b"  data/a.tif\n" + SECOND, "manifest-line"),
}


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_what_a_manifest_must_not_look_like(tmp_path: Path, text: bytes, code: str) -> None:
    assert code in errors(judged(tmp_path, of_sha256(text)))


@pytest.mark.parametrize(
    "version", [b"1.00", b"01.0", b"1.0.0", b"0.98", b"2.0", b"0.9", b"1.1", b"-1.0", b""]
)
def test_versions_that_there_never_were(tmp_path: Path, version: bytes) -> None:
    report = judged(tmp_path, bag_files(declaration=DECLARATION.replace(b"1.0", version)))
    assert errors(report) & {"version-unknown", "declaration-line"}


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "charmap", "unicode_escape", "rot13", "base64", "\x00", "UTF-8; x"]
)
def test_encodings_that_are_none(tmp_path: Path, encoding: str) -> None:
    report = judged(tmp_path, bag_files(declaration=DECLARATION.replace(b"UTF-8", encoding.encode())))
    assert errors(report) & {"encoding-unknown", "declaration-line"}


def test_half_a_character_spelled_in_utf7_is_a_finding(tmp_path: Path) -> None:
    text = BOTH + FIRST.replace(b"a.tif", b"+2AA-")
    report = judged(tmp_path, of_sha256(text, declaration=DECLARATION.replace(b"UTF-8", b"UTF-7")))
    assert not report.valid
    assert all(finding.sentence.encode() for finding in report.findings)
    assert printable("\ud800") == "\\ud800"


@pytest.mark.parametrize("name", ["bag-info.txt", "fetch.txt"])
@pytest.mark.parametrize(
    ("change", "code"),
    [(lambda data: b"\xef\xbb\xbf" + data, "byte-order-mark"), (bytes.rstrip, "line-end-missing")],
)
def test_the_text_of_other_tag_files(tmp_path: Path, name: str, change: object, code: str) -> None:
    text = {"bag-info.txt": OXUM, "fetch.txt": b"https://x.org/a 6 data/a.tif\n"}[name]
    assert callable(change)
    assert code in errors(judged(tmp_path, bag_files(changed={name: change(text)})))
    draft = bag_files(declaration=DECLARATION.replace(b"1.0", b"0.97"), changed={name: change(text)})
    assert errors(validate(write_bag(tmp_path / "draft", draft))) == set()


def test_values_go_on_over_many_lines_in_their_order(tmp_path: Path) -> None:
    folded = b"Note: one\n two\n\tthree\nNote: four\n" + b"X: y\n" + b" z\n" * 200_000 + OXUM
    began = time.process_time()
    assert judged(tmp_path, bag_files(info=folded)).valid
    assert time.process_time() - began < 20  # quadratic, it would take minutes


def test_a_million_findings_of_a_kind_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validating, "MOST_OF_A_KIND", 5)
    report = judged(tmp_path, bag_files(info=OXUM + b"no element\n" * 1000))
    told = [finding for finding in report.findings if finding.code == "bag-info-line"]
    assert len(told) == 6
    assert told[-1].sentence == "And 995 more of bag-info-line."


def test_every_algorithm_that_is_offered_can_be_computed() -> None:
    for name in map(normalised, hashlib.algorithms_available):
        new = hasher(name)
        if new is not None:
            assert new(b"").digest()


def test_names_that_collide_far_from_each_other(tmp_path: Path) -> None:
    payload = {"data/a/x": b"1", "data/m/y": b"2", "data/A/X": b"3"}
    assert errors(judged(tmp_path, bag_files(payload))) == {"name-case"}
    beside = bag_files({"data/x": b"1"}, changed={"DATA/x": b"2"})
    assert "name-case" in errors(validate(write_bag(tmp_path / "other", beside)))


def test_names_are_looked_over_together_as_one_by_one() -> None:
    assert look_over(["data/B", "data/a"]) == (False, ["data/b", "data/a"])
    for odd in (
        "data/con",
        "data/COM1.txt",
        "data/a.",
        "data/a /b",
        "data/a\tb",
        "data/._x",
        "data/x/Thumbs.db",
    ):
        assert look_over(["data/plain", odd])[0], odd


def test_a_folder_with_a_size_in_a_tar(tmp_path: Path) -> None:
    data = with_member(member("bag/data/d/", b"x" * 512, type=tarfile.DIRTYPE))
    (tmp_path / "bag.tar").write_bytes(data)
    assert "tar-header-lies" in errors(validate(tmp_path / "bag.tar"))


@pytest.mark.parametrize(
    "size", [b"\xff" * 11 + b"\x00", b"-1\0", b"+1\0", b"0_1\0", b"0 1\0", b"0x1\0", b"1\n0\0", b"18\0"]
)
def test_a_size_in_a_tar_that_is_no_number(tmp_path: Path, size: bytes) -> None:
    block = bytearray(member("bag/data/x", b""))
    block[124:136] = size.ljust(12, b"\0")
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block[:512])
    (tmp_path / "bag.tar").write_bytes(with_member(bytes(block)))
    assert "tar-header" in errors(validate(tmp_path / "bag.tar"))


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_foreign_names_in_a_tar(tmp_path: Path, form: int) -> None:
    files = bag_files({f"data/{'long/' * 40}x.tif": b"1", "data/Ñandú.tif": b"2"})
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as opened:
        for path, data in files.items():
            info = tarfile.TarInfo("bag/" + path)
            info.size = len(data)
            opened.addfile(info, io.BytesIO(data))
    (tmp_path / "bag.tar").write_bytes(target.getvalue())
    assert validate(tmp_path / "bag.tar").valid


def test_a_name_for_all_members_in_a_tar(tmp_path: Path) -> None:
    common = tarfile.TarInfo.create_pax_global_header({"path": "bag/data/a.tif"})
    (tmp_path / "bag.tar").write_bytes(common + tar_bytes(bag_files()))
    assert "member-twice" in errors(validate(tmp_path / "bag.tar"))


def zipped(tmp_path: Path, *, extra: bytes = b"", comment: bytes = b"") -> Path:
    target = tmp_path / "bag.zip"
    with zipfile.ZipFile(target, "w") as opened:
        for path, data in bag_files().items():
            info = zipfile.ZipInfo("bag/" + path)
            info.extra = extra if path == A else b""
            opened.writestr(info, data)
        opened.comment = comment
    return target


def test_a_second_name_in_a_zip(tmp_path: Path) -> None:
    name = b"bag/data/b.tif"
    field = struct.pack("<2HBI", 0x7075, 5 + len(name), 1, zlib.crc32(b"bag/" + A.encode())) + name
    assert "zip-header-lies" in errors(validate(zipped(tmp_path, extra=field)))
    assert validate(zipped(tmp_path, comment=b"a comment")).valid


def test_another_size_in_the_local_header_of_a_zip(tmp_path: Path) -> None:
    path = zipped(tmp_path)
    data = bytearray(path.read_bytes())
    at = data.index(b"bag/" + A.encode()) - 30
    data[at + 22 : at + 26] = struct.pack("<I", 7)
    path.write_bytes(data)
    assert "zip-header-lies" in errors(validate(path))


def test_drafts_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    declaration = DECLARATION.replace(b"1.0", b"0.97")
    report = judged(tmp_path, of_sha256(b"\xef\xbb\xbf" + BOTH, declaration=declaration))
    assert report.valid
    assert "byte-order-mark" in warnings(report)


EVEN = {f"data/{number:03d}.tif": str(number).encode() for number in range(300)}
UNEVEN = {
    "as_it_is": (lambda text: text, set()),
    "one_wrong_digit": (lambda text: text[:-79] + b"z" + text[-78:], {"manifest-line", "file-unlisted"}),
    "two_lines_changed_places": (lambda text: text[79:158] + text[:79] + text[158:], set()),
    "a_line_twice": (lambda text: text + text[:79], {"manifest-duplicate"}),
    "all_lines_twice": (lambda text: text * 2, {"manifest-duplicate"}),
    "a_line_missing": (lambda text: text[79:], {"file-unlisted"}),
    "a_tab": (lambda text: text.replace(b"  ", b" \t", 1), set()),
    "an_asterisk": (lambda text: text.replace(b"  ", b" *", 1), {"manifest-asterisk"}),
    "a_name_too_many": (lambda text: text[:-8] + b"x.tif\r\n", {"file-missing", "file-unlisted"}),
}


@pytest.mark.parametrize("many", [0, 10**9], ids=["as_tables", "line_by_line"])
@pytest.mark.parametrize(("change", "codes"), UNEVEN.values(), ids=UNEVEN)
def test_many_lines_are_judged_as_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: object, codes: set[str], many: int
) -> None:
    assert callable(change)
    monkeypatch.setattr(manifests, "MANY_FILES", many)
    changed = {"manifest-sha256.txt": change(manifest(EVEN, "sha256"))}
    files = bag_files(EVEN, algorithms=("sha256",), info=b"X: y\n", changed=changed)
    assert errors(judged(tmp_path, files)) == codes


@pytest.mark.parametrize(("declared", "codec"), [("UTF-16", "utf-16-be"), ("UTF-32", "utf-32-be")])
def test_wide_text_without_a_mark_is_big_endian(tmp_path: Path, declared: str, codec: str) -> None:
    files = bag_files(
        algorithms=("sha256",),
        declaration=DECLARATION.replace(b"UTF-8", declared.encode()),
        info=OXUM.decode().encode(codec),
        changed={"manifest-sha256.txt": BOTH.decode().encode(codec)},
    )
    files["tagmanifest-sha256.txt"] = files["tagmanifest-sha256.txt"].decode().encode(codec)
    assert judged(tmp_path, files).valid


def test_a_blank_before_a_label_is_told_as_one(tmp_path: Path) -> None:
    report = judged(tmp_path, bag_files(info=b" " + OXUM))
    assert [finding.sentence for finding in report.findings] == [
        "Line 1 of bag-info.txt has blanks around its label 'Payload-Oxum'."
    ]


def test_metadata_without_end_fill_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A tenth of the real bound: to trace memory is slow, and what is held grows with what is read.
    monkeypatch.setattr(bag_info, "MOST_LINES", bag_info.MOST_LINES // 10)
    (tmp_path / "bag.tar.gz").write_bytes(tar_bytes(bag_files(info=b"A: b\n" * 300_000), mode="w:gz"))
    tracemalloc.start()
    report = validate(tmp_path / "bag.tar.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert errors(report) == {"tag-file-too-large"}
    assert peak < 24 * 1024**2
