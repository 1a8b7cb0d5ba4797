"""A module per format: walks the structure of a file to its last byte, and decodes no pixel.

Each has `look`, which returns what the header says, or raises Broken with what is wrong and
where. Nothing in a header is trusted: what it asks for is bounded before it is read.
"""
