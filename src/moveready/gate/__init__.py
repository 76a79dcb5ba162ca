"""The gate in front of a move: which servers may be used now, the file that says so, and the exit code of a run."""
