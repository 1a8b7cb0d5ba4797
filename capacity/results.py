"""Results kept and read back: a Zarr group, or dense TileDB arrays where many runs are sliced.

Both hold the same Dataset with everything that made it. A local result appears whole under
its name or not at all; one in a bucket is believed only when its draws hash to what they should.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr

from capacity.dataset import CHANCES, CUBES, FACTS, FANS, PROVENANCE, draws_sha256
from capacity.places import is_remote
from capacity.scratch import Numbers, let_go
from holdings.errors import BadInput, Corrupt, NotFound, Unavailable

Form = Literal["zarr", "tiledb"]
FORMS: tuple[Form, ...] = ("zarr", "tiledb")
_COORDS = (*("month", "year", "store", "store_tier", "store_domain", "domain", "type", "part", "quantile"),)
QUANTILES_NAME = "quantiles.parquet"
"""Beside the draws of a result in a folder."""
_DRAWS_PER_TILE = 4096
_MONTHS_PER_TILE = 12
_NAME_KEY, _ATTRS_KEY = "holdfast_coords", "holdfast_attrs"


def save_result(
    ds: xr.Dataset,
    target: Path | str,
    *,
    form: Form = "zarr",
    storage_options: Mapping[str, Any] | None = None,
) -> Path | str:
    """Keep a result under `target`, a folder or an `s3://` URL, and return it.

    storage_options : what fsspec needs to reach the URL (`holdings.stores.doors`).

    Saving the same run again is done already. Raises BadInput where something else lies there.
    """
    if form not in FORMS:
        raise BadInput(f"'{form}' is no form of a result; there are {', '.join(FORMS)}.")
    if is_remote(target):
        return _save_remote(ds, str(target), form, storage_options)
    folder = Path(target)
    if _is_taken(folder, ds):
        return folder
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir()
    except OSError as error:
        raise BadInput(
            f"No result can be written to {folder}: {error.strerror}.", hint="Name another folder with -o."
        ) from None
    try:
        _WRITERS[form](ds, part)
        _write_quantiles(ds, part / QUANTILES_NAME)
        if folder.is_dir():
            folder.rmdir()  # empty, or it would be taken; rename does not replace it everywhere
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _is_taken(folder: Path, ds: xr.Dataset) -> bool:
    """Whether this very run lies there already; BadInput where anything else does."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if _form_of(folder) and _identity(open_result(folder)) == _identity(ds):
        return True
    what = "another run" if _form_of(folder) else "something that is no result"
    raise BadInput(
        f"{folder} holds {what}, and nothing is written over it.", hint="Name another folder with -o."
    )


def _identity(ds: xr.Dataset) -> tuple[object, ...]:
    return tuple(ds.attrs.get(name) for name in ("draws_sha256", "scenario_text", "policy_text", "seed"))


def _save_remote(ds: xr.Dataset, url: str, form: Form, storage_options: Mapping[str, Any] | None) -> str:
    if urlsplit(url).scheme not in fsspec.available_protocols():
        raise BadInput(f"{url} is no place for a result.", hint="Name a folder or an s3:// URL with -o.")
    if form != "zarr":
        raise BadInput(
            f"A result in the form {form} is kept in a folder, not under {url}.", hint="Use --format zarr."
        )
    try:
        _to_zarr(ds, url, storage_options=_options(storage_options))
    except FileExistsError:
        raise BadInput(
            f"{url} holds another run, and nothing is written over it.", hint="Name another URL with -o."
        ) from None
    except OSError as error:
        raise Unavailable(f"The result could not be written to {url}.", detail=str(error)) from None
    return url


def open_result(
    target: Path | str, *, storage_options: Mapping[str, Any] | None = None, check: bool = True
) -> xr.Dataset:
    """Read a result, in whichever form it was kept.

    check : read every draw and compare with the hash that was recorded.

    Raises NotFound where no result lies there, Corrupt where it is not what was saved.
    """
    if is_remote(target):
        ds = _open_remote(str(target), storage_options)
    else:
        form = _form_of(Path(target))
        if form is None:
            raise NotFound(
                f"{target} is no result.", hint="holdfast capacity run SCENARIO -o FOLDER makes one."
            )
        ds = _reading(_READERS[form], Path(target))
    if missing := sorted(_needed() - {*ds.variables, *ds.attrs}, key=str):
        raise Corrupt(
            f"{target} is no result of this version of `holdfast capacity run`: it lacks {missing[0]}.",
            hint="Run the scenario again.",
        )
    if check and draws_sha256(ds) != ds.attrs.get("draws_sha256"):
        raise Corrupt(
            f"{target} holds other draws than were saved.",
            hint="Run the scenario again; its text lies in it.",
        )
    return ds


def _needed() -> set[str]:
    return {*_COORDS, *CUBES, *FANS, *CHANCES, *FACTS, *PROVENANCE}


def _reading(read: Callable[[Path], xr.Dataset], folder: Path) -> xr.Dataset:
    try:
        return read(folder)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise Corrupt(f"{folder} is a result that cannot be read.", detail=str(error)) from None


def _open_remote(url: str, storage_options: Mapping[str, Any] | None) -> xr.Dataset:
    try:
        return _loaded(url, storage_options=_options(storage_options))
    except FileNotFoundError:
        raise NotFound(f"{url} is no result.") from None
    except OSError as error:
        raise Unavailable(f"{url} could not be read.", detail=str(error)) from None
    except (ValueError, KeyError) as error:
        raise Corrupt(f"{url} is a result that cannot be read.", detail=str(error)) from None


def _options(storage_options: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return dict(storage_options) if storage_options else None


def _form_of(folder: Path) -> Form | None:
    if (folder / "zarr.json").is_file():
        return "zarr"
    return "tiledb" if (folder / "__tiledb_group.tdb").is_file() else None


# --- quantiles, for whoever has no Zarr


def _write_quantiles(ds: xr.Dataset, path: Path) -> None:
    """One row for each variable, moment, store or part, and quantile, with the provenance in its metadata."""
    tables = [_fan_rows(ds[name]) for name in FANS]
    about = {name: str(value) for name, value in ds.attrs.items()}
    pq.write_table(pa.concat_tables(tables).replace_schema_metadata(about), path, compression="zstd")


def _fan_rows(fan: xr.DataArray) -> pa.Table:
    named = fan.stack(row=fan.dims)  # xarray's stack, not pandas'
    rows = named.size

    def of(dim: str, kind: pa.DataType) -> pa.Array:
        return pa.array(named[dim].values, kind) if dim in fan.dims else pa.nulls(rows, kind)

    when = "month" if "month" in fan.dims else "year"
    return pa.table(
        {
            "variable": pa.repeat(pa.scalar(str(fan.name).removesuffix("_fan").removesuffix("_month")), rows),
            "units": pa.repeat(pa.scalar(fan.attrs.get("units", "")), rows),
            "from": pa.array(named[when].values.astype("datetime64[D]"), pa.date32()),
            "per": pa.repeat(pa.scalar(when), rows),
            "store": of("store", pa.string()),
            "part": of("part", pa.string()),
            "type": of("type", pa.string()),
            "domain": of("domain", pa.string()),
            "quantile": pa.array(named["quantile"].values, pa.float64()),
            "value": pa.array(named.values, pa.float64()),
        }
    )


# --- Zarr


def _write_zarr(ds: xr.Dataset, folder: Path) -> None:
    _to_zarr(ds, folder)


def _to_zarr(ds: xr.Dataset, place: Path | str, **options: Any) -> None:
    """A block of draws after the other, for memory need not hold them all."""
    # Consolidated metadata is not in the Zarr 3 specification, so readers other than ours may stumble.
    options |= {"zarr_format": 3, "consolidated": False}
    for block in _blocks_of(ds):
        cubes = {name: (ds[name].dims, _taken(ds[name], block), ds[name].attrs) for name in CUBES}
        if block.start == 0:
            first = ds.drop_vars(CUBES).assign(cubes)
            first.to_zarr(place, mode="w-", encoding=_chunks(ds), **options)
        else:
            xr.Dataset(cubes, attrs=ds.attrs).to_zarr(place, append_dim="draw", **options)


def _taken(cube: xr.DataArray, block: slice) -> Numbers:
    """Some of its draws in memory, and nothing else of it."""
    taken = cube.values[..., block].copy()
    let_go(cube.values)
    return taken


def _blocks_of(ds: xr.Dataset | xr.DataArray) -> list[slice]:
    draws = ds.sizes["draw"]
    return [slice(at, min(at + _DRAWS_PER_TILE, draws)) for at in range(0, draws, _DRAWS_PER_TILE)]


def _chunks(ds: xr.Dataset) -> dict[str, dict[str, tuple[int, ...]]]:
    """Years of a block of draws together, so that a slice of a large cube reads little else."""
    return {
        name: {"chunks": tuple(_chunk(str(dim), size) for dim, size in ds[name].sizes.items())}
        for name in CUBES
    }


def _chunk(dim: str, size: int) -> int:
    return min(size, {"draw": _DRAWS_PER_TILE, "month": 5 * _MONTHS_PER_TILE}.get(dim, size))


def _read_zarr(folder: Path) -> xr.Dataset:
    return _loaded(folder)


def _loaded(place: Path | str, **options: Any) -> xr.Dataset:
    with warnings.catch_warnings():
        # The quantiles lie beside the arrays, in a form that Zarr does not know.
        warnings.filterwarnings("ignore", message=f".*{QUANTILES_NAME} is not recognized.*")
        ds: xr.Dataset = xr.open_zarr(place, consolidated=False, chunks=None, **options)
        return ds.load()


# --- TileDB


def _write_tiledb(ds: xr.Dataset, folder: Path) -> None:
    import tiledb  # noqa: PLC0415  # 100 MB that only this form needs

    tiledb.group_create(str(folder))
    with tiledb.Group(str(folder), "w") as group:
        group.meta[_NAME_KEY] = json.dumps({name: _coord_told(ds[name]) for name in _COORDS})
        group.meta[_ATTRS_KEY] = json.dumps(ds.attrs, ensure_ascii=False)
        for name in ds.data_vars:
            _write_array(tiledb, ds[name], folder / str(name))
            group.add(str(name), name=str(name), relative=True)


def _write_array(tiledb: Any, variable: xr.DataArray, path: Path) -> None:
    dims = [
        tiledb.Dim(name=str(dim), domain=(0, size - 1), tile=_tile(str(dim), size), dtype=np.int64)
        for dim, size in variable.sizes.items()
    ]
    attr = tiledb.Attr(name="value", dtype=variable.dtype, filters=tiledb.FilterList([tiledb.ZstdFilter()]))
    tiledb.Array.create(str(path), tiledb.ArraySchema(domain=tiledb.Domain(*dims), attrs=[attr]))
    with tiledb.open(str(path), "w") as array:
        for block in _blocks_of(variable) if "draw" in variable.dims else [slice(None)]:
            array[..., block] = _taken(variable, block)
        array.meta["dims"] = json.dumps(list(variable.dims))
        array.meta["attrs"] = json.dumps(variable.attrs)


def _tile(dim: str, size: int) -> int:
    """One store, a year and a block of draws together: what is sliced is read, and little else."""
    return min(size, {"draw": _DRAWS_PER_TILE, "month": _MONTHS_PER_TILE}.get(dim, 1))


def _read_tiledb(folder: Path) -> xr.Dataset:
    import tiledb  # noqa: PLC0415  # as above

    with tiledb.Group(str(folder), "r") as group:
        coords = {name: _coord(name, told) for name, told in json.loads(group.meta[_NAME_KEY]).items()}
        attrs = json.loads(group.meta[_ATTRS_KEY])
        names = [member.name for member in group]
    variables = {name: _read_array(tiledb, folder / name) for name in names}
    return xr.Dataset(variables, coords=coords, attrs=attrs)


def _read_array(tiledb: Any, path: Path) -> tuple[list[str], np.ndarray[Any, Any], dict[str, str]]:
    with tiledb.open(str(path), "r") as array:
        return json.loads(array.meta["dims"]), array[:]["value"], json.loads(array.meta["attrs"])


def _coord_told(coord: xr.DataArray) -> dict[str, Any]:
    values = coord.values.astype("datetime64[D]") if coord.dtype.kind == "M" else coord.values
    told = [_plain(value) for value in values]
    return {"dim": str(coord.dims[0]), "values": told, "attrs": coord.attrs}


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, np.floating) else str(value)


def _coord(name: str, told: dict[str, Any]) -> tuple[str, np.ndarray[Any, Any], dict[str, str]]:
    kinds: dict[str, Any] = {"month": "datetime64[s]", "year": "datetime64[s]", "quantile": np.float64}
    return told["dim"], np.array(told["values"], dtype=kinds.get(name, object)), told["attrs"]


_WRITERS: dict[Form, Callable[[xr.Dataset, Path], None]] = {"zarr": _write_zarr, "tiledb": _write_tiledb}
_READERS: dict[Form, Callable[[Path], xr.Dataset]] = {"zarr": _read_zarr, "tiledb": _read_tiledb}
