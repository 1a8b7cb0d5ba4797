from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from holdings.observing import Advanced, Finished, Happening, Retried, Started, Waiting
from service.cli.progress import Bars, Log, Words, watching

LONG_WORK: list[Happening] = [
    Started(job="reading", total_bytes=10),
    Advanced(job="reading", size_bytes=10),
    Finished(job="reading"),
]


def test_nothing_is_drawn_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as observer:
        for happening in LONG_WORK:
            observer(happening)
    assert capsys.readouterr() == ("", "")


def test_waiting_is_said_once_for_each_thing(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as observer:
        observer(Waiting(what="another command", seconds_left=30))
        observer(Waiting(what="another command", seconds_left=29))
    said = capsys.readouterr()
    assert said.err == "Waiting for another command (at most 30 s more).\n"
    assert said.out == ""


def test_every_second_try_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with watching() as observer:
        for attempt in (2, 3):
            observer(Retried(store="cold", verb="get", attempt=attempt, because="503 Slow Down"))
    assert capsys.readouterr().err.splitlines() == [
        "Asking cold again to get (attempt 2): 503 Slow Down",
        "Asking cold again to get (attempt 3): 503 Slow Down",
    ]


def test_bars_follow_jobs_of_any_name() -> None:
    progress = Progress(console=Console(file=io.StringIO()))
    bars = Bars(progress, Words(lambda _: None))
    bars(Advanced(job="never begun", size_bytes=1))
    bars(Started(job="[red]a/b", total_bytes=10))
    bars(Started(job="of unknown size", total_bytes=None))
    bars(Advanced(job="[red]a/b", size_bytes=4))
    assert [(task.description, task.completed, task.total) for task in progress.tasks] == [
        ("[red]a/b", 4, 10),
        ("of unknown size", 0, None),
    ]
    bars(Finished(job="[red]a/b"))
    bars(Finished(job="[red]a/b"))
    assert [task.description for task in progress.tasks] == ["of unknown size"]


def test_where_there_are_no_bars_a_line_now_and_then_tells_when_it_ends() -> None:
    said: list[str] = []
    clock = iter([0.0, 0.0, 30.0, 60.0, 60.0, 90.0, 130.0, 130.0])
    log = Log(Words(said.append), said.append, now=lambda: next(clock))
    log(Started(job="applying", total_bytes=1_000_000_000))
    log(Advanced(job="applying", size_bytes=100_000_000))
    log(Advanced(job="applying", size_bytes=100_000_000))
    log(Advanced(job="applying", size_bytes=300_000_000))
    log(Advanced(job="never begun", size_bytes=1))
    log(Advanced(job="applying", size_bytes=150_000_000))
    log(Finished(job="applying"))
    assert said == [
        "applying: 200 MB of 1.00 GB, 3.33 MB a second, about 0:04:00 left.",
        "applying: 650 MB of 1.00 GB, 5.00 MB a second, about 0:01:10 left.",
    ]
