"""What is handed to deposits, and asked of what they left, and is wrong: one sentence with file, rule and way
out, exit status 2, and no trace.
"""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from service.cli.main import run
from tests.service.test_bad_input import files

Said = pytest.CaptureFixture[str]
Prepares = Callable[[Path], None]


def nothing(_: Path) -> None: ...


def holding(name: str, data: bytes) -> Prepares:
    def prepare(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)

    return prepare


def tar_of_links(folder: Path) -> None:
    with tarfile.open(folder / "in.tar", "w") as made:
        for name, kind in (
            ("a.jpg", tarfile.SYMTYPE),
            ("b.jpg", tarfile.LNKTYPE),
            ("c.jpg", tarfile.CHRTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            made.addfile(member)


def tar_cut_short(folder: Path) -> None:
    with tarfile.open(folder / "in.tar", "w") as made:
        made.add(folder / "source", "source")
    (folder / "in.tar").write_bytes((folder / "in.tar").read_bytes()[:2000])


def zip_that_climbs(folder: Path) -> None:
    with zipfile.ZipFile(folder / "in.zip", "w") as made:
        made.writestr("../../a.jpg", (folder / "source" / "sheet-001.jpg").read_bytes())


def zip_that_lies(folder: Path) -> None:
    with zipfile.ZipFile(folder / "in.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.write(folder / "source" / "sheet-001.jpg", "a.jpg")
    data = bytearray((folder / "in.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 16] ^= 1
    (folder / "in.zip").write_bytes(data)


def deposit(source: str = "source", *words: str) -> tuple[str, ...]:
    return ("deposit", source, "-c", "herb", *words)


WITH_TABLE = deposit("source", "--metadata", "m.csv")
NUMBER_HINT = "Give records with catalogNumber, fileName or accessURI"
BAD: dict[str, tuple[Prepares, tuple[str, ...], tuple[str, ...]]] = {
    # what is deposited
    "a source that is nowhere": (nothing, deposit("none"), ("none", "No such file", "Give a folder")),
    "a source without an image": (
        holding("in/a.txt", b"x"),
        deposit("in"),
        ("in holds no image", "Name the folder"),
    ),
    "a source of broken images": (
        holding("in/a.jpg", b"\xff\xd8\xff"),
        deposit("in"),
        ("'a.jpg': it is a broken JPEG image", "ends at byte 3"),
    ),
    "a source that is a text": (
        holding("a", b"x" * 600),
        deposit("a"),
        ("a is not a folder", "no tar or zip"),
    ),
    "a source packed by RAR": (
        holding("a.rar", b"Rar!" + bytes(600)),
        deposit("a.rar"),
        ("a.rar", "RAR", "Unpack it"),
    ),
    "a tar of links and devices": (tar_of_links, deposit("in.tar"), ("in.tar", "'a.jpg'", "not a file")),
    "a tar that was cut": (tar_cut_short, deposit("in.tar"), ("in.tar", "was cut short", "Unpack it")),
    "a zip that climbs": (zip_that_climbs, deposit("in.zip"), ("'../../a.jpg'", "'..' part")),
    "a zip that lies": (zip_that_lies, deposit("in.zip"), ("in.zip", "'a.jpg'", "CRC-32", "Name the folder")),
    "the house itself": (nothing, deposit("."), ("store 'hot'", "one inside the other", "Deposit a folder")),
    "what Holdfast keeps": (
        nothing,
        deposit("hot:packages/"),
        ("hot:packages/", "itself keeps", "hot:incoming"),
    ),
    # what is said of it
    "a table that is nowhere": (
        nothing,
        WITH_TABLE,
        ("m.csv is not there", "looked for in", "Give its path"),
    ),
    "a table without records": (holding("m.csv", b"catalogNumber\n"), WITH_TABLE, ("m.csv", NUMBER_HINT)),
    "a table of nothing known": (holding("m.csv", b"a,b\n1,2\n"), WITH_TABLE, ("m.csv", NUMBER_HINT)),
    "a table of a million columns": (
        holding("m.csv", b",".join(b"c%d" % number for number in range(10**6))),
        WITH_TABLE,
        ("m.csv, line 1", "5,000", "one row per specimen"),
    ),
    "a cell of ten million signs": (
        holding("m.csv", b"catalogNumber,a\n1," + b"x" * 10**7),
        WITH_TABLE,
        ("m.csv, line 2", "1,048,576", "files of their own"),
    ),
    "a table with half a quotation": (
        holding("m.csv", b'catalogNumber,a\n1,"x\n2,y\n'),
        WITH_TABLE,
        ("m.csv, line 2", "never closed", "Look for"),
    ),
    "a table that is an image": (
        holding("m.csv", b"\xff\xd8\xff"),
        WITH_TABLE,
        ("m.csv", "an image", "Give a table"),
    ),
    # how
    "a collection that climbs": (
        nothing,
        ("deposit", "source", "-c", "../x"),
        ("'../x'", "a-z", "nhmuk-pinned"),
    ),
    "a bag of lots": (nothing, deposit("source", "--bag-bytes", "lots"), ("'lots'", "512 MB")),
    "a bag of nothing": (nothing, deposit("source", "--bag-bytes", "0"), ("--bag-bytes", "512 MB")),
    "a check of hope": (nothing, deposit("source", "--check", "hope"), ("'hope'", "structure or decode")),
    "receipts into a file": (
        holding("r", b"x"),
        deposit("source", "--receipt", "r"),
        ("r", "File exists", "--receipt"),
    ),
    # validate
    "no such bag": (nothing, ("validate", "none"), ("none is not there", "Give a folder")),
    "a bag that is a text": (holding("a", b"x" * 600), ("validate", "a"), ("a is no tar", "Give a folder")),
    "a folder without a bag": (nothing, ("validate", "source"), ("no bag in source", "bagit.txt")),
    "no such profile": (nothing, ("validate", "source", "--profile", "p"), ("profile p", "Give a JSON file")),
    "a profile that is none": (
        holding("p.json", b"{"),
        ("validate", "source", "--profile", "p.json"),
        ("p.json", "Invalid JSON", "bagit-profiles"),
    ),
    "a key that is nowhere": (
        nothing,
        ("validate", "--store", "hot", "none"),
        ("hot holds neither", "none", "A key is"),
    ),
    # find, get, export, verify, withdraw
    "a size that is none": (nothing, ("find", "--size", "big"), ("'big'", "bytes", "'>10MB'")),
    "a day that is none": (nothing, ("find", "--captured", "then"), ("'then' is no date", "2024-05-17")),
    "a query that writes": (nothing, ("find", "--sql", "drop view images"), ("no SELECT", "One SELECT")),
    "a query of files": (nothing, ("find", "--sql", "from 'holdfast.toml'"), ("holdfast.toml", "One SELECT")),
    "a table of no form": (nothing, ("find", "-o", "x.doc"), ("x.doc", ".csv", "For example: x.csv")),
    "an image that is none": (nothing, ("get", "../../x"), ("'../../x' is not an image", "holdfast find")),
    "a folder in the way": (
        nothing,
        ("export", "PACKAGE", "source"),
        ("source is there already", "Name one"),
    ),
    "an image onto a file": (
        holding("out.jpg", b"x"),
        ("get", "PACKAGE.1", "-o", "out.jpg"),
        ("out.jpg is there already", "Name another"),
    ),
    "an image into no folder": (
        nothing,
        ("get", "PACKAGE.1", "-o", "no/x.jpg"),
        ("no does not exist", "Make it"),
    ),
    "a share of everything twice": (nothing, ("verify", "--sample", "200%"), ("'200%'", "--sample 5%")),
    "a store that is none": (nothing, ("verify", "--store", "none"), ("'none'", "hot, cold")),
    "a reason of nothing": (
        nothing,
        ("withdraw", "PACKAGE", "--reason", " "),
        ("A reason", "one line", "Say it"),
    ),
    "a reason of two lines": (nothing, ("withdraw", "PACKAGE", "--reason", "a\nb"), ("A reason", "one line")),
}


@pytest.mark.parametrize(("prepare", "words", "says"), BAD.values(), ids=BAD)
def test_it_is_told_and_leaves_nothing(
    folder: Path, capsys: Said, prepare: Prepares, words: tuple[str, ...], says: tuple[str, ...]
) -> None:
    prepare(folder)
    (package,) = (folder / "stores" / "hot").rglob("packages/*")
    words = tuple(word.replace("PACKAGE", package.name) for word in words)
    before = files(folder)
    capsys.readouterr()
    assert run(list(words)) == 2
    said = capsys.readouterr()
    told = " ".join(said.err.split())
    assert said.out == ""
    assert [word for word in says if word not in told] == [], told
    assert "Traceback" not in told
    assert files(folder) == before
    assert list((folder / "catalogue" / "deposits").iterdir()) == []


def test_a_first_deposit_that_is_refused_leaves_no_folder_for_receipts(folder: Path) -> None:
    assert run(["deposit", "none", "-c", "herb", "--receipt", "new"]) == 2
    assert not (folder / "new").exists()
    (folder / "old").mkdir()
    assert run(["deposit", "none", "-c", "herb", "--receipt", "old"]) == 2
    assert (folder / "old").exists()
