"""The page in a real browser: it opens, says nothing on the console and asks nothing of the network."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import xarray as xr

from holdings.house import House
from reports.projection.gathering import gather_capacity
from reports.projection.view import view_capacity
from reports.writing import write_report

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
_OWN = "not an origin"


def chromium(folder: Path, page: str, *flags: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no chromium on this machine")
    return subprocess.run(
        [program, *_FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, page],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def asked_for(log: Path) -> set[str]:
    """Every URL that a page requested, by the browser's log; not what the browser asks for itself."""
    text = log.read_text().rstrip().rstrip(",")
    events = json.loads(text if text.endswith("}") else text + "]}")["events"]
    told = [event.get("params", {}) for event in events]
    return {str(each["url"]) for each in told if each.get("initiator", _OWN) != _OWN and "url" in each}


@pytest.fixture(scope="module")
def written(house: House, result: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    report = view_capacity(gather_capacity([result], house))
    return write_report(report, tmp_path_factory.mktemp("page") / "report.html")


def test_it_is_silent_and_asks_for_nothing(tmp_path: Path, written: Path) -> None:
    log = tmp_path / "net.json"
    ran = chromium(
        tmp_path, written.as_uri(), "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom"
    )
    assert [line for line in ran.stderr.splitlines() if "CONSOLE" in line] == []
    assert {url for url in asked_for(log) if not url.startswith("data:")} == set()
    assert ran.stdout.count("<svg") == written.read_text().count("<svg")
    assert ran.stdout.count("<table") == written.read_text().count("<table")


def test_a_page_that_asks_would_be_noticed(tmp_path: Path) -> None:
    page, log = tmp_path / "page.html", tmp_path / "net.json"
    page.write_text('<img src="http://example.invalid/pixel.png"><script>console.error("no")</script>')
    ran = chromium(tmp_path, page.as_uri(), "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom")
    assert "http://example.invalid/pixel.png" in asked_for(log)
    assert "CONSOLE" in ran.stderr


@pytest.mark.parametrize("width", [400, 1000])
def test_nothing_is_wider_than_the_window(tmp_path: Path, written: Path, width: int) -> None:
    """Measured by a script in a frame of that width; a headless window itself is never below 500."""
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe src="{written.as_uri()}" style="width:{width}px;height:900px;border:0" onload="'
        "const page = this.contentDocument.documentElement;"
        "document.title = page.scrollWidth + ' ' + page.clientWidth"
        '"></iframe>'
    )
    ran = chromium(
        tmp_path, frame.as_uri(), "--allow-file-access-from-files", "--virtual-time-budget=5000", "--dump-dom"
    )
    scroll, client = ran.stdout.split("<title>")[1].split("</title>")[0].split()
    assert (int(scroll), int(client)) == (width, width)


def test_a_screenshot_has_a_picture(tmp_path: Path, written: Path) -> None:
    chromium(tmp_path, written.as_uri(), "--window-size=1000,1400", f"--screenshot={tmp_path / 'shot.png'}")
    assert (tmp_path / "shot.png").stat().st_size > 40_000
