"""Printed lines of Python, run in a process that has nothing of Holdfast's in it, and what they ask of S3.

In: names with lines and an expression. Out: for each its value, and the requests for objects.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

import numpy as np
import s3fs

_asked: list[tuple[str | None, int]] = []
_call = s3fs.S3FileSystem._call_s3


async def _counted(fs: Any, method: Any, *words: Any, **more: Any) -> Any:
    answer = await _call(fs, method, *words, **more)
    if method == "get_object":
        _asked.append((more.get("Range"), answer["ContentLength"]))
    return answer


def _run(lines: list[str], expression: str) -> dict[str, Any]:
    _asked.clear()
    names: dict[str, Any] = {"sha256": _sha256}
    exec("\n".join(lines), names)
    opening = len(_asked)
    value = eval(expression, names)
    return {"value": value, "opening": _asked[:opening], "reading": _asked[opening:]}


def _sha256(pixels: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels.compute()).data).hexdigest()


if __name__ == "__main__":
    s3fs.S3FileSystem._call_s3 = _counted
    print(json.dumps({name: _run(*asked) for name, asked in json.load(sys.stdin).items()}))
