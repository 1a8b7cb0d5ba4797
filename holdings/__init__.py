"""The ground floor: what is held and where.

Settings, stores, catalogue, records, clock and errors. Everything above builds
on this folder, and this folder imports nothing from above.
"""
