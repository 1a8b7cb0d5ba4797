"""Step 1: what lies in the source, file by file. Nothing is dropped in silence.

`paths` holds the rules for names, `survey` applies them and fills the journal.
"""
