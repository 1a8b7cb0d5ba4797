"""A result is kept whole or not at all, comes back as it was, and is never written over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiledb
import xarray as xr

from capacity import results
from capacity.ensemble import project
from capacity.places import refuse_other_run
from capacity.results import FORMS, Form, open_result, save_result
from holdings.errors import BadInput, Corrupt, NotFound
from holdings.stores.doors import storage_options
from tests.capacity.scenarios import DOUBTFUL, a_scenario
from tests.kit.seaweed import Seaweed


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    text = DOUBTFUL.replace("years = 2", "months = 15")
    return project(a_scenario(tmp_path_factory.mktemp("scenario"), text), draws=300, seed=2)


@pytest.mark.parametrize("form", FORMS)
def test_it_comes_back_as_it_was(tmp_path: Path, result: xr.Dataset, form: Form) -> None:
    assert save_result(result, tmp_path / "deep" / "run", form=form) == tmp_path / "deep" / "run"
    assert open_result(tmp_path / "deep" / "run").identical(result)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run"]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_run_again_is_done_already(tmp_path: Path, result: xr.Dataset, form: Form) -> None:
    save_result(result, tmp_path / "run", form=form)
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "run").rglob("*"))
    save_result(result, tmp_path / "run", form=form)
    assert sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "run").rglob("*")) == before


def test_a_folder_that_is_taken_is_refused_before_anything_is_drawn(
    tmp_path: Path, result: xr.Dataset
) -> None:
    save_result(result, tmp_path / "run")
    about = {name: result.attrs[name] for name in ("scenario_text", "policy_text", "seed", "draws")}
    refuse_other_run(tmp_path / "run", about)
    refuse_other_run(tmp_path / "new", about)
    with pytest.raises(BadInput, match="holds another run"):
        refuse_other_run(tmp_path / "run", {**about, "seed": 99})
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput, match="something that is no result"):
        refuse_other_run(tmp_path / "file", about)


def test_another_run_is_not_written_over(tmp_path: Path, result: xr.Dataset) -> None:
    other = project(a_scenario(tmp_path), draws=2)
    save_result(other, tmp_path / "run")
    with pytest.raises(BadInput, match="holds another run"):
        save_result(result, tmp_path / "run")
    assert open_result(tmp_path / "run").identical(other)


def test_a_folder_of_other_things_is_not_written_over(tmp_path: Path, result: xr.Dataset) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "letter.txt").write_text("dear")
    with pytest.raises(BadInput, match="something that is no result"):
        save_result(result, tmp_path / "run")


def test_an_empty_folder_is_taken(tmp_path: Path, result: xr.Dataset) -> None:
    (tmp_path / "run").mkdir()
    save_result(result, tmp_path / "run")
    assert open_result(tmp_path / "run").identical(result)


@pytest.mark.parametrize("form", FORMS)
def test_a_write_that_fails_leaves_nothing(
    tmp_path: Path, result: xr.Dataset, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = results._WRITERS[form]

    def breaks(ds: xr.Dataset, folder: Path) -> None:
        whole(ds, folder)
        raise OSError("no space left on device")

    monkeypatch.setitem(results._WRITERS, form, breaks)
    with pytest.raises(OSError, match="no space"):
        save_result(result, tmp_path / "run", form=form)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is no result"):
        open_result(tmp_path)


def test_changed_draws_are_found(tmp_path: Path, result: xr.Dataset) -> None:
    changed = result.copy(deep=True)
    changed["cost"].values[3, 1, 7] *= 1 + 1e-6
    save_result(changed, tmp_path / "run")
    with pytest.raises(Corrupt, match="other draws than were saved"):
        open_result(tmp_path / "run")


def test_a_lost_chunk_is_found(tmp_path: Path, result: xr.Dataset) -> None:
    save_result(result, tmp_path / "run")
    chunk = next(path for path in (tmp_path / "run" / "bytes_held" / "c").rglob("*") if path.is_file())
    chunk.unlink()
    with pytest.raises(Corrupt):
        open_result(tmp_path / "run")


def test_metadata_that_is_no_json_is_corrupt(tmp_path: Path, result: xr.Dataset) -> None:
    save_result(result, tmp_path / "run")
    (tmp_path / "run" / "zarr.json").write_text("{")
    with pytest.raises(Corrupt, match="cannot be read"):
        open_result(tmp_path / "run")


def test_a_group_of_others_or_of_another_version_is_no_result(tmp_path: Path, result: xr.Dataset) -> None:
    xr.Dataset({"a": ("x", [1.0])}).to_zarr(tmp_path / "theirs", zarr_format=3, consolidated=False)
    older = result.drop_attrs().assign_attrs({k: v for k, v in result.attrs.items() if k != "inputs"})
    save_result(older, tmp_path / "older")
    with pytest.raises(Corrupt, match="it lacks audit_core_hours"):
        open_result(tmp_path / "theirs")
    with pytest.raises(Corrupt, match="it lacks inputs"):
        open_result(tmp_path / "older")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, result: xr.Dataset) -> None:
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(BadInput, match=r"No result can be written to .*letter/run"):
        save_result(result, tmp_path / "letter" / "run")
    with pytest.raises(BadInput, match="is no place for a result"):
        save_result(result, "nope://here/run")


def test_an_unknown_form_is_refused(tmp_path: Path, result: xr.Dataset) -> None:
    with pytest.raises(BadInput, match="'parquet' is no form"):
        save_result(result, tmp_path / "run", form="parquet")  # type: ignore[arg-type]  # what a user may type


def test_tiledb_is_for_folders(result: xr.Dataset) -> None:
    with pytest.raises(BadInput, match="kept in a folder"):
        save_result(result, "memory://run", form="tiledb")


def test_a_url_takes_a_result_and_gives_it_back(result: xr.Dataset) -> None:
    url = "memory://holdfast-test/run"
    save_result(result, url)
    assert open_result(url).identical(result)
    with pytest.raises(BadInput, match="holds another run"):
        save_result(result, url)
    with pytest.raises(NotFound):
        open_result("memory://holdfast-test/none")


def test_plain_tiledb_reads_a_slice(tmp_path: Path, result: xr.Dataset) -> None:
    save_result(result, tmp_path / "run", form="tiledb")
    with tiledb.open(str(tmp_path / "run" / "bytes_held")) as array:
        assert [array.domain.dim(n).name for n in range(3)] == ["month", "store", "draw"]
        part = array[14, 0, 5:9]["value"]
    assert np.array_equal(np.ravel(part), result["bytes_held"].values[14, 0, 5:9])


def test_a_bucket_takes_a_result_and_gives_it_back(
    seaweed: Seaweed, result: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweed.environment.items():
        monkeypatch.setenv(name, value)
    bucket = seaweed.make_bucket("results")
    options = storage_options(seaweed.spec("hot", bucket))
    save_result(result, f"s3://{bucket}/runs/one", storage_options=options)
    assert open_result(f"s3://{bucket}/runs/one", storage_options=options).identical(result)
    with pytest.raises(BadInput, match="holds another run"):
        save_result(result, f"s3://{bucket}/runs/one", storage_options=options)
