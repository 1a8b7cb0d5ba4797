"""The musts of RFC 8493 that tools get wrong, a probe for each."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.validating import validate, validate_source
from archive.validating.folder import FolderSource
from archive.validating.interface import Contents
from holdings.errors import BadInput
from tests.archive.validating.bags import (
    DECLARATION,
    PAYLOAD,
    bag_files,
    errors,
    manifest,
    warnings,
    write_bag,
)

OXUM = b"Payload-Oxum: 13.2\n"
A, B = PAYLOAD
SHA256 = hashlib.sha256(b"first\n").hexdigest()


def line(path: str, data: bytes = b"first\n") -> bytes:
    return f"{hashlib.sha256(data).hexdigest()}  {path}\n".encode()


def only_sha256(*lines: bytes) -> dict[str, bytes]:
    return bag_files(algorithms=("sha256",), changed={"manifest-sha256.txt": b"".join(lines)})


BOTH = (line(A), line(B, b"second\n"))
BROKEN_DECLARATIONS = {
    "swapped": (b"Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n", "declaration-line"),
    "third_line": (DECLARATION + b"Comment: none\n", "declaration-lines"),
    "empty_third_line": (DECLARATION + b"\n", "declaration-lines"),
    "one_line": (b"BagIt-Version: 1.0\n", "declaration-lines"),
    "empty": (b"", "declaration-lines"),
    "version_1_7": (DECLARATION.replace(b"1.0", b"1.7"), "version-unknown"),
    "version_without_minor": (DECLARATION.replace(b"1.0", b"1"), "version-unknown"),
    "version_in_other_digits": (DECLARATION.replace(b"1.0", "\u0661.\u0660".encode()), "declaration-line"),
    "two_blanks": (DECLARATION.replace(b": 1", b":  1"), "declaration-line"),
    "no_blank": (DECLARATION.replace(b": 1", b":1"), "declaration-line"),
    "tab": (DECLARATION.replace(b": 1", b":\t1"), "declaration-line"),
    "blank_at_end": (DECLARATION.replace(b"1.0", b"1.0 "), "declaration-line"),
    "lower_case": (DECLARATION.replace(b"BagIt-V", b"bagit-v"), "declaration-line"),
    "byte_order_mark": (b"\xef\xbb\xbf" + DECLARATION, "declaration-bom"),
    "utf16": (DECLARATION.decode().encode("utf-16"), "declaration-bom"),
    "not_utf8": (DECLARATION.replace(b"UTF-8", b"UTF-\xff"), "declaration-not-utf8"),
    "unknown_encoding": (DECLARATION.replace(b"UTF-8", b"Klingon"), "encoding-unknown"),
    "encoding_that_is_a_compressor": (DECLARATION.replace(b"UTF-8", b"zlib"), "encoding-unknown"),
}


@pytest.mark.parametrize(("text", "code"), BROKEN_DECLARATIONS.values(), ids=BROKEN_DECLARATIONS)
def test_declaration(tmp_path: Path, text: bytes, code: str) -> None:
    report = validate(write_bag(tmp_path / "bag", bag_files(declaration=text)))
    assert code in errors(report)
    assert not report.valid


BROKEN_MANIFESTS = {
    "missing_from_one_of_two": ({"manifest-sha256.txt": line(A)}, "file-unlisted"),
    "not_in_any": ({"data/extra": b"x"}, "file-unlisted"),
    "listed_and_not_there": ({A: None}, "file-missing"),
    "no_manifest": ({"manifest-sha256.txt": None, "manifest-sha512.txt": None}, "manifest-missing"),
    "a_line_of_words": ({"manifest-sha256.txt": b"".join(BOTH) + b"hello\n"}, "manifest-line"),
    "checksum_alone": ({"manifest-sha256.txt": b"".join(BOTH) + SHA256.encode() + b"\n"}, "manifest-line"),
    "checksum_not_hexadecimal": (
        {"manifest-sha256.txt": BOTH[1] + b"z" * 64 + b"  data/a.tif\n"},
        "manifest-line",
    ),
    "checksum_too_short": ({"manifest-sha256.txt": BOTH[1] + b"ab12  data/a.tif\n"}, "checksum-length"),
    "checksum_with_blanks_in_it": (
        {
            "manifest-sha256.txt": BOTH[1]
            + SHA256[:30].encode()
            + b"  "
            + SHA256[32:].encode()
            + b"  data/a.tif\n"
        },
        "file-unlisted",
    ),
    "twice": ({"manifest-sha256.txt": b"".join(BOTH) + BOTH[0]}, "manifest-duplicate"),
    "twice_and_different": ({"manifest-sha256.txt": b"".join(BOTH) + line(A, b"x")}, "manifest-conflict"),
    "lists_a_tag_file": ({"manifest-sha256.txt": b"".join(BOTH) + line("bagit.txt")}, "manifest-not-payload"),
    "md5sum_asterisk": ({"manifest-sha256.txt": line("*" + A) + BOTH[1]}, "manifest-asterisk"),
    "wrong_checksum": ({"manifest-sha256.txt": line(A, b"x") + BOTH[1]}, "checksum-mismatch"),
    "upper_case_name": (
        {"manifest-SHA256.txt": b"".join(BOTH), "manifest-sha256.txt": None},
        "algorithm-name",
    ),
    "name_with_hyphen": (
        {"manifest-sha-256.txt": b"".join(BOTH), "manifest-sha256.txt": None},
        "algorithm-name",
    ),
    "two_for_one_algorithm": ({"manifest-SHA256.txt": b"".join(BOTH)}, "algorithm-twice"),
    "unknown_algorithm": (
        {"manifest-rot13.txt": b"abcd  data/a.tif\nabcd  data/drawer/b.tif\n"},
        "algorithm-unknown",
    ),
    "not_the_encoding": (
        {"manifest-sha256.txt": b"".join(BOTH) + b"\xff\xfe\n"},
        "not-the-declared-encoding",
    ),
    "folder_listed": ({"manifest-sha256.txt": b"".join(BOTH) + line("data/drawer/")}, "path-outside"),
    "decoded_too_far": ({"manifest-sha256.txt": line("data/%61.tif") + BOTH[1]}, "file-missing"),
    "percent_not_encoded": ({"manifest-sha256.txt": line("data/100%.tif") + b"".join(BOTH)}, "path-encoding"),
}


@pytest.mark.parametrize(("changed", "code"), BROKEN_MANIFESTS.values(), ids=BROKEN_MANIFESTS)
def test_payload_manifest(tmp_path: Path, changed: dict[str, bytes | None], code: str) -> None:
    assert code in errors(validate(write_bag(tmp_path / "bag", bag_files(changed=changed))))


OUTSIDE = (
    "../../../etc/passwd",
    "data/../../x",
    "data/..",
    "/etc/passwd",
    "//server/share/x",
    "~/x",
    "~root/x",
    "C:\\Windows\\x",
    "c:x",
    "\\\\server\\share\\x",
    "\\\\?\\C:\\x",
    "%HomeDrive%\\x",
    "${HOME}/x",
    "data/\0x",
    "data//a.tif",
    "data/./a.tif",
    "..\\x",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_path_outside_is_never_followed(tmp_path: Path, path: str) -> None:
    changed: dict[str, bytes | None] = {
        "manifest-sha256.txt": b"".join(BOTH) + line(path),
        "fetch.txt": f"https://example.org/x - {path}\n".encode(),
    }
    report = validate(write_bag(tmp_path / "bag", bag_files(changed=changed)))
    assert sum(finding.code == "path-outside" for finding in report.findings) == 2
    assert not report.valid


@pytest.mark.parametrize(
    "name",
    [
        "50%.tif",
        "%0A.tif",
        "a%25b",
        "line\nbreak",
        "cr\rx",
        "end ",
        " begin",
        "~tilde",
        "Ñandú",
        "a\u2028b",
        "t\tx",
    ],
)
def test_odd_names_are_listed_and_found(tmp_path: Path, name: str) -> None:
    report = validate(write_bag(tmp_path / "bag", bag_files({f"data/{name}": b"x", "data/plain": b"y"})))
    assert errors(report) == set()


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_any_line_end(tmp_path: Path, end: str) -> None:
    changed: dict[str, bytes | None] = {
        name: data.replace(b"\n", end.encode())
        for name, data in bag_files().items()
        if name.endswith(".txt") and not name.startswith("tagmanifest")
    }
    assert errors(validate(write_bag(tmp_path / "bag", bag_files(changed=changed)))) == set()


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16LE", "ISO-8859-1", "Shift_JIS", "UTF-32"])
def test_tag_files_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    payload = {"data/ü.tif" if encoding == "ISO-8859-1" else "data/a.tif": b"x"}
    lines = manifest(payload, "sha256").decode().encode(encoding)
    declaration = DECLARATION.replace(b"UTF-8", encoding.encode())
    files = bag_files(
        payload,
        algorithms=("sha256",),
        declaration=declaration,
        info="Payload-Oxum: 1.1\n".encode(encoding),
        changed={"manifest-sha256.txt": lines},
    )
    files["tagmanifest-sha256.txt"] = files["tagmanifest-sha256.txt"].decode().encode(encoding)
    report = validate(write_bag(tmp_path / "bag", files))
    assert report.valid
    assert warnings(report) == {"encoding-not-utf8"}


@pytest.mark.parametrize(
    "algorithm",
    ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s"],
)
def test_every_algorithm(tmp_path: Path, algorithm: str) -> None:
    plain = algorithm.replace("_", "")
    named: dict[str, bytes | None] = {f"manifest-{plain}.txt": manifest(PAYLOAD, algorithm)}
    files = bag_files(algorithms=("sha512",), changed=named)
    assert validate(write_bag(tmp_path / "good", files)).valid
    files[A] = b"First\n"
    report = validate(write_bag(tmp_path / "bad", files))
    assert sum(finding.code == "checksum-mismatch" for finding in report.findings) == len(
        {"sha512", algorithm}
    )


BROKEN_INFO = {
    "oxum_off_by_one": (b"Payload-Oxum: 14.2\n", "oxum-mismatch"),
    "oxum_malformed": (b"Payload-Oxum: many.2\n", "oxum-malformed"),
    "oxum_without_files": (b"Payload-Oxum: 13\n", "oxum-malformed"),
    "oxum_negative": (b"Payload-Oxum: -13.2\n", "oxum-malformed"),
    "oxum_of_a_million_digits": (b"Payload-Oxum: " + b"1" * 1_000_000 + b".2\n", "oxum-malformed"),
    "oxum_twice": (OXUM * 2, "oxum-repeated"),
    "oxum_twice_in_other_case": (OXUM + OXUM.lower(), "oxum-repeated"),
    "line_without_colon": (OXUM + b"Contact\n", "bag-info-line"),
    "line_without_label": (OXUM + b": value\n", "bag-info-line"),
    "folded_first_line": (b"  folded\n" + OXUM, "bag-info-line"),
    "blank_before_colon": (b"Payload-Oxum : 13.2\n", "bag-info-separator"),
    "no_blank_after_colon": (b"Payload-Oxum:13.2\n", "bag-info-separator"),
    "not_utf8": (b"Contact-Name: \xe9\n", "not-the-declared-encoding"),
}


@pytest.mark.parametrize(("info", "code"), BROKEN_INFO.values(), ids=BROKEN_INFO)
def test_bag_info(tmp_path: Path, info: bytes, code: str) -> None:
    assert code in errors(validate(write_bag(tmp_path / "bag", bag_files(info=info))))


def test_a_true_oxum_is_not_enough(tmp_path: Path) -> None:
    files = bag_files()
    files[A] = b"FIRST\n"
    report = validate(write_bag(tmp_path / "bag", files))
    assert errors(report) == {"checksum-mismatch"}
    assert report.complete


BROKEN_TAG_MANIFESTS = {
    "without_a_payload_manifest": (
        lambda text: b"".join(row for row in text.splitlines(True) if b"512" not in row),
        "tagmanifest-incomplete",
    ),
    "lists_a_tag_manifest": (lambda text: text + line("tagmanifest-sha512.txt"), "tagmanifest-lists"),
    "lists_the_payload": (lambda text: text + line(A), "tagmanifest-lists"),
    "lists_what_is_not_there": (lambda text: text + line("notes.txt"), "file-missing"),
    "lists_outside": (lambda text: text + line("../bag/bagit.txt"), "path-outside"),
}


@pytest.mark.parametrize("case", BROKEN_TAG_MANIFESTS)
def test_tag_manifest(tmp_path: Path, case: str) -> None:
    breaks, code = BROKEN_TAG_MANIFESTS[case]
    files = bag_files()
    files["tagmanifest-sha256.txt"] = breaks(files["tagmanifest-sha256.txt"])  # type: ignore[no-untyped-call]  # lambdas
    assert code in errors(validate(write_bag(tmp_path / "bag", files)))


FETCH = {
    "pending": (b"https://example.org/a - data/a.tif\n", "fetch-pending"),
    "not_in_a_manifest": (b"https://example.org/c 5 data/c.tif\n", "fetch-not-in-manifest"),
    "a_tag_file": (b"https://example.org/a - bag-info.txt\n", "fetch-tag-file"),
    "relative_url": (b"/a 5 data/a.tif\n", "fetch-url"),
    "length_of_words": (b"https://example.org/a five data/a.tif\n", "fetch-line"),
    "two_fields": (b"https://example.org/a data/a.tif\n", "fetch-line"),
    "url_without_a_host": (b"https:///a 5 data/a.tif\n", "fetch-url"),
    "url_without_slashes": (b"https:a 5 data/a.tif\n", "fetch-url"),
    "percent_not_encoded": (b"https://example.org/a 5 data/50%.tif\n", "path-encoding"),
    "binary": (b"\x00\xff\xfe\n", "not-the-declared-encoding"),
    "twice": (b"https://example.org/a - data/a.tif\n" * 2, "fetch-twice"),
}


@pytest.mark.parametrize(("text", "code"), FETCH.values(), ids=FETCH)
def test_fetch(tmp_path: Path, text: bytes, code: str) -> None:
    files = bag_files(changed={"fetch.txt": text})
    del files[A]
    report = validate(write_bag(tmp_path / "bag", files))
    assert code in errors(report)
    assert not report.complete


def test_a_fetched_file_of_another_size_is_warned_of(tmp_path: Path) -> None:
    report = validate(
        write_bag(tmp_path / "bag", bag_files(changed={"fetch.txt": b"https://x.org/a 7 data/a.tif\n"}))
    )
    assert report.valid
    assert warnings(report) == {"fetch-length"}


def test_links_are_told_and_not_followed(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", bag_files())
    (tmp_path / "secret").write_bytes(b"first\n")
    (bag / A).unlink()
    (bag / A).symlink_to(tmp_path / "secret")
    (bag / "data/folder").symlink_to(tmp_path)
    os.mkfifo(bag / "data/pipe")
    report = validate(bag)
    told = {finding.path for finding in report.findings if finding.code == "not-a-file"}
    assert told == {"data/a.tif", "data/folder", "data/pipe"}
    assert "secret" not in str(report.findings)


class Busy(FolderSource):
    """A folder that somebody writes to as soon as it was listed."""

    def __init__(self, root: Path, write: Callable[[Path], object]) -> None:
        super().__init__(root)
        self._write: Callable[[], object] = lambda: write(root / "data/a.tif")

    def contents(self) -> Contents:
        found = super().contents()
        self._write()
        return found


def put_a_link_there(path: Path) -> None:
    path.unlink()
    path.symlink_to("drawer/b.tif")


@pytest.mark.parametrize(
    ("write", "code"),
    [
        (lambda path: path.write_bytes(b"first\nand more"), "file-changed"),
        (lambda path: path.write_bytes(b"fir"), "file-changed"),
        (lambda path: path.write_bytes(b""), "file-changed"),
        (lambda path: path.write_bytes(bytes(3_000_000)), "file-changed"),
        (lambda path: path.write_bytes(b"First\n"), "checksum-mismatch"),
        (lambda path: path.unlink(), "unreadable"),
        (put_a_link_there, "unreadable"),
    ],
    ids=["grew", "shrank", "emptied", "grew far", "same size", "gone", "a link now"],
)
def test_what_changes_after_it_was_listed(tmp_path: Path, write: Callable[[Path], object], code: str) -> None:
    report = validate_source(Busy(write_bag(tmp_path / "bag", bag_files()), write))
    assert errors(report) == {code}


def test_names_that_differ_only_in_case(tmp_path: Path) -> None:
    report = validate(write_bag(tmp_path / "bag", bag_files({"data/a.TIF": b"x", "data/A.tif": b"x"})))
    assert errors(report) == {"name-case"}


def test_names_that_differ_only_in_unicode_form(tmp_path: Path) -> None:
    names = {f"data/{unicodedata.normalize(form, 'Núñez')}": b"x" for form in ("NFC", "NFD")}
    report = validate(write_bag(tmp_path / "bag", bag_files(names)))
    assert errors(report) == {"name-unicode"}


def test_a_file_stored_in_another_unicode_form_is_matched_and_told(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", bag_files({"data/Núñez": b"x"}))
    (bag / "data/Núñez").rename(bag / "data" / unicodedata.normalize("NFD", "Núñez"))
    report = validate(bag)
    assert report.valid
    assert warnings(report) == {"unicode-form"}


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", bag_files())
    Path(os.fsdecode(os.fsencode(bag) + b"/data/\xff")).write_bytes(b"x")
    report = validate(bag)
    assert errors(report) >= {"name-not-utf8", "file-unlisted"}
    assert "data/\\xff" in {finding.path for finding in report.findings}


def test_an_empty_payload_is_a_bag(tmp_path: Path) -> None:
    assert validate(write_bag(tmp_path / "bag", bag_files({}))).valid


def test_no_payload_folder(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", bag_files({}))
    (bag / "data").rmdir()
    assert errors(validate(bag)) == {"payload-folder-missing"}


def test_all_findings_are_listed_not_only_the_first(tmp_path: Path) -> None:
    files = bag_files(info=b"Payload-Oxum: x\n", declaration=DECLARATION + b"\n")
    files["data/extra"] = files[A] = b"other"
    codes = errors(validate(write_bag(tmp_path / "bag", files)))
    assert codes >= {"declaration-lines", "oxum-malformed", "file-unlisted", "checksum-mismatch"}


@pytest.mark.parametrize("version", ["0.93", "0.94", "0.95", "0.96", "0.97"])
def test_drafts_let_pass_what_1_0_does_not(tmp_path: Path, version: str) -> None:
    info = "package-info.txt" if version <= "0.95" else "bag-info.txt"
    files = bag_files(
        {"data/50%.tif": b"x", "data/b": b"y"},
        algorithms=("md5",),
        declaration=DECLARATION.replace(b"1.0", version.encode()),
        changed={
            "bag-info.txt": None,
            info: b"Contact-Name:nobody\nPayload-Oxum: 2.2\n",
            "manifest-md5.txt": (
                hashlib.md5(b"x").hexdigest()
                + "  data/50%.tif\n"
                + hashlib.md5(b"y").hexdigest()
                + " *./data/b\n"
            ).encode(),
        },
    )
    report = validate(write_bag(tmp_path / "bag", files))
    assert errors(report) == set()
    assert warnings(report) >= {"manifest-asterisk", "manifest-dot-slash", "bag-info-separator"}


@pytest.mark.parametrize(("version", "is_valid"), [("0.97", True), ("0.93", True), ("1.0", False)])
def test_drafts_were_content_with_a_file_in_one_of_two_manifests(
    tmp_path: Path, version: str, is_valid: bool
) -> None:
    declaration = DECLARATION.replace(b"1.0", version.encode())
    one_less: dict[str, bytes | None] = {"manifest-sha256.txt": line(A)}
    report = validate(
        write_bag(tmp_path / "one", bag_files(info=b"", declaration=declaration, changed=one_less))
    )
    assert (report.valid, report.complete) == (is_valid, is_valid)
    assert "file-unlisted" in (warnings(report) if is_valid else errors(report))
    in_none = {**one_less, "manifest-sha512.txt": manifest({A: PAYLOAD[A]}, "sha512")}
    report = validate(
        write_bag(tmp_path / "none", bag_files(info=b"", declaration=declaration, changed=in_none))
    )
    assert errors(report) == {"file-unlisted"}


def test_structure_only_compares_no_checksum_and_says_so(tmp_path: Path) -> None:
    files = bag_files()
    files[A] = b"FIRST\n"
    report = validate(write_bag(tmp_path / "bag", files), structure_only=True)
    assert report.valid
    assert report.structure_only


def test_what_is_no_bag_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "picture.tif").write_bytes(b"II*\0" + bytes(1000))
    (tmp_path / "favourite").symlink_to("picture.tif")
    for path in (tmp_path, tmp_path / "picture.tif", tmp_path / "absent"):
        with pytest.raises(BadInput):
            validate(path)


def test_a_name_that_is_a_line_end_is_a_name(tmp_path: Path) -> None:
    assert errors(validate(write_bag(tmp_path / "bag", bag_files({"data/drawer/\n": b"x"})))) == set()
