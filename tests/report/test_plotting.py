import re
import subprocess
import sys
from dataclasses import dataclass, field, replace

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex

from cede.evaluation.calibration import Reliability, reliability
from cede.evaluation.comparison import Comparison, compare
from cede.exceptions import InvalidInput, MissingExtra
from cede.losses import SURROGATES
from cede.operating import deferral_curve_from_scores
from cede.report import plotting
from cede.report.plotting._canvas import STYLES
from cede.report.plotting._curves import _spread
from cede.routers import METHODS

# Not mathematics, though matplotlib would read it as such; short names are cut after 16 letters.
HOSTILE = r'$\q{$<script>alert("x")</script> & ' + "long " * 20


class Answers:
    """A model that is right where ``X[:, 0]`` is above -0.5."""

    def predict(self, X):
        return (X[:, 0] > -0.5).astype(int)


@dataclass
class Method(Answers):
    """Defers where ``X[:, column]`` is small."""

    column: int
    n_experts: int

    def agent_scores(self, X):
        experts = [-X[:, self.column] - j for j in range(self.n_experts)]
        return np.column_stack([np.zeros(len(X)), *experts])


@dataclass
class Contrast:
    names: tuple[str, ...] = ("age", HOSTILE)
    differences: np.ndarray = field(default_factory=lambda: np.array([-0.8, 0.3]))
    accuracy: np.ndarray = field(default_factory=lambda: np.array([[0.9, 0.6], [0.5, 0.75]]))
    n_kept: int = 80
    n_deferred: int = 20


def make_comparison(methods=("threshold_correction", "mine"), experts=("physician",), n=600):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 2))
    costs = (rng.random((n, len(experts))) > 0.7).astype(float)
    fitted = {name: Method(i % 2, len(experts)) for i, name in enumerate(methods)}
    return compare(
        fitted, X, np.ones(n), costs=costs, model=Answers(), expert_names=experts, n_boot=50
    )


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return make_comparison()


def texts(figure):
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


def lines_of(ax, colour):
    return [line for line in ax.lines if to_hex(line.get_color()) == colour]


def test_a_curve_is_thinned_and_keeps_its_ends_and_its_values():
    rng = np.random.default_rng(1)
    costs = (rng.random((5_000, 2)) > 0.6).astype(float)
    curve = deferral_curve_from_scores(rng.random((5_000, 2)), costs)
    ax = plotting.curve(curve, method="one_vs_all")
    x, y = ax.lines[0].get_data()
    assert len(x) == 400 < len(curve.risk)
    assert (x[0], x[-1]) == (0.0, 1.0)
    np.testing.assert_array_equal(y, np.interp(x, curve.deferral_rate, curve.accuracy))


def test_the_band_is_the_normal_approximation():
    curve = deferral_curve_from_scores([[0.0, 0.9], [0.0, 0.2]] * 50, [[1.0, 0.0], [0.0, 1.0]] * 50)
    ax = plotting.curve(curve)
    edge = ax.collections[0].get_paths()[0].vertices
    start = np.sort(edge[edge[:, 0] == 0.0][:, 1])  # accuracy 1/2 on 100 cases
    half = 1.959964 * np.sqrt(0.25 / 100)
    np.testing.assert_allclose(start[[0, -1]], [0.5 - half, 0.5 + half], rtol=1e-6)
    assert not plotting.curve(curve, confidence=None).collections


def test_a_curve_is_drawn_where_it_is_told_to_be(compared):
    ax = matplotlib.figure.Figure().add_subplot()
    assert plotting.curve(compared.curves["mine"], ax, method="mine") is ax
    assert to_hex(ax.lines[0].get_color()) == plotting.line_style("mine").colour


def test_the_comparison_shows_every_row_where_the_table_has_it(compared):
    ax = plotting.comparison(compared).axes[0]
    for name in ("threshold_correction", "mine"):
        drawn = lines_of(ax, plotting.line_style(name).colour)
        dots = {(float(d.get_xdata()[0]), float(d.get_ydata()[0])) for d in drawn[1:]}
        rows = [row for row in compared.rows if row.method == name]
        assert dots == {(1 - row.coverage, row.accuracy) for row in rows}
        assert len(rows) == 3
    model, expert = compared.rows[0], compared.rows[1]
    (random,) = lines_of(ax, STYLES["random"].colour)
    np.testing.assert_allclose(random.get_ydata(), [model.accuracy, expert.accuracy])
    said = texts(ax.figure)
    assert f"physician\nalone {expert.accuracy:.1%}" in said
    assert f"model\nalone {model.accuracy:.1%}" in said
    assert {"budget 10%", "20%", "30%"} <= set(said)


def test_one_answer_in_every_case_stands_beside_the_agents_alone(compared):
    constant = replace(compared.rows[0], method="always 1", answer="1", accuracy=0.61)
    both = replace(compared, rows=(*compared.rows, constant), outcomes=())
    assert "always 1\n61.0%" in texts(plotting.comparison(both))
    far = replace(both, rows=(*compared.rows, replace(constant, accuracy=0.001)))
    figure = plotting.comparison(far)
    assert "always 1\n↓ 0.1%" in texts(figure)
    assert figure.axes[0].get_ylim()[0] > 0.001


def test_the_legend_names_the_best_method_at_the_middle_budget_first(compared):
    at_middle = [row for row in compared.at(0.2).rows if row.is_method]
    best = max(at_middle, key=lambda row: row.accuracy).method.replace("_", " ")
    (legend,) = plotting.comparison(compared).legends
    assert legend.get_texts()[0].get_text() == best
    assert len(legend.get_texts()) == 2 + 4


def test_an_oracle_far_above_leaves_the_frame_and_the_legend_says_how_far_it_gets():
    rng = np.random.default_rng(0)
    n = 20_000  # narrow bands, so the frame is small
    X = rng.normal(size=(n, 2))
    X[:, 0] = rng.random(n) - 0.8
    found = compare(
        {"mine": Method(1, 1)}, X, np.ones(n), costs=(rng.random((n, 1)) > 0.7).astype(float),
        model=Answers(), n_boot=10,
    )  # fmt: skip
    figure = plotting.comparison(found)
    top = found.curves["oracle"].accuracy.max()
    assert figure.axes[0].get_ylim()[1] < top
    assert f"oracle, up to {top:.0%}" in texts(figure)


def test_labels_that_would_overlap_are_moved_apart():
    placed = _spread([0.5, 0.51, 0.9, 0.5], 0.1, 0.0, 1.0)
    assert np.diff(np.sort(placed)).min() >= 0.1 - 1e-12
    assert placed[2] == 0.9
    high = _spread([0.99, 1.0], 0.1, 0.0, 1.0)
    np.testing.assert_allclose(high, [0.9, 1.0])


def test_styles_are_told_apart_in_grey_and_by_name():
    assert len({(style.dashes, style.marker) for style in STYLES.values()}) == len(STYLES)
    assert len({style.colour for style in STYLES.values()}) == len(STYLES)
    # From zlib.crc32, which does not change between runs as hash() does.
    assert plotting.line_style("mine") == plotting.LineStyle("#2b7bba", (2.5, 1.5), "v")
    assert plotting.line_style("mine") not in STYLES.values()


@pytest.mark.parametrize("name", ["realizable (q = 0.7)", "one_vs_all (c0 = 0)"])
def test_a_variant_has_its_method_s_colour_and_strokes_of_its_own(name):
    style, own = plotting.line_style(name), STYLES[name.split(" (")[0]]
    assert style.colour == own.colour
    assert style.dashes != own.dashes
    assert style.marker != own.marker


def test_unknown_names_do_not_share_a_colour_in_one_figure():
    names = [f"expert {i}" for i in range(6)]
    alike = {plotting.line_style(name).colour for name in names}
    assert len(alike) < 6  # by themselves they do
    rows = dict.fromkeys(["oracle", *names], LINE)
    figure = plotting.lines([plotting.Panel("a", "x", "y", rows)])
    colours = [line.get_color() for line in figure.axes[0].get_lines()]
    assert len(set(colours)) == 7
    assert colours[0] == STYLES["oracle"].colour


def test_every_method_has_a_style():
    assert set(SURROGATES) | set(METHODS) <= set(STYLES)


LINE = plotting.Line([0.0, 0.5], [0.1, 0.2], [0.0, 0.1], [0.2, 0.3])


def test_lines_draws_every_method_once_in_the_legend_with_bands_and_levels():
    rows = {"one_vs_all": LINE, "realizable (q = 0.7)": plotting.Line([0.0, 0.5], [0.3, 0.4])}
    panels = [
        plotting.Panel("first", "fee", "risk", rows, levels={"model alone": 0.25}, percent_y=True),
        plotting.Panel("second", "fee", "risk", {"one_vs_all": LINE}, log_x=True),
        plotting.Panel("third", "fee", "risk", {"oracle": LINE}),
    ]
    figure = plotting.lines(panels)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["first", "second", "third"]
    first = figure.axes[0]
    drawn = [line for line in first.get_lines() if len(line.get_xdata()) == 2][:2]
    np.testing.assert_array_equal(drawn[1].get_ydata(), [0.3, 0.4])
    assert len(first.collections) == 1  # the band of one method
    assert "model alone" in [text.get_text() for text in first.texts]
    assert figure.axes[1].get_xscale() == "log"
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["one vs all", "realizable (q = 0.7)", "oracle"]


def test_dots_has_the_same_rows_in_every_panel():
    panels = [
        plotting.Panel("a", "x", "", {"one_vs_all": (0.2, 0.1, 0.3), "oracle": 0.4}),
        plotting.Panel("b", "x", "", {"oracle": 0.5}, percent_x=True, levels={"none": 0.0}),
    ]
    figure = plotting.dots(panels)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["one vs all", "oracle"]
    interval, point, *_ = figure.axes[0].get_lines()
    np.testing.assert_array_equal(interval.get_xdata(), [0.1, 0.3])
    np.testing.assert_array_equal(point.get_xdata(), [0.2])
    assert figure.axes[1].get_lines()[1].get_ydata() == [1]


@pytest.mark.parametrize("panels", [[], [plotting.Panel("empty", "x", "y", {})]])
def test_a_figure_of_panels_needs_a_method(panels):
    with pytest.raises(InvalidInput, match="panels must be one at least, each with a method"):
        plotting.lines(panels)


def test_lines_wants_lines():
    with pytest.raises(InvalidInput, match=r"panels must hold a Line .* for 'oracle'"):
        plotting.lines([plotting.Panel("a", "x", "y", {"oracle": 0.4})])


def test_reliability_has_a_panel_per_method_with_its_ece():
    good = reliability([0.2] * 10 + [0.8] * 10, [0, 0, 0, 0, 1] * 2 + [1, 1, 1, 1, 0] * 2)
    bad = Reliability(np.array([0.9]), np.array([0.4]), np.array([20]), 0.0)
    for width in (9.0, 4.0):
        figure = plotting.reliability({"mine": good, "one_vs_all": bad}, "Dr $x", width=width)
        shown = [ax for ax in figure.axes if ax.get_visible()]
        assert [ax.get_title(loc="left") for ax in shown] == [
            "mine\nECE 0.000",
            "one vs all\nECE 0.500",
        ]
        assert shown[0].get_gridspec().ncols == (4 if width == 9.0 else 2)
        assert "estimated chance that Dr $x is right" in texts(figure)
    with pytest.raises(InvalidInput, match="reliabilities must hold one method at least"):
        plotting.reliability({}, "physician")


def test_the_contrast_shows_differences_and_who_is_right():
    figure = plotting.contrast(Contrast(), ["model", HOSTILE], method="mine")
    said = texts(figure)
    assert {"−0.80", "+0.30", "90.0%", "60.0%", "50.0%", "75.0%"} <= set(said)
    assert {"kept (80)", "deferred (20)"} <= set(said)
    assert [bar.get_width() for bar in figure.axes[0].patches] == [-0.8, 0.3]


def test_an_accuracy_that_nobody_knows_is_not_drawn():
    nobody = Contrast(accuracy=np.array([[0.9, 0.6], [0.0, 0.0]]), n_deferred=0)
    said = texts(plotting.contrast(nobody, ["model", "physician"]))
    assert "kept (80)" in said
    assert not {"0.0%", "deferred (0)"} & set(said)
    unknown = Contrast(accuracy=np.array([[0.9, 0.6], [0.5, np.nan]]))
    assert "nan%" not in plotting.to_svg(plotting.contrast(unknown, ["model", "physician"]))


def test_equal_figures_give_equal_svg_and_different_ones_share_no_id(compared):
    first = plotting.to_svg(plotting.comparison(compared), label='a "curve" <b>')
    again = plotting.to_svg(plotting.comparison(compared), label='a "curve" <b>')
    other = plotting.to_svg(plotting.comparison(compared, width=4.0))
    assert first == again
    assert "&quot;curve&quot; &lt;b&gt;" in first
    ids = [re.findall(r'\bid="([^"]*)"', svg) for svg in (first, other)]
    assert not set(ids[0]) & set(ids[1])
    for svg, own in zip((first, other), ids, strict=True):
        assert svg.startswith("<svg ")
        assert svg.endswith("</svg>")
        assert len(set(own)) == len(own)
        used = re.findall(r'(?:href="#|url\(#)([^")]*)', svg)
        assert used
        assert set(used) <= set(own)
        assert "<dc:date>" not in svg
        assert "<metadata" not in svg


def test_names_are_text_whatever_they_hold():
    found = make_comparison(methods=(HOSTILE, "_hidden"), experts=(HOSTILE, "漢字", 'id="x'))
    estimates = reliability([0.2, 0.8], [0, 1])
    for width in (9.0, 4.0):
        svg = plotting.to_svg(plotting.comparison(found, width=width))
        svg += plotting.to_svg(plotting.contrast(Contrast(), ["model", HOSTILE], width=width))
        svg += plotting.to_svg(plotting.reliability({HOSTILE: estimates}, HOSTILE, width=width))
        assert "<script" not in svg
        assert "&lt;script&gt;" in svg
        assert ">hidden</text>" in svg
        assert "漢字" in svg
        assert '>id="x</text>' in svg


def test_the_callers_settings_are_used_for_nothing_and_left_alone(compared):
    plain = plotting.to_svg(plotting.comparison(compared))
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 20}):
        before = dict(matplotlib.rcParams)
        assert plotting.to_svg(plotting.comparison(compared)) == plain
        assert dict(matplotlib.rcParams) == before


def test_importing_loads_neither_matplotlib_nor_torch_and_drawing_no_pyplot():
    script = """
import sys
from cede.report import plotting
from cede.operating import deferral_curve_from_scores
heavy = {"matplotlib", "torch", "sklearn"} & set(sys.modules)
assert not heavy, heavy
plotting.to_svg(plotting.curve(deferral_curve_from_scores([[0, 1.0]], [[1, 0.0]])).figure)
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch, compared):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"cede\[report\]"):
        plotting.comparison(compared)
