"""The whole journey on made-up specimens: what `holdfast demo` and `make demo` do."""
