"""Describes the machine of a run, without which the figures mean nothing. May import nothing of moveready."""

from __future__ import annotations

import os
import platform
from importlib.metadata import entry_points, version
from pathlib import Path

_LIBRARIES = ("pytest", "pytest-xdist", "pypsrp", "requests")
_EXPECTED = {"hypothesis", "moveready", "pytest-html", "pytest-metadata", "pytest-xdist"}


def machine_described() -> tuple[tuple[str, str], ...]:
    """Names and values: processor, memory, system, Python, libraries, and how busy the machine was before the run."""
    return (
        ("Processor", f"{_processor()}, {os.cpu_count()} logical"),
        ("Memory", _memory()),
        ("System", _system()),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("Libraries", ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)),
        ("Other plugins of pytest", _other_plugins()),
        ("Load before the run", _load()),
    )


def processor_from(cpuinfo: str) -> str:
    """The first model name of Linux's /proc/cpuinfo, or nothing."""
    names = (line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name"))
    return next(names, "")


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    found = processor_from(cpuinfo.read_text(encoding="utf-8")) if cpuinfo.exists() else ""
    return found or platform.processor() or platform.machine()


def _other_plugins() -> str:
    """Plugins that every pytest run loads and the suite does not need; hypothesis is off in measurements."""
    found = {entry.dist.name for entry in entry_points(group="pytest11") if entry.dist is not None}
    return ", ".join(sorted(found - _EXPECTED)) or "none"


def _system() -> str:
    """Name, version with two numbers, and architecture; more would not help other readers."""
    version = ".".join(platform.release().split(".")[:2])
    return f"{platform.system()} {version}, {platform.machine()}"


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"
    except (AttributeError, ValueError, OSError):
        return "unknown on this system"


def _load() -> str:
    try:
        return f"{os.getloadavg()[0]:.2f} in the last minute"
    except (AttributeError, OSError):
        return "unknown on this system"
