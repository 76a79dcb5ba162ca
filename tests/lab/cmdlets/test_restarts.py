"""`iisreset` and `Restart-WebAppPool`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MakeBench = Callable[..., Any]
POOL = "MSExchangeServicesAppPool"


def status_of(lab: Any, name: str) -> str | None:
    """The status of a service."""
    (status,) = lab.texts(lab.windows(lab.command("Get-Service", Name=name)), "Status")
    return str(status)


@pytest.mark.parametrize("options", [(), ("/noforce",), ("/RESTART", "/timeout:60")])
def test_iisreset_restarts_iis(bench: MakeBench, options: tuple[str, ...]) -> None:
    """It says so in lines of text, and the worker reads the flag."""
    lab = bench({"flag": "on", "worker": "off"})
    result = lab.windows(lab.command("iisreset", *options))

    assert result.output == (
        "<S></S>",
        "<S>Attempting stop...</S>",
        "<S>Internet services successfully stopped</S>",
        "<S>Attempting start...</S>",
        "<S>Internet services successfully restarted</S>",
    )
    assert lab.server.worker.mrsproxy_on
    assert lab.server.iis_generation == 1


def test_iis_is_stopped_until_it_is_back(bench: MakeBench) -> None:
    """Its two services are, the others are not."""
    lab = bench({"restart": {"takes": "30s"}})
    seconds = lab.windows(lab.command("iisreset")).seconds

    assert (seconds, status_of(lab, "W3SVC"), status_of(lab, "WinRM")) == (30.0, "Stopped", "Running")
    lab.later(seconds=30)
    assert status_of(lab, "W3SVC") == "Running"


def test_a_failed_iisreset_leaves_the_services_stopped(bench: MakeBench) -> None:
    """This is what one has to look for after a restart."""
    lab = bench({"restart": {"outcome": "dies"}})
    result = lab.windows(lab.command("iisreset", "/noforce"))

    assert "<S>Restart attempt failed.</S>" in result.output
    assert (status_of(lab, "W3SVC"), status_of(lab, "WAS")) == ("Stopped", "Stopped")


def test_an_unknown_option_restarts_nothing(bench: MakeBench) -> None:
    """A misspelt `/noforce` must not drop every client."""
    lab = bench()

    assert "Invalid syntax" in lab.windows(lab.command("iisreset", "/nofroce")).output[1]
    assert lab.server.iis_generation == 0


def test_a_recycle_lets_the_worker_read_again(bench: MakeBench) -> None:
    """Without dropping anyone: IIS itself runs on."""
    lab = bench({"flag": "on", "worker": "off"})

    assert lab.windows(lab.command("Restart-WebAppPool", POOL)).errors == ()
    assert lab.server.worker.mrsproxy_on
    assert lab.server.iis_generation == 0


def test_another_pool_has_nothing_to_read(bench: MakeBench) -> None:
    """Only the pool of EWS matters."""
    lab = bench({"flag": "on", "worker": "off"})
    lab.windows(lab.command("Restart-WebAppPool", Name="DefaultAppPool"))

    assert not lab.server.worker.mrsproxy_on


def test_a_pool_must_exist_and_run(bench: MakeBench) -> None:
    """Both are told as errors."""
    lab = bench({"restart": {"outcome": "dies"}})
    unknown = lab.windows(lab.command("Restart-WebAppPool", "Nope"))
    lab.windows(lab.command("iisreset"))
    stopped = lab.windows(lab.command("Restart-WebAppPool", POOL))

    assert lab.error_id(unknown).startswith("PathNotFound,")
    assert "0x800710D8" in stopped.errors[0].message
