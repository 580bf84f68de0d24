"""What all figures share: one style per method, a blank figure, and the way into a page."""

from __future__ import annotations

import hashlib
import re
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

from cede._text import one_line, shown
from cede.exceptions import MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.ticker import Formatter

INK, MUTED, FAINT = "#222222", "#666666", "#cccccc"


@dataclass(frozen=True)
class LineStyle:
    """How a method is drawn, everywhere."""

    #: As ``#rrggbb``.
    colour: str
    #: Lengths of strokes and gaps, in line widths; empty for a solid line.
    dashes: tuple[float, ...] = ()
    #: Of single points, as matplotlib names it.
    marker: str = "o"


# Hues after Okabe and Ito (2008), which people with colour blindness can tell apart.
# Where two hues are close, strokes and markers differ, so that a grey print is clear, too.
STYLES = {
    "threshold_correction": LineStyle("#0072b2"),
    "rejector": LineStyle("#56a3d9", (4.0, 1.2, 1.2, 1.2), "v"),
    "cost_sensitive_softmax": LineStyle("#d55e00", (5.0, 1.5), "s"),
    "one_vs_all": LineStyle("#00805c", (6.0, 1.5, 1.2, 1.5), "^"),
    "softmax_one_vs_all": LineStyle("#b0478a", (1.4, 1.2), "D"),
    "asymmetric_softmax": LineStyle("#1b3a8a", (), "P"),
    "best_expert_softmax": LineStyle("#a06a00", (8.0, 2.0), "<"),
    "alpha_weighted_softmax": LineStyle("#e08a4a", (3.0, 1.0), ">"),
    "mixture_of_experts": LineStyle("#7a6a5a", (2.5, 1.5), "X"),
    "realizable": LineStyle("#7a3e9d", (), "X"),
    "expected_cost": LineStyle("#b3423a", (7.0, 1.2, 1.2, 1.2, 1.2, 1.2), "p"),
    "complement": LineStyle("#5b2a86", (), "v"),
    "aggregated": LineStyle("#00747a", (5.0, 1.5), "d"),
    "weighted": LineStyle("#c07a00", (1.4, 1.2), "^"),
    "constrained": LineStyle("#5b6f00", (6.0, 1.5, 1.2, 1.5), "<"),
    "cost_regression": LineStyle("#222266", (8.0, 2.0), "P"),
    "density_ratio": LineStyle("#a8005c", (), "h"),
    "neighbours": LineStyle("#3f7f3f", (2.5, 1.5), "H"),
    "forest": LineStyle("#6b8e00", (4.0, 1.2, 1.2, 1.2), "D"),
    "ensemble": LineStyle("#444444", (), "*"),
    "ensemble_with_forest": LineStyle("#2f4f2f", (6.0, 1.5, 1.2, 1.5), "p"),
    "cascade": LineStyle("#00508c", (), ">"),
    "confidence": LineStyle("#8c6d31", (3.0, 1.0, 1.0, 1.0), "v"),
    "confidence difference": LineStyle("#5a6b00", (1.4, 1.2), "*"),
    "fixed mix": LineStyle("#7d7d7d", (3.0, 1.0), "s"),
    "model alone": LineStyle("#222222", (), "s"),
    "oracle": LineStyle("#6b6b6b", (4.0, 3.0), "d"),
    "random": LineStyle("#8a8a8a", (1.0, 2.2), "x"),
}
_OTHER_COLOURS = ("#a06a00", "#2b7bba", "#7a3e9d", "#5b6f00", "#b3423a", "#00747a")
_OTHER_DASHES = ((), (8.0, 2.0), (3.0, 1.0, 1.0, 1.0), (2.5, 1.5))
_MARKERS = "osD^vPX<>"
_SETTINGS = {
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 9,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "cede",
}


def line_style(method: str) -> LineStyle:
    """Return the style of a method; an unknown name always gets the same one.

    A variant, ``"realizable (q = 0.7)"``, has its method's colour, and strokes of its own.

    Examples
    --------
    >>> line_style("threshold_correction")
    LineStyle(colour='#0072b2', dashes=(), marker='o')
    >>> line_style("mine") == line_style("mine")
    True
    """
    if method in STYLES:
        return STYLES[method]
    # The built-in hash differs from one run to the next.
    number = zlib.crc32(method.encode("utf-8", "replace"))
    marker = _MARKERS[number % len(_MARKERS)]
    base, _, variant = method.partition(" (")
    if variant and base in STYLES:
        own = STYLES[base]
        dashes = [d for d in _OTHER_DASHES if d != own.dashes]
        markers = _MARKERS.replace(own.marker, "")
        return LineStyle(own.colour, dashes[number % len(dashes)], markers[number % len(markers)])
    return LineStyle(
        _OTHER_COLOURS[number % len(_OTHER_COLOURS)],
        _OTHER_DASHES[number // len(_OTHER_COLOURS) % len(_OTHER_DASHES)],
        marker,
    )


def styles_of(names: Iterable[str]) -> dict[str, LineStyle]:
    """Return a style for each name in a figure; up to six unknown names differ in colour."""
    styles: dict[str, LineStyle] = {}
    for name in names:
        style, is_known = line_style(name), name.partition(" (")[0] in STYLES
        used_colours = {used.colour for used in styles.values()}
        if not is_known and style.colour in used_colours:
            free = [colour for colour in _OTHER_COLOURS if colour not in used_colours]
            style = replace(style, colour=free[0]) if free else style
        styles[name] = style
    return styles


def to_svg(figure: Figure, *, label: str = "") -> str:
    """Return a figure as one ``<svg>`` element to put inside a page.

    Equal figures give equal texts, without a date; identifiers are the figure's own, so many may
    stand on one page. Text stays text, to be set in the page's font.

    Parameters
    ----------
    figure : matplotlib Figure
    label : str, optional
        What a screen reader says.
    """
    from matplotlib import style

    out = StringIO()
    with warnings.catch_warnings(), style.context(["default", _SETTINGS]):
        # The reader's browser has the glyph, even if the font used for measuring has not.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(out, format="svg", metadata=nothing)
    text = out.getvalue()
    text = text[text.index("<svg") :].strip()
    own = "s" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:10]
    names = re.compile(r'(\bid="|href="#|url\(#)')
    text = re.sub("<[^>]+>", lambda tag: names.sub(rf"\g<1>{own}-", tag[0]), text)
    # A style sheet inside the page would otherwise hold for all of it.
    text = text.replace('<style type="text/css">*', f'<style type="text/css">#{own} *')
    return text.replace(
        "<svg ",
        f'<svg id="{own}" role="img" aria-label="{escape(one_line(label), quote=True)}" ',
        1,
    )


@contextmanager
def blank_figure(width: float, height: float) -> Iterator[Figure]:
    """A figure in inches, drawn on in one style whatever the caller's settings are."""
    try:
        import matplotlib  # noqa: F401
        from matplotlib import style
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("matplotlib", "report", "Drawing a figure") from None
    with style.context(["default", _SETTINGS]):
        yield Figure(figsize=(width, height), layout="constrained")


def line(style: LineStyle) -> dict[str, Any]:
    """Return a style as matplotlib's arguments."""
    return {"color": style.colour, "linestyle": (0, style.dashes) if style.dashes else "-"}


def short(name: str, longest: int = 30) -> str:
    """Return a name on one line, cut if it is too long."""
    return shown(name, longest)


def readable(method: str) -> str:
    """Return the name of a method as words."""
    return short(method.replace("_", " "))


def percent() -> Formatter:
    """Return a formatter of shares for an axis."""
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda share, _: f"{100 * share:.4g}%")
