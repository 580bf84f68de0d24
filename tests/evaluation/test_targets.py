"""F1, AUC and sensitivity of a system, against scikit-learn's, and by resamples of cases."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score, roc_curve

import cede
from cede.evaluation.targets import Shown, detected, find_target


def cases(seed, n=120):
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.4
    scores = rng.integers(0, 6, size=n) / 5 * 0.5 + truth * rng.random(n).round(1) * 0.5
    return truth, scores > 0.4, scores


@pytest.mark.parametrize("seed", range(10))
def test_values_are_scikit_learns_ties_included_however_often_a_case_was_drawn(seed):
    truth, answers, scores = cases(seed)
    draws = np.random.default_rng(seed).multinomial(120, np.full(120, 1 / 120), size=3)
    ours = [find_target(name).of(truth, answers, scores, draws.astype(float))
            for name in ("f1", "auc", "sensitivity@0.8")]  # fmt: skip
    for b, draw in enumerate(draws):
        rows = np.repeat(np.arange(120), draw)
        assert ours[0][b] == pytest.approx(f1_score(truth[rows], answers[rows]))
        assert ours[1][b] == pytest.approx(roc_auc_score(truth[rows], scores[rows]))
        false, found, _ = roc_curve(truth[rows], scores[rows], drop_intermediate=False)
        assert ours[2][b] == pytest.approx(found[false <= 0.2 + 1e-12].max())


def test_intervals_are_percentiles_of_paired_resamples_of_cases_or_groups():
    truth, answers, scores = cases(3, 400)
    flipped = answers ^ (np.arange(400) % 7 == 0)
    rows = {
        ("model alone", None): Shown(answers, scores),
        ("mine", 0.2): Shown(answers, scores),
        ("worse", 0.2): Shown(flipped, scores),
    }
    model, mine, worse = detected(rows, truth, [find_target("f1")])
    assert model.over_model is None
    assert mine.value == model.value
    assert mine.over_model == (0.0, 0.0, 0.0)
    assert worse.over_model.high < 0
    assert model.value.low < model.value.value < model.value.high
    pairs = np.arange(400) // 2
    copies = {key: Shown(np.repeat(s.answers[::2], 2), np.repeat(s.scores[::2], 2))
              for key, s in rows.items()}  # fmt: skip
    twice = np.repeat(truth[::2], 2)
    alone = detected(copies, twice, [find_target("auc")])[0].value
    grouped = detected(copies, twice, [find_target("auc")], groups=pairs)[0].value
    assert grouped.high - grouped.low > 1.2 * (alone.high - alone.low)


def test_the_interval_of_f1_holds_as_often_as_it_says():
    rng, inside = np.random.default_rng(0), 0
    for seed in range(100):
        truth = rng.random(300) < 0.3
        answers = np.where(rng.random(300) < 0.85, truth, ~truth)
        (one,) = detected({("m", None): Shown(answers, answers * 1.0)}, truth,
                          [find_target("f1")], n_boot=200, random_state=seed)  # fmt: skip
        inside += (
            one.value.low <= 2 * 0.85 * 0.3 / (0.3 + 0.85 * 0.3 + 0.15 * 0.7) <= one.value.high
        )
    assert 87 <= inside <= 99


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("auk", "targets must name one of the targets, .* Did you mean 'auc'"),
        ("sensitivity@90", "targets must name a specificity in \\(0, 1\\), .* sensitivity@0.9"),
        ("sensitivity@", "targets must name a specificity"),
    ],
)
def test_other_targets_are_refused(name, message):
    with pytest.raises(cede.InvalidInput, match=message):
        find_target(name)


def test_a_label_that_no_case_has_cannot_be_found():
    said = {("m", None): Shown(np.ones(5, dtype=bool), np.ones(5))}
    with pytest.raises(cede.InvalidInput, match="positive must be the label of some"):
        detected(said, np.zeros(5, dtype=bool), [find_target("f1")])
