"""Measures moveready against other ways to ask: `python -m benchmarks`. Needs the extra `lab`; not in the package.

`cases` says what is measured, `labs` starts the servers, `contenders` runs and measures each way of asking them in a
separate process, `results` has the figures and `report` writes them. `floor`, `sequential`, `fleet_alone` and
`testinfra_habit` are the contenders other than the suite itself; `bare` has the calls of pypsrp that they share.
"""
