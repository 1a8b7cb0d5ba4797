"""One line for each thing that a bag's writer may do, and the verdict that RFC 8493 asks for.

Beside `test_musts` and `test_tricks`, which tell the reasons; section numbers are the RFC's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from archive.validating import validate
from tests.archive.validating.bags import (
    DECLARATION,
    PAYLOAD,
    bag_files,
    errors,
    manifest,
    warnings,
    write_bag,
)

Files = Mapping[str, bytes]
A, B = PAYLOAD
OXUM = b"Payload-Oxum: 13.2\n"


def line(path: str, data: bytes = b"first\n") -> bytes:
    return f"{hashlib.sha256(data).hexdigest()}  {path}\n".encode()


def declared(text: bytes) -> Files:
    return bag_files(declaration=text)


def info(text: bytes) -> Files:
    return bag_files(info=text)


def listed(payload: Files, *lines: bytes) -> Files:
    return bag_files(payload, algorithms=("sha256",), changed={"manifest-sha256.txt": b"".join(lines)})


def fetched(text: bytes, **changed: bytes | None) -> Files:
    return bag_files(changed={"fetch.txt": text, **changed})


def tags(algorithm: str, more: bytes = b"", *, without: str = "", beside: Files | None = None) -> Files:
    """The tag manifest of an algorithm made anew."""
    files = {**bag_files(), **(beside or {})}
    of = {
        path: data
        for path, data in files.items()
        if not path.startswith(("data/", "tagmanifest-")) and path != without
    }
    return {**files, f"tagmanifest-{algorithm}.txt": manifest(of, algorithm) + more}


def without(*paths: str) -> Files:
    return {path: data for path, data in bag_files().items() if path not in paths}


U = b"https://x.org/a "
GOOD: dict[str, tuple[Files, set[str]]] = {
    # 2.1.1: lines end with LF, CR or CRLF
    "declaration_of_windows": (declared(DECLARATION.replace(b"\n", b"\r\n")), set()),
    "declaration_of_an_old_mac": (declared(DECLARATION.replace(b"\n", b"\r")), set()),
    "encoding_in_small_letters": (declared(DECLARATION.replace(b"UTF-8", b"utf-8")), set()),
    # 2.1.3: %0A, %0D and %25 are decoded, in capitals or not, and once
    "escapes_in_small_letters": (
        listed({"data/a\nb%c\rd": b"x"}, line("data/a%0ab%25c%0dd", b"x")),
        {"name-unportable"},
    ),
    "name_that_ends_like_an_escape": (bag_files({"data/100%25.tif": b"x"}), set()),
    "name_that_is_an_escape": (bag_files({"data/%0A.tif": b"x"}), set()),
    "a_name_and_its_escaped_form": (bag_files({"data/a%.tif": b"x", "data/a%25.tif": b"y"}), set()),
    "no_payload": (bag_files({}), set()),
    "an_empty_file": (bag_files({"data/e": b""}), set()),
    # 2.2.2: values go on behind white space; Payload-Oxum is OctetCount.StreamCount
    "folded_by_a_tab_and_by_blanks": (info(OXUM + b"Bag-Software-Agent: one\n\ttwo\n  three\n"), set()),
    "value_on_the_next_line": (info(OXUM + b"Contact-Name:\n  somebody\n"), set()),
    "oxum_on_the_next_line": (info(b"Payload-Oxum:\n 13.2\n"), set()),
    "empty_value": (info(OXUM + b"Contact-Name: \n"), set()),
    "blank_line": (info(OXUM + b"\nContact-Name: x\n"), {"bag-info-blank-line"}),
    "oxum_with_a_blank_behind_it": (info(b"Payload-Oxum: 13.2 \n"), set()),
    "two_dates": (
        info(OXUM + b"Bagging-Date: 2026-01-01\nBagging-Date: 2026-01-02\n"),
        {"bag-info-repeated"},
    ),
    "two_counts": (info(OXUM + b"Bag-Count: 1 of 2\nBag-Count: 2 of 2\n"), {"bag-info-repeated"}),
    "two_groups": (
        info(OXUM + b"Bag-Group-Identifier: a\nBag-Group-Identifier: b\n"),
        {"bag-info-repeated"},
    ),
    "no_bag_info": (bag_files(changed={"bag-info.txt": None}), set()),
    # 2.2.1: a tag manifest has to list the payload manifests, and should list the other tag files
    "tag_manifest_without_bag_info": (tags("sha256", without="bag-info.txt"), {"tag-file-unlisted"}),
    "tag_manifest_of_another_algorithm": (tags("md5"), set()),
    "one_tag_manifest_of_two": (without("tagmanifest-sha512.txt"), set()),
    "no_tag_manifest": (without("tagmanifest-sha256.txt", "tagmanifest-sha512.txt"), set()),
    "tag_file_in_a_folder": ({**bag_files(), "notes/x.txt": b"x"}, {"tag-file-unlisted"}),
    # 2.2.3: what is to be fetched may be there already; a length may be unknown
    "fetched_already": (fetched(U + b"6 data/a.tif\n"), set()),
    "fetched_already_of_unknown_length": (fetched(U + b"- data/a.tif\n"), set()),
    "fetch_with_tabs": (fetched(b"https://x.org/a\t6\tdata/a.tif\n"), set()),
    "fetch_of_windows": (fetched(b"https://x.org/a 6 data/a.tif\r\n"), set()),
    "fetch_by_ftp": (fetched(b"ftp://x.org/a 6 data/a.tif\n"), set()),
    "nothing_to_fetch": (fetched(b""), set()),
    # before 1.0 a file had to be in one manifest only
    "a_draft_with_a_file_in_one_of_two": (
        bag_files(declaration=DECLARATION.replace(b"1.0", b"0.97"), changed={"manifest-sha256.txt": line(A)}),
        {"file-unlisted"},
    ),
}
BAD: dict[str, tuple[Files, set[str]]] = {
    "declaration_cut_short": (declared(DECLARATION[:-1]), {"declaration-line-end"}),
    "blank_line_before_the_declaration": (
        declared(b"\n" + DECLARATION),
        {"declaration-line", "declaration-lines"},
    ),
    "blank_behind_a_path": (
        listed(PAYLOAD, line(A + " "), line(B, b"second\n")),
        {"file-missing", "file-unlisted"},
    ),
    "twice_in_two_spellings": (
        listed({"data/a%.tif": b"x"}, line("data/a%25.tif", b"x"), line("data/a%.tif", b"x")),
        {"manifest-duplicate", "path-encoding"},
    ),
    "manifest_in_capitals": (
        bag_files(changed={"manifest-sha256.TXT": manifest(PAYLOAD, "sha256"), "manifest-sha256.txt": None}),
        {"algorithm-name"},
    ),
    "bag_info_with_a_byte_order_mark": (info(b"\xef\xbb\xbf" + OXUM), {"byte-order-mark"}),
    "oxum_of_three_parts": (info(b"Payload-Oxum: 13.2.1\n"), {"oxum-malformed"}),
    "oxum_with_blanks": (info(b"Payload-Oxum: 13 . 2\n"), {"oxum-malformed"}),
    "oxum_in_other_digits": (info("Payload-Oxum: \u0661\u0663.\u0662\n".encode()), {"oxum-malformed"}),
    "oxum_of_nothing": (info(b"Payload-Oxum: \n"), {"oxum-malformed"}),
    "oxum_with_a_file_too_many": (info(b"Payload-Oxum: 13.3\n"), {"oxum-mismatch"}),
    "tag_manifest_of_itself": (tags("sha256", line("tagmanifest-sha256.txt")), {"tagmanifest-lists"}),
    "tag_file_twice": (tags("sha256", line("bagit.txt", DECLARATION)), {"manifest-duplicate"}),
    "tag_manifest_that_is_wrong": (
        tags("sha256", beside={"bag-info.txt": OXUM + b"Contact-Name: x\n"}),
        {"checksum-mismatch"},  # by the other tag manifest
    ),
    "fetch_home": (fetched(U + b"- ~/a\n"), {"path-outside"}),
    "fetch_absolute": (fetched(U + b"- /data/a.tif\n"), {"path-outside"}),
    "fetch_out_of_the_bag": (fetched(U + b"- data/../../x\n"), {"path-outside"}),
    "fetch_the_declaration": (fetched(U + b"- bagit.txt\n"), {"fetch-tag-file"}),
    "fetch_less_than_nothing": (fetched(U + b"-5 data/a.tif\n"), {"fetch-line"}),
    "fetch_more_than_there_is": (fetched(U + b"9" * 400 + b" data/a.tif\n"), {"fetch-line"}),
    "fetch_by_an_address_with_a_blank": (fetched(b"https://x.org/a b 6 data/a.tif\n"), {"fetch-line"}),
    "fetch_that_did_not_happen": (fetched(U + b"6 data/a.tif\n", **{A: None}), {"fetch-pending"}),
    "fetch_in_one_of_two_manifests": (
        bag_files(
            {A: b"first\n"},
            changed={"fetch.txt": U + b"- data/c\n", "manifest-sha256.txt": line(A) + line("data/c")},
        ),
        {"fetch-not-in-manifest", "fetch-pending"},
    ),
}


@pytest.mark.parametrize(("files", "warned"), GOOD.values(), ids=GOOD)
def test_valid(tmp_path: Path, files: Files, warned: set[str]) -> None:
    report = validate(write_bag(tmp_path / "bag", files))
    assert (report.valid, errors(report), warnings(report)) == (True, set(), warned)


@pytest.mark.parametrize(("files", "codes"), BAD.values(), ids=BAD)
def test_not_valid(tmp_path: Path, files: Files, codes: set[str]) -> None:
    report = validate(write_bag(tmp_path / "bag", files))
    assert not report.valid
    assert errors(report) == codes
    for finding in report.findings:
        assert finding.sentence.endswith("."), finding
