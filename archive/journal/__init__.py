"""What one deposit knows while it is under way: a SQLite file of its own beside the catalogue.

A cache and nothing more: it keeps memory bounded, puts a million files in order, and lets a
deposit that was stopped go on without looking at anything twice. To lose it costs time.
"""
