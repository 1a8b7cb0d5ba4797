"""One deposit: what it looks like, what was accepted, where it lies and what happened to it."""
