"""Holes are filled only when asked for, from the public network alone, and with the right bytes."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from archive.validating import validate
from archive.validating.fetching import fill
from archive.validating.network import Reader, is_public
from service.cli.validate import validate as validate_command
from tests.archive.validating.bags import bag_files, errors, write_bag

A = "data/a.tif"
INSIDE, OUTSIDE = "127.0.0.2", "127.0.0.1"


class Handler(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
            return
        body = {"/a": b"first\n", "/long": b"first\n" * 1000, "/short": b"fir", "/other": b"First\n"}.get(
            self.path
        )
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    Handler.asked = []
    with ThreadingHTTPServer(("", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def names(host: str, port: int) -> list[str]:
    return [{"world.example": OUTSIDE, "evil.example": INSIDE}.get(host, host)]


WORLD = Reader(allows=lambda address: str(address) == OUTSIDE, resolve=names)


def holey(folder: Path, url: str, length: str = "6", path: str = A) -> Path:
    files = bag_files(changed={"fetch.txt": f"{url} {length} {path}\n".encode()})
    del files[A]
    return write_bag(folder / "bag", files)


@pytest.mark.parametrize("length", ["6", "-"])
@pytest.mark.parametrize("route", ["/a", "/to//a"])
def test_a_hole_is_filled(tmp_path: Path, port: int, route: str, length: str) -> None:
    bag = holey(tmp_path, f"http://world.example:{port}{route}", length)
    assert errors(validate(bag)) == {"fetch-pending"}
    assert Handler.asked == []
    assert fill(bag, reader=WORLD) == []
    assert validate(bag).valid
    assert fill(bag, reader=WORLD) == []


REFUSED = {
    "inside": ("http://evil.example:{port}/a", "6", "fetch-refused"),
    "redirected_inside": (
        "http://world.example:{port}/to/http://evil.example:{port}/a",
        "6",
        "fetch-refused",
    ),
    "redirected_to_a_file": ("http://world.example:{port}/to/file:///etc/passwd", "6", "fetch-refused"),
    "a_file": ("file:///etc/passwd", "6", "fetch-refused"),
    "with_a_password": ("http://me:secret@world.example:{port}/a", "6", "fetch-refused"),
    "longer": ("http://world.example:{port}/long", "6", "fetch-too-long"),
    "shorter": ("http://world.example:{port}/short", "6", "fetch-too-short"),
    "other_bytes": ("http://world.example:{port}/other", "6", "fetch-mismatch"),
    "not_there": ("http://world.example:{port}/x", "6", "fetch-failed"),
    "nobody_listens": ("http://world.example:1/x", "6", "fetch-failed"),
    "round_and_round": ("http://world.example:{port}" + "/to/" * 9 + "a", "6", "fetch-failed"),
    "no_port": ("http://world.example:99999/x", "6", "fetch-failed"),
}


@pytest.mark.parametrize(("url", "length", "code"), REFUSED.values(), ids=REFUSED)
def test_a_hole_that_stays(tmp_path: Path, port: int, url: str, length: str, code: str) -> None:
    bag = holey(tmp_path, url.format(port=port), length)
    assert [finding.code for finding in fill(bag, reader=WORLD)] == [code]
    assert errors(validate(bag)) >= {"fetch-pending"}
    assert [path.name for path in (bag / "data").iterdir()] == ["drawer"]


def test_the_address_that_was_checked_is_the_one_connected_to(tmp_path: Path, port: int) -> None:
    answers = iter([[OUTSIDE], [INSIDE]])
    reader = Reader(allows=lambda address: str(address) == OUTSIDE, resolve=lambda host, port: next(answers))
    assert fill(holey(tmp_path, f"http://world.example:{port}/a"), reader=reader) == []


def test_one_address_inside_among_others_is_enough_to_refuse(tmp_path: Path, port: int) -> None:
    reader = Reader(allows=WORLD.allows, resolve=lambda host, port: [OUTSIDE, INSIDE])
    bag = holey(tmp_path, f"http://world.example:{port}/a")
    assert [finding.code for finding in fill(bag, reader=reader)] == ["fetch-refused"]
    assert Handler.asked == []


def test_no_folder_is_entered_through_a_link(tmp_path: Path, port: int) -> None:
    files = bag_files(
        {"data/in/a.tif": b"first\n"},
        changed={"fetch.txt": f"http://world.example:{port}/a 6 data/in/a.tif\n".encode()},
    )
    del files["data/in/a.tif"]
    bag = write_bag(tmp_path / "bag", files)
    (tmp_path / "elsewhere").mkdir()
    (bag / "data/in").symlink_to(tmp_path / "elsewhere")
    assert [finding.code for finding in fill(bag, reader=WORLD)] == ["fetch-failed"]
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::",
        "64:ff9b::7f00:1", "::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:db8::1", "fec0::1",
    ],
)  # fmt: skip
def test_addresses_inside(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_world(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "localhost", "[::1]"])
def test_the_command_reads_nothing_from_this_machine(
    tmp_path: Path, port: int, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = holey(tmp_path, f"http://{host}:{port}/a")
    assert validate_command([str(bag)], fetch=True) == 1
    assert Handler.asked == []
    assert "[fetch-refused; RFC 8493, 2.2.3]" in capsys.readouterr().out or host == "[::1]"


def test_only_folders_are_filled(tmp_path: Path) -> None:
    (tmp_path / "bag.tar").write_bytes(b"x")
    assert validate_command([str(tmp_path / "bag.tar")], fetch=True) == 2
