"""Bags in tars, gzipped tars and zips: judged as their folders are, and hostile ones survived."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.validating import Report, Severity, unpacking, validate, validate_source
from archive.validating.bytes_at import BytesAt
from archive.validating.opening import open_stored
from holdings.errors import BadInput
from holdings.stores.memory import MemoryStore
from tests.archive.validating.bags import PAYLOAD, bag_files, errors, tar_bytes, write_bag, zip_bytes
from tests.archive.validating.test_conformance_suite import names, the_suite

Packs = Callable[[dict[str, bytes]], bytes]
FORMATS: dict[str, Packs] = {
    "tar": tar_bytes,
    "tar.gz": lambda files: tar_bytes(files, mode="w:gz"),
    "zip": zip_bytes,
    "stored zip": lambda files: zip_bytes(files, method=zipfile.ZIP_STORED),
}


def judge(tmp_path: Path, data: bytes) -> Report:
    path = tmp_path / "bag.archive"
    path.write_bytes(data)
    return validate(path)


@pytest.mark.parametrize("pack", FORMATS.values(), ids=FORMATS)
def test_a_valid_bag_is_valid_in_every_format(tmp_path: Path, pack: Packs) -> None:
    report = judge(
        tmp_path, pack(bag_files({**PAYLOAD, "data/big": bytes(3_000_000), "data/" + "n" * 200: b"x"}))
    )
    assert report.findings == ()
    assert report.valid
    assert (report.files, report.size_bytes) == (4, 3_000_014)


@pytest.mark.parametrize("top", ["", "./"])
@pytest.mark.parametrize("first", ["data/a.tif", "metadata/x.csv", "bagit.txt"])
@pytest.mark.parametrize(
    "pack",
    [tar_bytes, lambda files, top: gzip.compress(tar_bytes(files, top=top)), zip_bytes],
    ids=["tar", "tar.gz", "zip"],
)
def test_a_bag_without_a_top_folder_is_told_as_that_alone(
    tmp_path: Path, pack: Callable[..., bytes], first: str, top: str
) -> None:
    """As `tar cf x.tar .` makes one, whatever the folder system lists first."""
    files = bag_files({**PAYLOAD, "data/b.tif": b"third\n"}, changed={"metadata/x.csv": b"x"})
    report = judge(tmp_path, pack({first: files[first], **files}, top=top))
    (finding,) = report.findings
    assert finding.code == "archive-top-folder"
    assert "lie in no top folder" in finding.sentence
    assert "tar cf FOLDER.tar FOLDER" in finding.sentence
    assert report.files == 3


def test_a_bag_in_a_folder_with_a_declaration_beside_it_is_read_as_the_bag(tmp_path: Path) -> None:
    files = {f"data/{path}": data for path, data in bag_files().items()}
    report = judge(tmp_path, tar_bytes({**files, "bagit.txt": b"stray"}, top="./"))
    assert [finding.code for finding in report.findings] == ["archive-top-folder"]
    assert report.files == 2


@pytest.mark.parametrize("pack", FORMATS.values(), ids=FORMATS)
def test_one_changed_byte_is_found_in_every_format(tmp_path: Path, pack: Packs) -> None:
    files = bag_files()
    files["data/a.tif"] = b"First\n"
    assert errors(judge(tmp_path, pack(files))) == {"checksum-mismatch"}


@pytest.mark.parametrize(
    "name", [name for kind in ("valid", "invalid", "warning") for name in names(kind)] or ["absent"]
)
def test_the_suite_in_a_tar_gets_the_verdict_of_its_folder(tmp_path: Path, name: str) -> None:
    folder = the_suite() / name
    with tarfile.open(tmp_path / "bag.tar", "w", format=tarfile.PAX_FORMAT) as opened:
        opened.add(folder, arcname="bag")
    expected, found = validate(folder), validate(tmp_path / "bag.tar")
    assert sorted(map(str, found.findings)) == sorted(map(str, expected.findings))


def member(name: str, data: bytes = b"x", **fields: object) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.PAX_FORMAT) + data + bytes(-len(data) % 512)


def with_member(extra: bytes) -> bytes:
    whole = tar_bytes(bag_files())
    return whole.rstrip(b"\0") + bytes(-len(whole.rstrip(b"\0")) % 512) + extra + bytes(1024)


HOSTILE_TARS = {
    "parent": (with_member(member("bag/../../evil")), "member-outside"),
    "absolute": (with_member(member("/etc/evil")), "member-outside"),
    "home": (with_member(member("~/evil")), "member-outside"),
    "drive": (with_member(member("C:/evil")), "member-outside"),
    "link": (
        with_member(member("bag/data/l", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        "not-a-file",
    ),
    "hard_link": (
        with_member(member("bag/data/l", b"", type=tarfile.LNKTYPE, linkname="bag/bagit.txt")),
        "not-a-file",
    ),
    "device": (with_member(member("bag/data/d", b"", type=tarfile.CHRTYPE)), "not-a-file"),
    "pipe": (with_member(member("bag/data/p", b"", type=tarfile.FIFOTYPE)), "not-a-file"),
    "twice": (with_member(member("bag/data/a.tif", b"First\n")), "member-twice"),
    "twice_by_dot_slash": (with_member(member("./bag/data/a.tif", b"First\n")), "member-twice"),
    "beside_the_folder": (with_member(member("other/file")), "archive-top-folder"),
    "no_folder": (tar_bytes(bag_files(), top=""), "archive-top-folder"),
    "cut_short": (tar_bytes(bag_files())[:3000], "archive-truncated"),
    "no_end": (tar_bytes(bag_files()).rstrip(b"\0")[:-100], "archive-truncated"),
    "behind_the_end": (tar_bytes(bag_files()) + member("bag/data/hidden"), "tar-hidden"),
    "broken_header": (with_member(b"x" * 512), "tar-header"),
    "size_beyond_the_end": (with_member(member("bag/data/x", b"", size=10**10)), "archive-truncated"),
    "two_sizes": (with_member(member("bag/data/x", b"xx", pax_headers={"size": "1"})), "tar-header-lies"),
    "size_of_many_digits": (
        with_member(member("bag/data/x", pax_headers={"size": "9" * 5000})),
        "tar-header",
    ),
    "size_beyond_all_disks": (with_member(member("bag/data/x", b"", size=2**80)), "archive-truncated"),
    "two_long_names": (
        with_member(
            member("././@LongLink", b"bag/data/one\0", type=tarfile.GNUTYPE_LONGNAME)
            + member("bag/data/x", pax_headers={"path": "bag/data/other"})
        ),
        "tar-header-lies",
    ),
    "pax_of_nonsense": (with_member(member("x", b"99 path=x\n", type=b"x")), "tar-header"),
}


@pytest.mark.parametrize(("data", "code"), HOSTILE_TARS.values(), ids=HOSTILE_TARS)
def test_hostile_tar(tmp_path: Path, data: bytes, code: str) -> None:
    assert code in errors(judge(tmp_path, data))
    assert code in errors(judge(tmp_path, gzip.compress(data)))
    assert [path.name for path in tmp_path.iterdir()] == ["bag.archive"]


def test_a_gzip_bomb_is_left_before_it_is_unpacked(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    start = tar_bytes(bag_files())[:-10240].rstrip(b"\0")
    header = member("bag/data/zeros", b"", size=2 * 1024**3)
    data = packer.compress(start + bytes(-len(start) % 512) + header)
    data += b"".join(packer.compress(bytes(1024**2)) for _ in range(300)) + packer.flush()
    tracemalloc.start()
    report = judge(tmp_path, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "archive-bomb" in errors(report)
    assert peak < 32 * 1024**2


def test_headers_for_all_members_fill_no_memory(tmp_path: Path) -> None:
    headers = (
        tarfile.TarInfo.create_pax_global_header({f"VENDOR.{nth}": "x" * 500_000}) for nth in range(200)
    )
    data = gzip.compress(b"".join(headers) + tar_bytes(bag_files()))
    tracemalloc.start()
    assert judge(tmp_path, data).valid
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 * 1024**2


def test_a_checksum_of_bytes_with_a_sign_is_one(tmp_path: Path) -> None:
    header = bytearray(tarfile.TarInfo("bag/data/Ñ.tif").tobuf(tarfile.GNU_FORMAT))
    header[148:156] = b"%06o\0 " % (int(header[148:154], 8) - 2 * 256)
    assert errors(judge(tmp_path, with_member(bytes(header)))) == {"file-unlisted", "oxum-mismatch"}


def patched_zip(change: Callable[[zipfile.ZipInfo], None], **files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as opened:
        for path, data in {**bag_files(), **files}.items():
            opened.writestr(f"bag/{path}", data)
        change(next(info for info in opened.infolist() if info.filename == "bag/data/a.tif"))
    return target.getvalue()


def set_field(name: str, value: object) -> Callable[[zipfile.ZipInfo], None]:
    return lambda info: setattr(info, name, value)


def zip_with(*extra: tuple[str, bytes]) -> bytes:
    target = io.BytesIO(zip_bytes(bag_files()))
    with zipfile.ZipFile(target, "a") as opened:
        for name, data in extra:
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            opened.writestr(info, data)
    return target.getvalue()


def zip_with_a_gap() -> bytes:
    whole, hidden = zip_bytes(bag_files()), zip_bytes({"data/hidden": bytes(range(256))})
    hidden = hidden[: hidden.index(b"PK\x01\x02")]
    end = whole.rindex(b"PK\x05\x06")
    (directory,) = struct.unpack_from("<I", whole, end + 16)
    moved = struct.pack("<I", directory + len(hidden))
    return whole[:directory] + hidden + whole[directory : end + 16] + moved + whole[end + 20 :]


def zip_with_a_zip_as_comment() -> bytes:
    target = io.BytesIO(zip_bytes(bag_files()))
    with zipfile.ZipFile(target, "a") as opened:
        opened.comment = zip_bytes({**bag_files(), "data/a.tif": b"other!"})
    return target.getvalue()


HOSTILE_ZIPS = {
    "declares_less": (patched_zip(set_field("file_size", 3)), "zip-header-lies"),
    "declares_more": (patched_zip(set_field("file_size", 600)), "zip-header-lies"),
    "declares_petabytes": (patched_zip(set_field("file_size", 10**15)), "archive-bomb"),
    "wrong_crc": (patched_zip(set_field("CRC", 1)), "zip-header-lies"),
    "changed_bytes": (
        zip_bytes(bag_files(), method=zipfile.ZIP_STORED).replace(b"first\n", b"First\n"),
        "archive-damaged",
    ),
    "other_name_inside": (patched_zip(set_field("filename", "bag/data/z.tif")), "zip-header-lies"),
    "points_elsewhere": (patched_zip(set_field("header_offset", 7)), "zip-header-lies"),
    "encrypted": (patched_zip(set_field("flag_bits", 1)), "zip-method"),
    "unknown_method": (patched_zip(set_field("compress_type", 97)), "zip-method"),
    "link": (patched_zip(set_field("external_attr", 0o120777 << 16)), "not-a-file"),
    "parent": (zip_with(("bag/../../evil", b"x")), "member-outside"),
    "absolute": (zip_with(("/evil", b"x")), "member-outside"),
    "backslash": (zip_with(("..\\evil", b"x")), "member-outside"),
    "before_the_members": (zip_bytes({"data/x": b"x"}) + zip_bytes(bag_files()), "zip-hidden"),
    "behind_the_end": (zip_bytes(bag_files()) + b"more", "zip-hidden"),
    "between_the_members": (zip_with_a_gap(), "zip-hidden"),
    "zip_in_the_comment": (zip_with_a_zip_as_comment(), "zip-hidden"),
    "folder_with_bytes": (zip_with(("bag/data/folder/", b"x")), "zip-header-lies"),
    "file_that_is_a_folder": (zip_with(("bag/data/a.tif/", b"")), "member-twice"),
    "no_directory": (zip_bytes(bag_files())[:400], "archive-damaged"),
}


@pytest.mark.parametrize(("data", "code"), HOSTILE_ZIPS.values(), ids=HOSTILE_ZIPS)
def test_hostile_zip(tmp_path: Path, data: bytes, code: str) -> None:
    assert code in errors(judge(tmp_path, data))


def test_a_member_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    data = patched_zip(set_field("flag_bits", 1), **{"data/drawer/b.tif": b"Second\n"})
    report = judge(tmp_path, data)
    assert errors(report) == {"zip-method", "checksum-mismatch"}
    assert {finding.path for finding in report.findings} == {"data/a.tif", "data/drawer/b.tif"}


def test_rules_of_archives_are_not_said_to_be_of_the_rfc(tmp_path: Path) -> None:
    rules = {finding.rule for finding in judge(tmp_path, tar_bytes(bag_files(), top="")).findings}
    assert rules == {"draft-kunze-bagit-14, 4"}


def unflagged_zip(*, made_on: int, second: str | None = None) -> bytes:
    """Names in UTF-8 without the flag that says so, as Info-ZIP writes them; perhaps with a second name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        for path, data in bag_files({"data/Ñandú.tif": b"x"}).items():
            info = zipfile.ZipInfo("bag/" + path)
            info.create_system = made_on
            if second is not None and not path.isascii():
                told = zlib.crc32(info.filename.encode())
                info.extra = struct.pack("<2HBI", 0x7075, 5 + len(second.encode()), 1, told) + second.encode()
            opened.writestr(info, data)
    whole = bytearray(target.getvalue())
    for mark, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = whole.find(mark)
        while at >= 0:
            whole[at + flags_at + 1] &= 0xF7
            at = whole.find(mark, at + 4)
    return bytes(whole)


def test_names_in_zips_of_unix_are_utf8_without_saying_so(tmp_path: Path) -> None:
    assert judge(tmp_path, unflagged_zip(made_on=3)).valid
    assert judge(tmp_path, unflagged_zip(made_on=3, second="bag/data/Ñandú.tif")).valid
    assert judge(tmp_path, unflagged_zip(made_on=0, second="bag/data/Ñandú.tif")).valid
    assert "file-missing" in errors(judge(tmp_path, unflagged_zip(made_on=0)))
    other = errors(judge(tmp_path, unflagged_zip(made_on=3, second="bag/data/Other.tif")))
    assert "zip-header-lies" in other


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_a_name_twice(tmp_path: Path) -> None:
    assert "member-twice" in errors(judge(tmp_path, zip_with(("bag/data/a.tif", b"other"))))


def test_zip_members_that_share_their_bytes(tmp_path: Path) -> None:
    data = patched_zip(lambda info: setattr(info, "compress_size", info.compress_size + 50))
    assert "zip-overlap" in errors(judge(tmp_path, data))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_a_damaged_archive_is_a_finding_never_a_crash(format_name: str, data: st.DataObject) -> None:
    whole = bytearray(FORMATS[format_name](bag_files()))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    store = MemoryStore("memory")
    store.put("bag", bytes(whole) or b"x")
    try:
        report = validate_source(open_stored(store, "bag"))
    except BadInput:
        return  # its first bytes are of no archive any more
    assert all(finding.sentence for finding in report.findings)


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0\\"), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.sets(NAMES.filter(lambda name: name not in {".", ".."}), min_size=1, max_size=6))
def test_any_names_make_a_round_trip(found: set[str]) -> None:
    files = bag_files({f"data/{number}/{name}": name.encode() for number, name in enumerate(sorted(found))})
    for pack in FORMATS.values():
        store = MemoryStore("memory")
        store.put("bag", pack(files))
        assert errors(validate_source(open_stored(store, "bag"))) == set()


def test_loose_files_in_a_store() -> None:
    store = MemoryStore("memory")
    for path, data in bag_files().items():
        store.put(f"some/bag/{path}", data)
    assert validate_source(open_stored(store, "some/bag")).findings == ()
    store.put("some/bag/data/extra", b"x")
    assert errors(validate_source(open_stored(store, "some/bag/"))) == {"file-unlisted", "oxum-mismatch"}
    with pytest.raises(BadInput):
        open_stored(store, "other")


def test_what_is_no_archive_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        judge(tmp_path, struct.pack("<I", 7) * 1000)


def test_severities_are_what_programs_are_promised(tmp_path: Path) -> None:
    report = validate(write_bag(tmp_path / "bag", bag_files(changed={"data/.DS_Store": b"x"})))
    assert {finding.severity for finding in report.findings} == {Severity.ERROR, Severity.WARNING}


def test_old_tars_are_known_by_their_checksum() -> None:
    data = bytearray(tar_bytes(bag_files()))
    for start in range(0, len(data) - 1024, 512):
        if data[start + 257 : start + 262] == b"ustar":
            data[start + 257 : start + 265] = bytes(8)
            block = data[start : start + 512]
            total = sum(block) - sum(block[148:156]) + 256
            data[start + 148 : start + 156] = b"%06o\0 " % total
    store = MemoryStore("memory")
    store.put("bag", bytes(data))
    assert validate_source(open_stored(store, "bag")).valid


def test_large_tag_files_are_unpacked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(unpacking, "_KEEP_BYTES", 100)
    assert judge(tmp_path, tar_bytes(bag_files(), mode="w:gz")).valid


class Unpackings:
    """Counts how often a gzip stream was begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = 0
        plain = unpacking.Gunzipped.__init__

        def counting(stream: unpacking.Gunzipped, archive: BytesAt) -> None:
            self.begun += 1
            plain(stream, archive)

        monkeypatch.setattr(unpacking.Gunzipped, "__init__", counting)


@pytest.mark.parametrize(
    ("algorithms", "passes"), [(("sha256", "sha512"), 1), (("sha256",), 1), (("md5",), 2)]
)
def test_a_gzipped_tar_is_unpacked_once_if_its_algorithms_are_the_usual(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, algorithms: tuple[str, ...], passes: int
) -> None:
    unpackings = Unpackings(monkeypatch)
    files = bag_files({**PAYLOAD, "data/big": bytes(3_000_000), "data/empty": b""}, algorithms=algorithms)
    assert judge(tmp_path, tar_bytes(files, mode="w:gz")).valid
    assert unpackings.begun == passes
    files["data/big"] = bytes(2_999_999) + b"x"
    files["data/empty"] = b""
    report = judge(tmp_path, tar_bytes(files, mode="w:gz"))
    assert {finding.path for finding in report.findings if finding.code == "checksum-mismatch"} == {
        "data/big"
    }


def test_a_file_with_files_below_it_is_no_bag(tmp_path: Path) -> None:
    below = bag_files({"data/a": b"1", "data/a/b/c": b"2"})
    for pack in FORMATS.values():
        assert errors(judge(tmp_path, pack(below))) == {"name-below-file"}
    store = MemoryStore("memory")
    for path, data in below.items():
        store.put(f"bag/{path}", data)
    assert errors(validate_source(open_stored(store, "bag"))) == {"name-below-file"}
