"""A deposit comes in: one module per step, in the order in which they run.

1. `survey`     what is there, and what is left out, because
2. `identify`   which files are images, from their own bytes
3. `bag`        which bytes the bag will have, by RFC 8493; `describing`: what it says of itself
4. `stream`     the bag's bytes, in one pass over the source
5. `deposit`    into the store, read back, recorded, and only then acknowledged

And what goes with it: `finding`, `getting`, `verifying`, `exporting`, `receipting`.
"""
