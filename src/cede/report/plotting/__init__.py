"""Figures of results: methods side by side, honesty of estimates, who gets which cases.

Every function returns what it drew and shows nothing: save a figure with ``figure.savefig``, or put
it into a page with :func:`to_svg`. A method has one colour and one line style, the same in every
figure; in grey, its strokes and markers still set it apart. No call changes the settings of
matplotlib.
"""

from cede.report.plotting._bands import bands as bands
from cede.report.plotting._canvas import LineStyle as LineStyle
from cede.report.plotting._canvas import blank_figure as blank_figure
from cede.report.plotting._canvas import line_style as line_style
from cede.report.plotting._canvas import readable as readable
from cede.report.plotting._canvas import to_svg as to_svg
from cede.report.plotting._comparison import band as band
from cede.report.plotting._contrast import contrast as contrast
from cede.report.plotting._curves import comparison as comparison
from cede.report.plotting._curves import curve as curve
from cede.report.plotting._learning import learning_curve as learning_curve
from cede.report.plotting._panels import Line as Line
from cede.report.plotting._panels import Panel as Panel
from cede.report.plotting._panels import dots as dots
from cede.report.plotting._panels import lines as lines
from cede.report.plotting._reliability import reliability as reliability
from cede.report.plotting._shared import shared as shared

__all__ = [
    "Line",
    "LineStyle",
    "Panel",
    "band",
    "bands",
    "blank_figure",
    "comparison",
    "contrast",
    "curve",
    "dots",
    "learning_curve",
    "line_style",
    "lines",
    "readable",
    "reliability",
    "shared",
    "to_svg",
]
