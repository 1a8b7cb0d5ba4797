"""The page in a real browser: it opens, says nothing on the console and asks nothing of the network."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

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


@pytest.fixture
def written(capacity_page: str, tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(capacity_page, encoding="utf-8")
    return path


def test_it_is_silent_and_asks_for_nothing(tmp_path: Path, written: Path) -> None:
    log = tmp_path / "net.json"
    ran = chromium(
        tmp_path, written.as_uri(), "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom"
    )
    assert [line for line in ran.stderr.splitlines() if "CONSOLE" in line] == []
    assert {url for url in asked_for(log) if not url.startswith("data:")} == set()
    assert ran.stdout.count("<svg") == written.read_text().count("<svg")
    assert ran.stdout.count("<table") == written.read_text().count("<table")
    assert 'type="range"' in ran.stdout, "the page's own script ran"


def test_a_page_that_asks_would_be_noticed(tmp_path: Path) -> None:
    page, log = tmp_path / "page.html", tmp_path / "net.json"
    page.write_text('<img src="http://example.invalid/pixel.png"><script>console.error("no")</script>')
    ran = chromium(tmp_path, page.as_uri(), "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom")
    assert "http://example.invalid/pixel.png" in asked_for(log)
    assert "CONSOLE" in ran.stderr


_PROBE = """
const page = frame.contentDocument, window_ = frame.contentWindow, found = {};
found.widths = [page.documentElement.scrollWidth, page.documentElement.clientWidth];
const shown = [...page.querySelectorAll("a[href], button, input, summary, [tabindex]")].filter(
  (one) => one.checkVisibility({ contentVisibilityAuto: true }));
found.unreachable = shown.filter((one) => { one.focus(); return page.activeElement !== one; }).length;
found.reachable = shown.length;
const svg = [...page.querySelectorAll("svg[data-marks]")].find((one) => one.getClientRects().length);
const figure = svg.closest("figure"), reading = page.querySelector(".reading");
svg.focus();
svg.dispatchEvent(new window_.KeyboardEvent("keydown", { key: "Home", bubbles: true }));
svg.dispatchEvent(new window_.KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
found.reading = reading.textContent;
found.row = [...figure.querySelectorAll("tr")[2].children].map((cell) => cell.textContent);
svg.dispatchEvent(new window_.KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
found.hushed = reading.classList.contains("off");
const range = page.querySelector("input[type=range]");
range.value = 0;
range.dispatchEvent(new window_.Event("input"));
found.year = page.querySelector(".slider output").textContent;
found.cards = [...page.querySelector(".year-cards").querySelectorAll("dd")].map((one) => one.textContent);
found.first = [...page.querySelectorAll(".slider tr")[1].children].map((cell) => cell.textContent);
found.marked = page.querySelectorAll("line.year").length;
const chapters = [...page.querySelectorAll("[data-chapter]")];
found.shown = chapters.map((one) => one.getClientRects().length > 0);
page.querySelectorAll("[data-choice]")[1].click();
found.chosen = chapters.map((one) => one.getClientRects().length > 0);
found.current = [...page.querySelectorAll("nav [aria-current]")].map((one) => one.dataset.choice);
page.querySelector(".every").click();
found.every = chapters.map((one) => one.getClientRects().length > 0);
"""
_WIDTHS = (400, 1000, 1600)


def test_it_fits_and_hands_and_keys_reach_everything(tmp_path: Path, two_plans_page: str) -> None:
    """Tried by a script beside frames of three widths; a headless window itself is never below 500."""
    frame, page = tmp_path / "frame.html", tmp_path / "page.html"
    page.write_text(two_plans_page, encoding="utf-8")
    frames = "".join(
        f'<iframe id="{width}" src="{page.as_uri()}" style="width:{width}px;height:900px;border:0"></iframe>'
        for width in _WIDTHS
    )
    frame.write_text(
        f"{frames}<script>const every = {{}};\n"
        f"const probe = (frame) => {{ {_PROBE} every[frame.id] = found; }};\n"
        "window.onload = () => { document.querySelectorAll('iframe').forEach(probe);"
        " document.title = JSON.stringify(every); }</script>"
    )
    ran = chromium(
        tmp_path, frame.as_uri(), "--allow-file-access-from-files", "--virtual-time-budget=5000", "--dump-dom"
    )
    every = json.loads(html.unescape(ran.stdout.split("<title>")[1].split("</title>")[0]))
    assert [int(width) for width in every] == list(_WIDTHS)
    for width, found in every.items():
        _assert_handy(found, int(width))


def _assert_handy(found: dict[str, Any], width: int) -> None:
    assert found["widths"] == [width, width]
    assert found["unreachable"] == 0
    assert found["reachable"] > 40
    assert all(cell in found["reading"] for cell in found["row"])
    assert found["hushed"]
    assert found["year"] == found["first"][0] == "2027"
    assert found["cards"] == found["first"][1:]
    assert found["marked"] > 5
    assert (found["shown"], found["chosen"]) == ([True, False], [False, True])
    assert found["current"] == ["p2"]
    assert found["every"] == [True, True]
