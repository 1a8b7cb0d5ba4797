"""What somebody may choose when a collection is built."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from archive.collection.codecs import CODECS
from holdings.errors import BadInput

FORMS = ("zarr", "tiledb")
LAYOUTS = ("ozx", "shards")


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The choices; together with the originals they decide every byte of a collection's pixels."""

    form: str = "zarr"
    layout: str = "ozx"
    """Of zarr: one zip per image, or a folder of sharded arrays."""
    codec: str = "zstd"
    first_level: int = 0
    """1 leaves the full size to the original in its bag and begins at half of it."""
    access_copies: bool = False
    """Beside the pixels: JPEG copies of 2048 and 400 px, which are lossy and say so."""
    stack: bool = False
    """Whether the images of a folder are the slices of one volume."""

    def __post_init__(self) -> None:
        _one_of("form", self.form, FORMS)
        _one_of("layout", self.layout, LAYOUTS)
        _one_of("codec", self.codec, CODECS)
        if self.form == "tiledb" and self.codec != "zstd":
            raise BadInput(
                f"TileDB has no filter for the codec '{self.codec}'.", hint="Leave --codec out, or say zstd."
            )
        if not 0 <= self.first_level <= 8:
            raise BadInput(f"The first level is {self.first_level}; it may be 0 to 8.")

    def as_json(self) -> dict[str, str | int | bool]:
        """For the recipe; what a form does not know is left out."""
        told = asdict(self)
        if self.form != "zarr":
            del told["layout"]
        return told


def _one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadInput(f"There is no {what} '{value}'.", hint=f"There are: {', '.join(known)}.")
