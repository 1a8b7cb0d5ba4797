"""Each exit status really occurs, as a process of its own sees it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.cli.main import run
from tests.kit.commands import holdfast
from tests.kit.pictures import write_pictures

PROGRAM = [sys.executable, "-c", "from service.cli.main import main; main()"]


Said = pytest.CaptureFixture[str]


def document(said: Said) -> Any:
    """The one JSON document on stdout."""
    return json.loads(said.readouterr().out)


def test_done_is_0_and_words_go_to_stdout(folder: Path) -> None:
    ran = holdfast("verify", folder=folder)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.endswith("all good.\n")


def test_a_damaged_copy_is_1(folder: Path, capsys: Said) -> None:
    (bag,) = folder.glob("stores/hot/**/bag.tar*")
    damaged = bytearray(bag.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    bag.chmod(0o644)
    bag.write_bytes(damaged)
    assert run(["verify", "--json"]) == 1
    found = document(capsys)
    assert found["good"] is False
    assert [copy["finding"] for copy in found["copies"]] == ["corrupt"]


def test_an_unknown_image_is_1(folder: Path, capsys: Said) -> None:
    assert run(["get", "sheets-000000000000.1", "-o", "x", "--json"]) == 1
    assert document(capsys)["error"]["kind"] == "not-found"
    assert not (folder / "x").exists()


def test_a_deposit_that_could_not_take_everything_is_1(folder: Path, capsys: Said) -> None:
    """And holds the rest; what only an operating system made is missed by nobody."""
    new = write_pictures(folder / "new", 2, seed=7)
    (folder / "new" / "Thumbs.db").write_bytes(b"x")
    assert run(["deposit", "new", "-c", "new", "--json"]) == 0
    assert document(capsys)["missed"] == 0
    new[0].write_bytes(new[0].read_bytes()[:-20])
    assert run(["deposit", "new", "-c", "new", "--json"]) == 1
    told = document(capsys)
    assert (told["accepted"], told["missed"], len(told["left_out"])) == (1, 1, 2)
    assert run(["deposit", "new", "-c", "new"]) == 1
    assert "Keep the source: 1 file of it is in no bag." in capsys.readouterr().out


def test_a_package_below_the_policy_is_1(folder: Path, capsys: Said) -> None:
    assert run(["tier", "status"]) == 0
    capsys.readouterr()
    assert run(["tier", "status", "--now", "+400d", "--json"]) == 1
    assert len(document(capsys)["below_policy"]) == 1


def test_a_plan_that_no_longer_fits_is_1(folder: Path, capsys: Said) -> None:
    assert run(["tier", "plan", "--now", "+400d", "-o", "plan.json"]) == 0
    policy = folder / "policy.toml"
    policy.write_text(policy.read_text().replace("365", "300"))
    capsys.readouterr()
    assert run(["tier", "apply", "plan.json", "--json"]) == 1
    assert document(capsys)["error"]["kind"] == "plan-refused"


def test_a_catalogue_that_forgot_a_package_is_1(folder: Path, capsys: Said) -> None:
    assert run(["catalogue", "check"]) == 0
    (manifest,) = folder.glob("stores/hot/packages/*/manifest.json*")
    manifest.unlink()
    capsys.readouterr()
    assert run(["catalogue", "check", "--json"]) == 1
    assert document(capsys)["ok"] is False


BAD = [
    ("find --bogus", "usage"),
    ("find --limit many", "usage"),
    ("nonsense", "usage"),
    ("deposit", "usage"),
    ("deposit nowhere -c sheets", "bad-input"),
    ("deposit source -c Not-An-Id", "bad-input"),
    ("tier plan --now soon", "bad-input"),
    ("tier apply missing.json", "bad-input"),
    ("capacity run missing.toml", "bad-input"),
    ("find --settings missing.toml", "bad-input"),
    ("init", "bad-input"),
    ("verify --store nowhere", "bad-input"),
    ("catalogue rebuild --without nowhere", "bad-input"),
    ("catalogue backup source", "bad-input"),
    ("tier plan -o no/such/folder/plan.json", "bad-input"),
]


@pytest.mark.parametrize(("words", "kind"), BAD, ids=[words for words, _ in BAD])
def test_bad_input_is_2(folder: Path, capsys: Said, words: str, kind: str) -> None:
    assert run([*words.split(), "--json"]) == 2
    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert error["kind"] == kind
    assert said.err.startswith(error["sentence"])
    assert "Traceback" not in said.err


def test_no_settings_is_2_and_names_the_way_out(tmp_path: Path) -> None:
    ran = holdfast("find", folder=tmp_path)
    assert ran.status == 2
    assert "holdfast init" in ran.err


def test_a_store_that_is_not_there_is_3(folder: Path, capsys: Said) -> None:
    (folder / "stores/hot").rename(folder / "stores/unplugged")
    assert run(["verify", "--json"]) == 3
    assert document(capsys)["copies"][0]["finding"] == "unknown"
    assert run(["catalogue", "check"]) == 3
    (folder / "stores/unplugged").rename(folder / "stores/hot")
    assert run(["verify"]) == 0, "what was unknown was not taken for a loss"


def test_a_lost_catalogue_is_3_and_not_below_the_policy(folder: Path, capsys: Said) -> None:
    (catalogue,) = folder.glob("catalogue/*.duckdb")
    catalogue.unlink()
    for words in ("tier status", "tier plan", "verify", "find"):
        capsys.readouterr()
        assert run([*words.split(), "--json"]) == 3
        assert document(capsys)["error"]["kind"] == "catalogue-lost"
    assert not catalogue.exists()
    assert run(["catalogue", "rebuild"]) == 0
    assert run(["tier", "status"]) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupt_is_4_and_the_same_command_then_finishes(folder: Path, number: signal.Signals) -> None:
    settings = folder / "holdfast.toml"
    slow = settings.read_text().replace('domain = "disk-a"', 'domain = "disk-a"\nbytes_per_second = "100 kB"')
    write_pictures(folder / "big", 1, size=(600, 500))
    settings.write_text(slow)
    words = ["deposit", "big", "-c", "big", "--json"]
    # A test run in the background of a script ignores Ctrl-C, and so would whatever it starts.
    heeding = signal.signal(number, signal.SIG_DFL)
    try:
        process = subprocess.Popen(
            [*PROGRAM, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(number, heeding)
    wait_until(lambda: any(folder.glob("stores/hot/packages/big-*")), process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    assert json.loads(out)["error"]["kind"] == "interrupted"
    assert err == "Interrupted; safe to run again.\n"
    settings.write_text(slow.replace('bytes_per_second = "100 kB"', ""))
    assert holdfast(*words, folder=folder).json["accepted"] == 1


def wait_until(true: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until `true()`, while the process lives."""
    until = time.monotonic() + 60
    while not true():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_reader_that_went_away_is_no_trouble(folder: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*PROGRAM, "find"], cwd=folder, stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (4, "")


FAULTY = (
    "import sys, service.cli.find as module\n"
    "def broken(settings): raise RuntimeError('the roof is off')\n"
    "module.open_here = broken\n"
    "from service.cli.main import run\n"
    "sys.exit(run(sys.argv[1:]))"
)


def test_a_fault_of_our_own_is_70_and_one_sentence(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FAULTY, "find", "--json"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 70
    assert json.loads(ran.stdout)["error"]["kind"] == "fault"
    assert "RuntimeError: the roof is off" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("words", "env"),
    [(["--debug", "find"], {}), (["find"], {"HOLDFAST_DEBUG": "1"})],
    ids=["option", "variable"],
)
def test_debug_shows_where(words: list[str], env: dict[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FAULTY, *words],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 70
    assert "Traceback" in ran.stderr


def test_settings_are_found_from_a_folder_below(folder: Path) -> None:
    below = folder / "source"
    assert len(holdfast("find", "--json", folder=below).json) == 2


def test_settings_are_taken_from_the_environment(folder: Path, tmp_path: Path) -> None:
    env = {"HOLDFAST_SETTINGS": str(folder / "holdfast.toml")}
    assert len(holdfast("find", "--json", folder=tmp_path, env=env).json) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_after_the_answer_does_not_change_the_status(number: signal.Signals) -> None:
    """Python takes a while to end once libraries are loaded; the answer was given by then."""
    late = (
        f"import atexit, os\natexit.register(os.kill, os.getpid(), {int(number)})\n"
        "from service.cli.main import main\nmain()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", late, "--version"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("holdfast ")
