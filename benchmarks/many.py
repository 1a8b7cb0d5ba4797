"""Very many small files, the whole way: survey, identify, split, bag, index, find one.

    python -m benchmarks.many --files 1000000          # about a quarter of an hour, 8 GB of disk
    python -m benchmarks.many --files 20000

Tiny TIFFs are made, deposited by one `holdfast deposit`, counted in the index and one of them looked
up. What each command took is printed, with the largest memory that any process of it had. It ends with
1 where not every file is held, or where the deposit took more than `--most-mb`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.made import make_tiny_images
from benchmarks.measuring import Took, machine, took
from holdings.settings.template import write_template

_HOLDFAST = [sys.executable, "-c", "from service.cli.main import main; main()"]


def main() -> None:
    """Make the files, deposit them, ask for them, print what that took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=20_000, metavar="N")
    parser.add_argument("--most-mb", type=int, default=1000, metavar="MB")
    parser.add_argument("--folder", type=Path, default=None, help="where the temporary folder is made")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", dir=asked.folder) as name:
        raise SystemExit(_measure(Path(name), asked.files, most_bytes=asked.most_mb * 1e6))


def _measure(folder: Path, files: int, *, most_bytes: float) -> int:
    make_tiny_images(folder / "source", files=files)
    write_template(folder)
    print(f"{machine()}; {files:,} files.\n", flush=True)
    print("| | wall s | CPU s | CPU ms a file | peak MB |\n|---|--:|--:|--:|--:|")
    made = _run(folder, files, "deposit", str(folder / "source"), "-c", "many")
    count = "SELECT count(*) AS images, count(DISTINCT path) AS paths FROM images"
    _run(folder, files, "find", "--sql", count, "--json")
    (found,) = json.loads((folder / "log").read_text())
    _run(folder, files, "find", f"specimen-{files // 2:07d}", "--json")
    print(f"\n{found['images']:,} images in the index.")
    return int(found != {"images": files, "paths": files} or made.peak_bytes > most_bytes)


def _run(folder: Path, files: int, *words: str) -> Took:
    ran = took([*_HOLDFAST, *words, "--settings", str(folder / "holdfast.toml")], log=folder / "log")
    cells = [
        f"{ran.wall_seconds:.1f}",
        f"{ran.cpu_seconds:.1f}",
        f"{ran.cpu_seconds * 1000 / files:.2f}",
        f"{ran.peak_bytes / 1e6:.0f}",
    ]
    print(f"| `holdfast {' '.join(words[:1])}` | {' | '.join(cells)} |", flush=True)
    return ran


if __name__ == "__main__":
    main()
