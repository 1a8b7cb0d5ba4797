"""Step 3: specimen metadata is read, whatever its form, and matched to the image files of a deposit.

`reading.read_metadata` reads a file or folder; `match.match` brings records and images together.
The readers, one form each: `delimited`, `darwin_core_archive`, `parquet`, `opends`.
"""
