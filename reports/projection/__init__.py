"""The report about what will be needed: results of `holdfast capacity run`, gathered and viewed."""
