"""`moveready doctor`: what would stop a run, found before the run. One module for each kind of finding.

`examination` puts them in their order, `diagnosis` prints them. Each looks at an inventory and gives `Finding`s: what
was looked at, the result, and what to do next. Without options no server is asked; `connections` asks without a login,
and `logins` logs in to one server.
"""
