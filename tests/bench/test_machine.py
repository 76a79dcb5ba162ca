"""The machine in words."""

from __future__ import annotations

from benchmarks.machine import machine_described, processor_from


def test_processor_is_told_by_its_model() -> None:
    """Linux's list has it once a core."""
    cpuinfo = "processor : 0\nmodel name\t: Fast 9000\n\nprocessor : 1\nmodel name\t: Fast 9000\n"

    assert (processor_from(cpuinfo), processor_from("")) == ("Fast 9000", "")


def test_nothing_is_left_empty() -> None:
    """What a system does not tell is said to be missing."""
    assert all(name and value for name, value in machine_described())
