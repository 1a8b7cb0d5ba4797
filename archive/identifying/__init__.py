"""Step 2 of a deposit: what each file is, and whether it is whole.

```
first bytes ─> format's own walk to the last byte ─> PRONOM ─> every pixel, if asked
signatures     formats/                              pronom    decoding
```
"""
