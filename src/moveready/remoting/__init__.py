"""The only I/O to real servers, all of it with limits.

`exchange` asks the organization, `windows` one server's WinRM, `https` one server's EWS. They use `psrp` (pypsrp with
limits), `dialing` (the address to connect to, and TLS), `deadline` (the time limit) and `failures` (what a library's
exception means, in our words). Nothing else in moveready imports pypsrp or requests.
"""
