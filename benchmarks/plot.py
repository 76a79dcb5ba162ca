"""Cost against fleet size, as SVG: wall seconds over servers, both axes logarithmic. Pure; may import cases, results.

Lines are labelled at their end, so that the plot needs no legend and no colours. A sequential way was measured once;
its dashed line means that twice the servers take twice the time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from benchmarks.cases import Case, Contender

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.results import Result

_WIDTH, _HEIGHT = 860, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 330, 50, 50
_TEXT = {"font-family": "system-ui, sans-serif", "font-size": "13", "fill": "#24292f"}
_COLOURS = {
    Contender.SUITE: "#0550ae",
    Contender.FLOOR: "#57606a",
    Contender.SEQUENTIAL: "#cf222e",
    Contender.ONE_THREAD: "#953800",
    Contender.HABIT: "#8250df",
}
_LABEL_HEIGHT = 17.0

Points = dict[Contender, dict[int, float]]


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic axis: values from `low` to `high` to pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        part = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + part * (self.end - self.start)


def plot_svg(results: Sequence[Result]) -> str | None:
    """The plot of the latency and transport that were measured on most sizes; None if that is a single size."""
    groups: dict[tuple[int, str], Points] = defaultdict(lambda: defaultdict(dict))
    for result in results:
        if result.who in _COLOURS:
            groups[result.latency_ms, result.transport][result.who][result.servers] = result.wall_seconds
    sizes = {key: {size for points in group.values() for size in points} for key, group in groups.items()}
    if not groups or len(sizes[best := max(sizes, key=lambda key: len(sizes[key]))]) < 2:  # noqa: PLR2004
        return None
    case = Case(max(sizes[best]), *best, ())
    return _drawn(_lengthened(groups[best], sorted(sizes[best])), sorted(sizes[best]), case)


def _lengthened(points: Points, sizes: Sequence[int]) -> Points:
    """A sequential way on all sizes, in proportion to its largest measured size."""
    longer = {who: dict(line) for who, line in points.items()}
    for who, line in longer.items():
        if who.is_sequential:
            largest = max(line)
            line.update({size: line[largest] * size / largest for size in sizes if size not in line})
    return longer


def _drawn(points: Points, sizes: Sequence[int], case: Case) -> str:
    values = [value for line in points.values() for value in line.values()]
    across = Scale(sizes[0], sizes[-1], _LEFT, _WIDTH - _RIGHT)
    up = Scale(10 ** math.floor(math.log10(min(values))), max(values) * 1.2, _HEIGHT - _BOTTOM, _TOP)
    title = f"Wall seconds over fleet size, {case.latency_ms} ms a response, {case.transport.upper()}"
    svg = ET.Element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", width=str(_WIDTH)
    )
    ET.SubElement(svg, "title").text = title
    ET.SubElement(svg, "rect", width="100%", height="100%", fill="#ffffff")
    _write(svg, _LEFT, _TOP - 22, title, **{"font-weight": "600"})
    _draw_axes(svg, sizes, across, up)
    _draw_lines(svg, points, across, up)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _draw_axes(svg: ET.Element, sizes: Sequence[int], across: Scale, up: Scale) -> None:
    for power in range(round(math.log10(up.low)), math.floor(math.log10(up.high)) + 1):
        y = up.at(10**power)
        _line(svg, [(across.start, y), (across.end, y)], stroke="#d0d7de")
        _write(svg, across.start - 8, y + 4, f"{10**power:,g} s", **{"text-anchor": "end"})
    for size in sizes:
        _write(svg, across.at(size), up.start + 22, f"{size:,}", **{"text-anchor": "middle"})
    _write(svg, (across.start + across.end) / 2, up.start + 42, "servers", **{"text-anchor": "middle"})


def _draw_lines(svg: ET.Element, points: Points, across: Scale, up: Scale) -> None:
    heights = spread([up.at(line[max(line)]) for line in points.values()], _LABEL_HEIGHT)
    for (who, line), height in zip(points.items(), heights, strict=True):
        colour = _COLOURS[who]
        dashes = {"stroke-dasharray": "6 5"} if who.is_sequential else {}
        places = [(across.at(size), up.at(line[size])) for size in sorted(line)]
        _line(svg, places, stroke=colour, **{"stroke-width": "2"}, **dashes)
        for x, y in places:
            ET.SubElement(svg, "circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="3", fill=colour)
        label = f"({who.value}) {who.title.replace('`', '')}"
        _write(svg, across.end + 10, height + 4, label, fill=colour, **{"font-size": "11"})


def spread(heights: Sequence[float], apart: float) -> list[float]:
    """The heights in their order, moved up where two would be too close."""
    placed = list(heights)
    limit = math.inf
    for index in sorted(range(len(placed)), key=lambda index: -placed[index]):
        placed[index] = limit = min(placed[index], limit - apart)
    return placed


def _line(svg: ET.Element, places: Sequence[tuple[float, float]], **style: str) -> None:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    ET.SubElement(svg, "polyline", points=points, attrib={"fill": "none", **style})


def _write(svg: ET.Element, x: float, y: float, text: str, **style: str) -> None:
    ET.SubElement(svg, "text", x=f"{x:.1f}", y=f"{y:.1f}", attrib={**_TEXT, **style}).text = text
