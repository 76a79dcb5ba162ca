"""The history of the runs of a fleet in one SQLite file: since when a server fails, and what changed since then."""
