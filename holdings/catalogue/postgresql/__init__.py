"""The catalogue in a PostgreSQL database, for several machines at once."""
