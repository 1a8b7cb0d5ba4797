from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from holdings.errors import BadInput
from holdings.records import Copy, CopyStatus
from service.cli.answering import Lazily, answer, complain, plain, printable

COPY = Copy(
    package_id="p-1",
    store="hot",
    status=CopyStatus.VERIFIED,
    verified_at=datetime(2026, 3, 1, tzinfo=UTC),
    made_by="deposit",
)


def test_records_become_plain_json(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"copy": COPY, "file": Path("a/b"), "money": Decimal("0.10"), "seen": frozenset("ab")}
    answer(document, [], as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "copy": {
            "package_id": "p-1",
            "store": "hot",
            "status": "verified",
            "verified_at": "2026-03-01T00:00:00.000000Z",
            "made_by": "deposit",
        },
        "file": "a/b",
        "money": "0.10",
        "seen": ["a", "b"],
    }


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        [[], {}, [[]], [{}]],
        {"none": [], "nothing": {}, "deep": [{"a": [1, [2, {"b": ()}]]}], "tuple": (1, "ä", None, True, 2.5)},
        {"text": '"\u2028\n\t\\é', 1: "number", False: "lie", None: float("inf"), 2.5: COPY.status},
        {
            "rows": Lazily([COPY, COPY]),
            "asked": {"inside": Lazily(["x", "yy"], lambda each: {"size": len(each)})},
        },
        {"last": Lazily([])},
        MappingProxyType({"copies": (COPY,), "at": COPY.verified_at}),
    ],
)
def test_a_document_looks_as_the_library_would_write_it(
    capsys: pytest.CaptureFixture[str], document: Mapping[str, object]
) -> None:
    answer(document, [], as_json=True)
    assert capsys.readouterr().out == json.dumps(document, default=plain, ensure_ascii=False, indent=2) + "\n"


def test_what_has_no_form_in_json_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no form"):
        plain(object())


def test_a_file_name_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\u202e.tif\n") == "a\\x1b[2Jb\\u202e.tif\\n"
    assert printable("Schädel-β.tif") == "Schädel-β.tif"


def test_an_error_is_one_document_and_words(capsys: pytest.CaptureFixture[str]) -> None:
    complain(BadInput("holdfast.toml has no stores.", hint="holdfast init"), as_json=True)
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "error": {"kind": "bad-input", "sentence": "holdfast.toml has no stores.", "hint": "holdfast init"}
    }
    assert said.err == "holdfast.toml has no stores.\nTry: holdfast init\n"


def test_an_error_without_a_hint_has_no_try(capsys: pytest.CaptureFixture[str]) -> None:
    complain(BadInput("No."), as_json=False)
    assert capsys.readouterr() == ("", "No.\n")
