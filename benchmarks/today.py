"""What people do today with a folder of images: copy, bag, validate, pack, copy to the store.

    python -m benchmarks.today SOURCE WORK STORE ALGORITHM...

`cp -r`, bagit-python with two processes to make and to validate, `tar`, `cp`. Nothing is read
back from the store and nothing is forced onto the disk, as is usual.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bagit


def main(source: Path, work: Path, store: Path, algorithms: list[str]) -> None:
    """Deposit `source` into the folder `store`."""
    folder = work / "bag"
    subprocess.run(["cp", "-r", source, folder], check=True)
    bagit.make_bag(str(folder), processes=2, checksums=algorithms)
    bagit.Bag(str(folder)).validate(processes=2)
    subprocess.run(["tar", "-cf", work / "bag.tar", "-C", work, "bag"], check=True)
    subprocess.run(["cp", work / "bag.tar", store / "bag.tar"], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
