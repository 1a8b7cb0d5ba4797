"""A deposit comes in: one module per step, in the order in which they run.

1. `surveying`    what is there (`sources`: in a folder, an archive, a store), and what is left out, because
2. `identifying`  what each file is, and whether it is whole
3. `pairing`      which record each image has (`matching`); `dividing`: which files share a bag
4. `bag`          which bytes a bag will have, by RFC 8493; `describing`: what it says of itself
5. `stream`       the bag's bytes, in one pass over the source (`looking_again` at what was touched)
6. `storing`      into the store, read back; `holding`: recorded; `acknowledging`: and only then told

`deposit` is the whole way. What is known on it lies in the `journal`, so that memory is bounded and
a deposit that was stopped goes on; who does the work is the `crew`: this process, for small files others
beside it (`mates`), or a Dask cluster (`batch`).

And what goes with it: `finding`, `getting`, `verifying`, `exporting`, `receipting`.
"""
