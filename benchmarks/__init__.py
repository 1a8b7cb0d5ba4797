"""Against peers, side by side: the same files, the same algorithms, alternating in one run."""
