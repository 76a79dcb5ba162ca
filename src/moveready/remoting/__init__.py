"""The only I/O to real servers, all of it with limits.

`exchange` asks the organization, `windows` one server's WinRM, `https` one server's EWS. They use `psrp` (pypsrp with
limits), `dialing` (the address to connect to, and TLS), `deadline` (the time limit) and `failures` (what a library's
exception means, in our words). Nothing else in moveready imports pypsrp or requests.

What the libraries log, pytest puts into reports: tracebacks of failures that pypsrp's exceptions tell as well, and at
the level DEBUG the tokens of logins, from which a weak password can be guessed. So neither of them logs anything.
"""

import logging

for _name in ("pypsrp", "spnego"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
