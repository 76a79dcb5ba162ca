"""A simulated Exchange organization on 127.0.0.1 that speaks the real protocols to unmodified clients.

For the demo (`pytest --lab`), for tests and benchmarks, and to try any client against (`python -m moveready.lab`). Two
halves: the state (`fleet`, `state`, `events`, `cmdlets`, `ews`: pure) and the wire (`wsman`, `wsman_faults`, `psrp`,
`fragments`, `records`, `auth`, `ntlm`, `encryption`: no sockets; `shell_table`, `shells`, `node`, `front`, `http_sys`,
`listeners`, `server`: the event loop). The lab imports
`moveready.errors` and `moveready.yamlfile.documents` only: the same misreading must not be in both client and lab.

Needs the extra `lab`, so nothing is imported here:

    from moveready.lab.server import Lab
"""
