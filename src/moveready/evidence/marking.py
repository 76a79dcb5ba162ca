"""How our own probes are recognised: by a mark in their URL.

A request to a disabled MRSProxy makes ASP.NET log an event 1309, whether it is ours or not. The event repeats the
request's URL with its query, and the query does not change where the request goes: both inferred from ASP.NET's
published source and from how Exchange routes by path, not seen on a real MRS event.

    >>> run_of("https://ex01.contoso.com:443" + marked("/EWS/mrsproxy.svc", "5f0c9a1e"))
    '5f0c9a1e'
"""

from __future__ import annotations

import re
import secrets

_MARK = re.compile(r"https?://[^\s?#]+\?(?:[^\s#]*&)?moveready=(?P<run>[0-9a-f]{8,32})(?:[&#]\S*)?", re.IGNORECASE)


def new_run() -> str:
    """An id for one run; all of its processes use it."""
    return secrets.token_hex(4)


def marked(path: str, run: str) -> str:
    """The path with the mark of this run."""
    return f"{path}?moveready={run}"


def run_of(url: str) -> str | None:
    """The run whose probe asked for this URL; None if the request was not ours."""
    found = _MARK.fullmatch(url.strip())
    return found["run"] if found else None
