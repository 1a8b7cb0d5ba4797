"""Dask clusters that a run may start for itself, a file each."""
