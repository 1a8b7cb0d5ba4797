"""A plan against what really came, and against the plan before it."""
