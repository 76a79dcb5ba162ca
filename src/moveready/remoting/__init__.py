"""The only I/O to real servers, and all of it bounded.

`exchange` asks the organization, `windows` one server's WinRM, `https` one server's EWS. Under them lie `psrp` (pypsrp
with bounds), `dialing` (which address is dialled, and with what TLS), `deadline` (the one bound) and `failures` (what a
library's exception means, in our words). Nothing else in moveready imports pypsrp or requests.
"""
