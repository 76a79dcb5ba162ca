"""What a request and its answer tell of themselves, seen on a living lab."""

from __future__ import annotations

import ssl
import urllib.request
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest

from moveready.lab.dump import Dump
from moveready.lab.fleet import fleet_from
from moveready.lab.server import Lab

if TYPE_CHECKING:
    from pathlib import Path


def test_a_visit_is_of_the_server_that_it_reached(tmp_path: Path) -> None:
    """Its query is no part of the path in the log, but it is in the dump."""
    fleet = fleet_from(servers=[{"name": "ex01.contoso.com"}, {"name": "ex02.contoso.com"}])
    dump = Dump(tmp_path / "dump")
    with Lab(fleet, folder=tmp_path, dump=dump) as lab:
        port = lab.ports["ex02.contoso.com"]["https"]
        context = ssl.create_default_context(cafile=str(lab.ca_file))
        context.check_hostname = False
        with pytest.raises(HTTPError, match="401"):
            urllib.request.urlopen(f"https://127.0.0.1:{port}/EWS/mrsproxy.svc?probe=1", context=context)
        (entry,) = lab.log.entries(server="ex02.contoso.com")
        (told,) = (tmp_path / "dump").iterdir()

    assert (entry.kind, entry.what, entry.status) == ("challenge", "/EWS/mrsproxy.svc", 401)
    assert "GET /EWS/mrsproxy.svc?probe=1" in told.read_text(encoding="utf-8")
