"""What moves the answer: each input's share of the spread, from the draws that the result has already.

The model inside the result names its inputs, and their draws follow from names and seed; so the
squared rank correlation of an input's draws with an answer's is had without simulating anything. It is
the share of the spread that goes with this input alone, as long as the answer only rises or only falls
with it. For the ends of a tornado the model is asked once: each input at its 10th and 90th percentile,
all others in their middle. `holdfast capacity sensitivity` computes Sobol indices where this is not
enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from capacity.answers import answers_at
from capacity.canning import opened
from capacity.engine import Model, build_model
from capacity.sampling import BLOCK, correlate, uniforms
from holdings.errors import HoldfastError

Data = dict[str, Any]
Floats = NDArray[np.float64]
_SHOWN = 10
_BY_CHANCE = 12.0
"""Of n draws, a squared correlation below this over n may be none: it happens once in 2,000 by chance."""


def gather_movers(ds: xr.Dataset) -> Data | None:
    """For each answer: its middle, the inputs that move it most with its ends, and every input's share.

    None where the model inside cannot be run by this version, or leaves nothing in doubt.
    """
    try:
        model = build_model(opened(str(ds.attrs["model"])))
    except HoldfastError:
        return None
    names = [item.name for item in model.inputs]
    if not names:
        return None
    answers = _answers(ds)
    ranks = np.stack([_ranked(each) for each in _draws(model, ds, names).values()])
    ends = _ends(model, names)
    return {
        question: _moved(names, _shares(ranks, values), ends[question])
        for question, values in answers.items()
        if values.max() > values.min()
    }


def _answers(ds: xr.Dataset) -> dict[str, Floats]:
    """The answers of the draws of the first block, as `capacity.answers` asks."""
    first = ds.isel(draw=slice(0, BLOCK))
    return {
        "bytes_held": first["bytes_held"].isel(month=-1).sum("store", dtype=np.float64).values,
        "cost": first["cost"].sum(("month", "store"), dtype=np.float64).values,
        "carbon": first["carbon"].sum(("year", "store"), dtype=np.float64).values,
        "objects_lost": first["objects_lost"].sum("year", dtype=np.float64).values,
    }


def _draws(model: Model, ds: xr.Dataset, names: list[str]) -> Mapping[str, Floats]:
    """Of each input, in the first block: what chance gave it, between 0 and 1."""
    drawn = correlate(uniforms(names, seed=int(ds.attrs["seed"]), block=0), model.correlations)
    return {name: drawn[name][: ds.sizes["draw"]] for name in names}


def _ranked(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs. To import scipy.stats takes half a second."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((times.cumsum() - (times - 1) / 2)[place], dtype=np.float64)


def _shares(ranks: Floats, values: Floats) -> list[float]:
    """The squared rank correlation of each input with an answer; what may be chance is 0."""
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    outcome = _ranked(values) - (len(values) + 1) / 2
    lengths = np.sqrt((centred**2).sum(axis=1) * (outcome**2).sum())
    squared = ((centred * outcome).sum(axis=1) / np.where(lengths > 0, lengths, np.inf)) ** 2
    return [float(each) if each > _BY_CHANCE / len(values) else 0.0 for each in squared]


def _ends(model: Model, names: list[str]) -> Mapping[str, Floats]:
    """Each answer with each input at 10 %, then each at 90 %, then all in their middle."""
    count = len(names)
    points = np.full((2 * count + 1, count), 0.5)
    each = np.arange(count)
    points[each, each], points[count + each, each] = 0.1, 0.9
    return answers_at(model, {name: points[:, number] for number, name in enumerate(names)})


def _moved(names: list[str], shares: list[float], ends: Floats) -> Data:
    count = len(names)
    order = sorted(range(count), key=lambda number: (-shares[number], names[number]))
    return {
        "base": short(ends[-1]),
        "movers": [
            {
                "name": names[n],
                "share": short(shares[n]),
                "low": short(ends[n]),
                "high": short(ends[count + n]),
            }
            for n in order[:_SHOWN]
            if shares[n] > 0
        ],
        "shares": {names[n]: short(shares[n]) for n in order if shares[n] > 0},
    }


def short(value: float) -> float:
    """Seven figures."""
    return float(f"{value:.7g}")
