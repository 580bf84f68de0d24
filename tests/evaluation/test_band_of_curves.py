import numpy as np
import pytest

import cede
from cede.evaluation.comparison import simultaneous_band
from cede.report.plotting._comparison import band as draw_band


def test_a_band_is_around_the_curve_and_wider_than_one_interval():
    draw = np.random.default_rng(0)
    scores, costs = draw.normal(size=(800, 3)), draw.integers(2, size=(800, 3))
    curve = cede.operating.deferral_curve_from_scores(scores, costs)
    band = simultaneous_band(scores, costs)
    np.testing.assert_allclose(band.value, 1 - curve.risk_at(band.rates))
    np.testing.assert_allclose(band.high - band.value, band.value - band.low)
    assert 2.2 < band.critical < 3.2
    # At the ends nothing is cut, and the error is that of a mean.
    for at, column in ((0, costs[:, 0]), (-1, costs[np.arange(800), scores[:, 1:].argmax(1) + 1])):
        error = column.std(ddof=1) / np.sqrt(800)
        assert band.high[at] - band.value[at] == pytest.approx(band.critical * error)
    risk = simultaneous_band(scores, costs, of="risk")
    np.testing.assert_allclose(risk.low, 1 - band.high)
    assert "95 % band over 51 deferral rates" in str(band)
    one = simultaneous_band(scores, costs, rates=[0.3])
    assert one.critical == pytest.approx(1.963, abs=0.001)


def test_a_band_of_a_method_less_itself_is_zero_and_of_another_is_not():
    draw = np.random.default_rng(0)
    scores, costs = draw.normal(size=(800, 2)), draw.integers(2, size=(800, 2))
    same = simultaneous_band(scores, costs, scores)
    assert np.abs([same.value, same.low, same.high]).max() == 0.0
    other = simultaneous_band(scores, costs, -scores)
    assert (other.value[[0, -1]] == 0).all()
    assert (other.high[[0, -1]] == 0).all()
    assert other.high[25] > other.low[25]
    flipped = simultaneous_band(-scores, costs, scores)
    np.testing.assert_allclose(flipped.value, -other.value)
    np.testing.assert_allclose(flipped.high, -other.low)


def test_bands_leave_missing_costs_out_and_refuse_what_means_nothing():
    draw = np.random.default_rng(0)
    scores, costs = draw.normal(size=(50, 2)), draw.random((50, 2))
    gappy = costs.copy()
    gappy[:7, 1] = np.nan
    np.testing.assert_allclose(
        simultaneous_band(scores, gappy).high, simultaneous_band(scores[7:], costs[7:]).high
    )
    group = np.arange(50) // 2
    assert simultaneous_band(scores, gappy, groups=group).n_independent == 22
    for changed, words in (
        ({"rates": [0.2, 0.1]}, "increasing"),
        ({"rates": [0.2, 20]}, "between 0 and 1"),
        ({"of": "loss"}, "but got 'loss'"),
        ({"groups": np.zeros(50)}, "groups must be two at least"),
        ({"groups": group[:9]}, "groups has 9"),
        ({"other_costs": costs}, "pass both"),
        ({"other_scores": scores[:9], "other_costs": costs[:9]}, "other_scores has 9"),
        ({"other_scores": scores[:, :1]}, "the shape of the scores"),
        ({"confidence": 95}, "confidence"),
    ):
        with pytest.raises(cede.InvalidInput, match=words):
            simultaneous_band(scores, costs, **changed)
    with pytest.raises(cede.InvalidInput, match="two cases at least"):
        simultaneous_band(scores[:1], costs[:1])


def test_a_band_is_drawn_with_its_line_at_zero():
    draw = np.random.default_rng(0)
    scores, costs = draw.normal(size=(300, 2)), draw.integers(2, size=(300, 2))
    band = simultaneous_band(scores, costs, -scores)
    ax = draw_band(band, method="mine")
    assert len(ax.lines) == 2
    np.testing.assert_allclose(ax.lines[1].get_ydata(), band.value)
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((band.low.min(), band.high.max()))
    assert len(draw_band(simultaneous_band(scores, costs), ax).lines) == 3  # no line at 0
