"""How fast moveready is, against what: `python -m benchmarks`. Needs the extra `lab`; no part of the package.

`cases` says what is measured, `labs` starts the servers, `contenders` runs and measures each way of asking them as a
process of its own, `results` holds the figures and `report` writes them. `floor`, `sequential`, `fleet_alone` and
`testinfra_habit` are the contenders beside the suite itself; `bare` has the calls of pypsrp that they share.
"""
