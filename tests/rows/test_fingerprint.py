"""A fingerprint tells cases that were seen from others, whatever their order, form and number."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from cede import InvalidInput
from cede._rows._fingerprint import Fingerprint, check_unseen, fingerprint

X = np.random.default_rng(0).normal(size=(5_000, 6))


class Fitted:
    """Anything that keeps what it was fitted on."""

    def __init__(self, *parts):
        self.fitted_on_ = [fingerprint(part) for part in parts]


def test_order_and_form_do_not_matter():
    digest = fingerprint(X).digest
    order = np.random.default_rng(1).permutation(len(X))
    names = list("abcdef")
    same = [X[order], X.tolist(), np.asfortranarray(X), pd.DataFrame(X, columns=names)]
    same += [pl.DataFrame(X, schema=names), X.astype(np.float32)]
    assert {fingerprint(part).digest for part in same} == {digest}
    assert fingerprint(X[:, 0]).digest == fingerprint(X[:, :1]).digest
    assert fingerprint(np.array([[0.0]])).digest == fingerprint(np.array([[-0.0]])).digest


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X[1:],
        lambda X: np.vstack([X, X[:1]]),
        lambda X: X[:, [1, 0, 2, 3, 4, 5]],
        lambda X: X + 1e-6 * (np.arange(6) == 5) * (np.arange(5_000) == 3)[:, None],
        lambda X: np.where(np.arange(5_000)[:, None] == 7, np.nan, X),
    ],
    ids=["one less", "one twice", "columns swapped", "a last digit", "a missing row"],
)
def test_other_cases_have_other_digests(change):
    assert fingerprint(change(X)).digest != fingerprint(X).digest


def test_shares_seen_are_estimated_on_a_sample_of_the_cases():
    seen, new = fingerprint(X), np.random.default_rng(2).normal(size=(5_000, 6))
    assert len(seen.sketch) == 4_096
    assert seen.share_seen(X[::-1]) == 1.0
    assert seen.share_seen(X[100:900]) == 1.0
    assert seen.share_seen(new) == 0.0
    assert seen.share_seen(np.vstack([X[:2_500], new[:2_500]])) == pytest.approx(0.5, abs=0.06)
    assert fingerprint(X[:300]).share_seen(X[:600]) == 0.5


def test_equal_rows_need_not_be_the_same_case():
    few = np.random.default_rng(0).integers(0, 3, size=(2_000, 3)).astype(float)
    seen = fingerprint(few[:1_000])
    assert seen.share_seen(few[1_000:]) == 1.0  # as good as all of its rows appear there
    assert seen.overlap(few[1_000:]) is None
    assert seen.overlap(few[:1_000][::-1]) == 1.0


#: Features by how coarse they are: from numbers that never meet to such as nearly always do.
COARSE = {
    "three columns": lambda draw, n: draw.normal(size=(n, 3)),
    "three rounded columns": lambda draw, n: draw.normal(size=(n, 3)).round(1),
    "two rounded columns": lambda draw, n: draw.normal(size=(n, 2)).round(1),
    "one rounded column": lambda draw, n: draw.normal(size=(n, 1)).round(1),
    "two categories": lambda draw, n: np.hstack(
        [np.eye(12)[draw.integers(12, size=n)], np.eye(9)[draw.integers(9, size=n)]]
    ),
    "many empty rows": lambda draw, n: draw.normal(size=(n, 3)) * (draw.random((n, 1)) < 0.8),
    "one value, told thrice": lambda draw, n: np.log(
        draw.integers(20, 90, size=(n, 1)) ** [[1, 2, 0.5]]
    ),
}


@pytest.mark.parametrize("kind", COARSE)
@pytest.mark.parametrize("copies", [1, 2, 3])
def test_what_coarse_features_share_by_chance_is_no_case_seen(kind, copies):
    for seed in range(20):
        draw = np.random.default_rng(seed)
        n = int(draw.choice([150, 600, 2_000]))
        rows = COARSE[kind](draw, n)
        seen = fingerprint(rows[: 2 * n // 3].repeat(copies, axis=0))
        assert seen.overlap(rows[2 * n // 3 :].repeat(copies, axis=0)) is None


@pytest.mark.parametrize("kind", list(COARSE)[:2])
@pytest.mark.parametrize("copies", [1, 2, 3])
@pytest.mark.parametrize("again", [1, 2])
def test_half_of_the_cases_seen_are_found_however_many_copies_there_are(kind, copies, again):
    for seed in range(10):
        draw = np.random.default_rng(seed)
        n = int(draw.choice([150, 600, 2_000]))
        rows = COARSE[kind](draw, n)
        seen = fingerprint(rows[: 2 * n // 3].repeat(copies, axis=0))
        mixed = np.vstack([rows[: n // 6], rows[2 * n // 3 : 2 * n // 3 + n // 6]])
        share = seen.overlap(mixed.repeat(again, axis=0))
        assert share == pytest.approx(0.5, abs=0.2)


def test_copies_on_both_sides_of_a_split_by_rows_are_cases_seen():
    draw = np.random.default_rng(0)
    for copies in (2, 4, 8):
        rows = draw.permutation(draw.normal(size=(300, 2)).repeat(copies, axis=0))
        assert fingerprint(rows[len(rows) // 4 :]).overlap(rows[: len(rows) // 4]) > 0.5


def test_a_few_of_the_cases_and_another_precision_are_found():
    seen = fingerprint(X)
    assert seen.overlap(X[::20].astype(np.float32)) == 1.0
    assert fingerprint(X[:150]).overlap(X[:150:20]) == 1.0
    # What is not the same row is not found: other columns, another order, other digits.
    for other in (X[:, :5], X[:, ::-1], np.hstack([X, X[:, :1]]), X + 1e-3):
        assert seen.overlap(other) is None


def test_no_rows_and_one_row_are_no_case_seen():
    seen = fingerprint(X[:500])
    assert seen.overlap(X[:0]) is None
    assert fingerprint(X[:0]).overlap(X[:5]) is None
    assert fingerprint(np.zeros((500, 3))).overlap(np.zeros((100, 3))) is None


def test_fingerprints_saved_without_counts_are_read_and_tell_what_they_told():
    kept = fingerprint(X).to_dict()
    old = Fingerprint.from_dict({k: kept[k] for k in ("digest", "n_cases", "sketch", "distinct")})
    assert old.overlap(X[:50]) == 1.0
    assert old.overlap(np.random.default_rng(2).normal(size=(200, 6))) is None
    coarse = Fingerprint.from_dict({**old.to_dict(), "digest": fingerprint(X[:50]).digest})
    assert coarse.overlap(X[:50]) == 1.0


def test_texts_and_missing_values_have_fingerprints():
    table = pd.DataFrame({"a": ["x", "y", None], "b": [1.0, 2.0, np.nan]})
    assert fingerprint(table).digest == fingerprint(table[::-1]).digest
    assert fingerprint(table).digest != fingerprint(table.replace("x", "z")).digest


def test_a_fingerprint_survives_json():
    seen = fingerprint(X)
    back = Fingerprint.from_dict(json.loads(json.dumps(seen.to_dict())))
    assert (back.digest, back.n_cases, back.distinct) == (seen.digest, 5_000, 1.0)
    assert (back.sketch == seen.sketch).all()
    assert (back.counts == seen.counts).all()
    assert back.accidental == seen.accidental
    assert str(back) == seen.digest


def test_seen_cases_are_refused_whichever_fit_saw_them():
    router = Fitted(X[:2_000], X[2_000:4_000])
    check_unseen(router, X[4_000:], "A guarantee")
    check_unseen(object(), X, "A guarantee")  # other people's routers keep no fingerprint
    new = np.random.default_rng(2).normal(size=(2_000, 6))
    check_unseen(router, np.vstack([X[:10], new]), "A guarantee")  # ten doubles are no proof
    for part in (X[:50], X[3_000:3_050], np.vstack([new, X[2_500:2_600]])):
        with pytest.raises(
            InvalidInput, match=r"A guarantee needs cases .* but (100|5)% .* among the 2,000"
        ):
            check_unseen(router, part, "A guarantee")


@pytest.mark.parametrize("copies", [1, 2])
def test_a_promise_on_the_cases_fitted_on_is_refused_with_copies_too(copies):
    router = Fitted(X[:400].repeat(copies, axis=0))
    with pytest.raises(InvalidInput, match="100% of these"):
        check_unseen(router, X[:400].repeat(copies, axis=0), "A guarantee")
