"""Charts of the runs over time as inline SVG: stacked bars and a line, both with the numbers to read."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from job.pages.html import number

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 18, 22
LEAST_HEIGHT = 2.0  # a bar of one record stays visible beside one of thousands
LABEL_WIDTH = 84
FEW = 12  # below so many whole units an axis has no middle that would be a fraction


@dataclass(frozen=True)
class Bar:
    """One run: its label on the axis, the page it leads to, what a pointer sees, and the parts of the bar by class."""

    label: str
    link: str
    tip: str
    parts: Mapping[str, int]


def nice_ceiling(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 … at or above the value."""
    if value <= 1:
        return 1
    base = 10 ** math.floor(math.log10(value))
    return next(int(step * base) for step in (1, 2, 5, 10) if step * base >= value)


def bars(runs: Sequence[Bar], title: str, width: int = WIDTH) -> str:
    """Stacked bars, one per run; empty without any run."""
    if not runs:
        return ""
    top = nice_ceiling(max(sum(run.parts.values()) for run in runs))
    height = HEIGHT - TOP - BOTTOM
    step = (width - LEFT - RIGHT) / len(runs)
    thick = min(step * 0.7, 46)
    drawn = []
    for place, run in enumerate(runs):
        x = LEFT + step * (place + 0.5)
        y = float(TOP + height)
        blocks = []
        for kind, count in run.parts.items():
            if count:
                tall = max(LEAST_HEIGHT, height * count / top)
                y -= tall
                blocks.append(_block(kind, x - thick / 2, y, thick, tall))
        total = sum(run.parts.values())
        if step > 26 and total:
            blocks.append(f'<text x="{x:.1f}" y="{y - 4:.1f}" text-anchor="middle">{number(total)}</text>')
        # The whole column leads to the run, also where nothing was written.
        blocks.append(_block("whole", x - step / 2, TOP, step, height))
        drawn.append(f'<a href="{escape(run.link)}"><title>{escape(run.tip)}</title>{"".join(blocks)}</a>')
    places = [LEFT + step * (place + 0.5) for place in range(len(runs))]
    labels = _labels([run.label for run in runs], places, width)
    return _figure(title, width, _axis(0, top, width) + "".join(drawn) + labels)


def line(labels: Sequence[str], values: Sequence[float], title: str, kind: str, width: int = WIDTH // 2) -> str:
    """A line through the values with the first, the last and the bounds written out; empty below two values."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    if low == high:
        low, high = low - 1, high + 1
    height = HEIGHT - TOP - BOTTOM
    step = (width - LEFT - RIGHT - 20) / (len(values) - 1)
    points = [
        (LEFT + 10 + step * place, TOP + height * (high - value) / (high - low)) for place, value in enumerate(values)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{escape(label)}: {number(value)}</title>'
        "</circle>"
        for (x, y), label, value in zip(points, labels, values, strict=True)
    )
    labelled = _labels(labels, [x for x, _ in points], width)
    path_and_dots = f'<polyline class="{kind}" points="{path}"/>{dots}'
    return _figure(title, width, _axis(low, high, width) + path_and_dots + labelled)


def _block(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _figure(title: str, width: int, content: str) -> str:
    # A wide chart keeps its size on a phone and is shown from its newest end; see report.css.
    kind = "chart" if width == WIDTH else ""
    picture = f'<svg viewBox="0 0 {width} {HEIGHT}" role="img" aria-label="{escape(title)}">{content}</svg>'
    return f'<div class="wide {kind}">{picture}</div>'


def _axis(low: float, high: float, width: int) -> str:
    height = HEIGHT - TOP - BOTTOM
    middle = (low + high) / 2
    shares = (0.0, 0.5, 1.0) if middle.is_integer() or high - low > FEW else (0.0, 1.0)
    parts = []
    for share in shares:
        y = TOP + height * (1 - share)
        parts.append(
            f'<line class="axis" x1="{LEFT}" x2="{width - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_short(low + (high - low) * share)}</text>'
        )
    return "".join(parts)


def _labels(labels: Sequence[str], places: Sequence[float], width: int) -> str:
    """Labels under their places, as many as fit, the newest always; one at the border ends inside the picture."""
    every = max(1, math.ceil(len(labels) * LABEL_WIDTH / (width - LEFT - RIGHT)))
    drawn = []
    for label, x in list(zip(labels, places, strict=True))[::-1][::every]:
        anchor = "end" if x > width - LABEL_WIDTH / 2 else "middle"
        x = min(x, width - 2) if anchor == "middle" else width - 2
        drawn.append(f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{escape(label)}</text>')
    return "".join(drawn)


def _short(value: float) -> str:
    """A value for the axis: 15000 as 15k, small ones in whole units."""
    for size, mark in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size * 10:
            return f"{value / size:.3g}{mark}"
    return f"{value:.0f}"
