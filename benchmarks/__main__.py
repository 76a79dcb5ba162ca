"""`python -m benchmarks`: measure, print the table, write it to `benchmarks/results`. May import everything here.

Nothing is asserted: a time can only be compared with another time of the same run. It ends with 0, or with 1 if a
contender failed or did not ask everything.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cases import LATENCIES_MS, TRANSPORTS, Case, chosen_cases, default_cases, full_cases, small_cases
from benchmarks.contenders import ROOT, ContenderError, measured
from benchmarks.machine import machine_described
from benchmarks.plot import plot_svg
from benchmarks.report import performance_markdown, with_part
from benchmarks.results import Report, plain_from, report_from
from moveready.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.results import Result

PAGE = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "images" / "performance.svg"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; return the exit code."""
    options = _options_from(arguments)
    try:
        report = _read(options.from_file) if options.from_file else _measure(options)
    except (ContenderError, LabError) as error:
        print(error, file=sys.stderr)
        return 1
    print(performance_markdown(report))
    if options.write_docs:
        _write_docs(report)
    return 0


def _options_from(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--small", action="store_true", help="20 servers, once: shows that the benchmark works")
    what.add_argument("--full", action="store_true", help="the whole grid; takes hours")
    what.add_argument("--servers", type=_servers, metavar="N", help="one case of so many servers")
    what.add_argument("--from", dest="from_file", type=Path, metavar="FILE", help="show the results of an earlier run")
    parser.add_argument("--latency", type=int, choices=LATENCIES_MS, default=50, help="with --servers: ms a response")
    parser.add_argument("--transport", choices=TRANSPORTS, default="ntlm", help="with --servers: of the WinRM channel")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "results", metavar="DIR")
    parser.add_argument("--write-docs", action="store_true", help=f"write table and plot into {PAGE.name}")
    return parser.parse_args(arguments)


def _servers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 9999:  # noqa: PLR2004 - the lab's bound of `copies`
        raise argparse.ArgumentTypeError("write a whole number from 1 to 9999")
    return int(text)


def _cases(options: argparse.Namespace) -> tuple[str, tuple[Case, ...]]:
    """What to measure, and the name of its results."""
    if options.small:
        return "small", small_cases()
    if options.full:
        return "full", full_cases()
    if options.servers:
        return "chosen", chosen_cases(options.servers, options.latency, options.transport)
    return "default", default_cases()


def _measure(options: argparse.Namespace) -> Report:
    name, cases = _cases(options)
    machine = machine_described()
    report = Report(f"{datetime.now(UTC):%Y-%m-%d}", machine, tuple(_results_of(cases)))
    options.results.mkdir(parents=True, exist_ok=True)
    _write(options.results / f"{name}.json", json.dumps(plain_from(report), indent=2) + "\n")
    _write(options.results / f"{name}.md", performance_markdown(report))
    return report


def _results_of(cases: tuple[Case, ...]) -> Iterator[Result]:
    for number, case in enumerate(cases, 1):
        for contender in case.contenders:
            print(f"[{number}/{len(cases)}] {case.title}: {contender.title}", file=sys.stderr, flush=True)
            yield measured(case, contender)


def _read(file: Path) -> Report:
    return report_from(json.loads(file.read_text(encoding="utf-8")))


def _write_docs(report: Report) -> None:
    part = performance_markdown(report)
    if plot := plot_svg(report.results):
        _write(PLOT, plot)
        part += f"\n\n![Wall seconds over fleet size](images/{PLOT.name})"
    _write(PAGE, with_part(PAGE.read_text(encoding="utf-8"), part))


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
