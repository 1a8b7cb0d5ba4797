"""What people do today with a folder of images: copy, bag, validate, pack, copy to the store.

    python -m benchmarks.today SOURCE WORK TARGET ALGORITHM...

`cp -r`, bagit-python with two processes to make and to validate, `tar`, `rclone copyto`. Nothing
is read back from the store and nothing is forced onto the disk, as is usual. TARGET is a path, a
remote of rclone's (`bench:bucket/bag.tar`, made by RCLONE_CONFIG_BENCH_… in the environment), or
`s3://bucket/bag.tar`, which s5cmd uploads to (endpoint and key from the environment).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bagit

RCLONE, S5CMD = (str(Path(sys.executable).with_name(name)) for name in ("rclone", "s5cmd"))


def main(source: Path, work: Path, target: str, algorithms: list[str]) -> None:
    """Deposit `source` as the tar `target`."""
    folder = work / "bag"
    subprocess.run(["cp", "-r", source, folder], check=True)
    bagit.make_bag(str(folder), processes=2, checksums=algorithms)
    bagit.Bag(str(folder)).validate(processes=2)
    subprocess.run(["tar", "-cf", work / "bag.tar", "-C", work, "bag"], check=True)
    upload = [RCLONE, "copyto", "--config", ""]
    if target.startswith("s3://"):
        upload = [S5CMD, "cp"]
    subprocess.run([*upload, work / "bag.tar", target], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
