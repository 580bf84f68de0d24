"""A table as a matrix: each kind of column, one small case worked out by hand."""

from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import cede
from cede.routers import Encoder, Texts
from cede.routers.encoding import Categories, Dates, Numbers, form_of
from cede.routers.encoding._form import FORM

TABLE = {
    "age": [31.0, None, 50.0, 44.0] * 5,
    "ward": ["a", "a", "b", None] * 5,
    "seen": [datetime(2024, 3, 1), datetime(2024, 3, 31), None, datetime(2024, 3, 11)] * 5,
    "note": ["short of breath", "short of time", "no pain", "no fever"] * 5,
    "flag": [True, False, True, True] * 5,
}


def test_numbers_have_the_median_and_a_flag_where_one_is_missing():
    columns = np.array([[1.0, 4.0], [np.nan, 5.0], [3.0, 9.0], [7.0, 0.0]])
    numbers = Numbers().fit(columns, ["a", "b"])
    expected = [[1, 4, 0], [3, 5, 1], [3, 9, 0], [7, 0, 0]]
    assert numbers.transform(columns).tolist() == expected
    assert numbers.names(["a", "b"]) == ["a", "b", "a: missing"]
    with pytest.raises(cede.InvalidInput, match=r"Column 'b' contains NaN and nothing else"):
        Numbers().fit(np.array([[1.0, np.nan]]), ["a", "b"])


def test_a_complete_table_of_numbers_comes_back_as_it_is():
    X = np.random.default_rng(0).normal(size=(20, 3))
    np.testing.assert_array_equal(Encoder().fit_transform(X), X)


def test_rare_levels_share_a_column_and_unknown_ones_go_there():
    levels = Categories(max_levels=2).fit(["a"] * 9 + ["b"] * 8 + ["c"] * 7 + ["d"])
    assert levels.levels_.tolist() == ["a", "b"]
    assert levels.transform(["b", "c", "d", "new", None]).tolist() == [
        [0, 1, 0],
        [0, 0, 1],
        [0, 0, 1],
        [0, 0, 1],
        [0, 0, 1],
    ]
    with_holes = Categories().fit(["a"] * 9 + [None])
    assert with_holes.transform([None, "new"]).tolist() == [[0, 0, 1], [0, 1, 0]]


def test_a_date_is_an_age_a_season_and_a_weekday():
    days = np.array(["2024-01-01T12", "2024-12-31T12", "NaT"], dtype="datetime64[s]")
    dates = Dates().fit(days)
    first, last, gone = dates.transform(days)
    assert (first[0], last[0], gone[0]) == (365.0, 0.0, 182.5)
    assert np.allclose(first[1:3], last[1:3], atol=0.02)  # a year apart, the same season
    assert not gone[1:5].any()
    assert (first[5], gone[5]) == (0.0, 1.0)
    week = dates.transform(np.array(["2024-05-06", "2024-05-13"], dtype="datetime64[s]"))
    assert np.allclose(week[0, 3:5], week[1, 3:5])  # two Mondays
    later = dates.transform(np.array(["2025-01-10T12"], dtype="datetime64[s]"))
    assert later[0, 0] == -10.0


@pytest.mark.parametrize("frame_of", [pd.DataFrame, pl.DataFrame, pa.table])
def test_every_kind_of_frame_is_read_alike(frame_of):
    encoder = Encoder(text="note").fit(pd.DataFrame(TABLE))
    assert encoder.kinds_.tolist() == ["number", "category", "date", "text", "number"]
    frame = frame_of(TABLE)
    np.testing.assert_array_equal(
        Encoder(text="note").fit_transform(frame), encoder.transform(pd.DataFrame(TABLE))
    )
    np.testing.assert_array_equal(encoder.transform(frame)[:4], encoder.transform(frame)[4:8])
    names = encoder.get_feature_names_out().tolist()
    assert len(names) == len(set(names)) == encoder.transform(frame).shape[1]


def test_beside_texts_other_columns_are_standardised():
    matrix = Encoder(text="note", beside=0.3).fit_transform(pd.DataFrame(TABLE))
    assert np.allclose(matrix[:, 0].std(), 0.3)
    assert np.allclose(matrix[:, 0].mean(), 0.0)


def test_forms_by_hand():
    numbers = dict(zip(FORM, form_of(["Is it NOT 1.5?\nA. Yes\nB. Maybe (no)"])[0], strict=True))
    counts = {name: round(np.expm1(numbers[name])) for name in ("digits", "lines", "numbers")}
    assert counts == {"digits": 2, "lines": 2, "numbers": 1}
    assert round(np.expm1(numbers["exceptions"])) == round(np.expm1(numbers["brackets"])) == 1
    assert np.expm1(numbers["letters of a choice"]) == pytest.approx((3 + 10) / 2)
    assert numbers["asks"] == 1.0
    assert np.isfinite(form_of(["", "\x00", "é" * 9])).all()


def test_a_function_may_read_the_texts():
    def embed(texts):
        return np.array([[3.0 * len(text), 4.0 * len(text)] for text in texts])

    texts = Texts(embed=embed, form=0.0).fit(TABLE["note"])
    np.testing.assert_allclose(texts.transform(["abc", ""]), [[0.6, 0.8], [0.0, 0.0]])
    wrong = Texts(embed=lambda texts: np.zeros(3)).fit(TABLE["note"])
    with pytest.raises(cede.InvalidInput, match=r"embed must return finite numbers \(n, k\)"):
        wrong.transform(["a"])


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"age": ["old"] * 20}, "Column 'age' must hold numbers, as at the fit, but got 'old'"),
        ({"age": [np.inf] * 20}, "Column 'age' contains infinity"),
    ],
)
def test_other_cells_than_at_the_fit_get_a_sentence(columns, words):
    encoder = Encoder(text="note").fit(pd.DataFrame(TABLE))
    with pytest.raises(cede.InvalidInput, match=words):
        encoder.transform(pd.DataFrame({**TABLE, **columns}))


def test_other_columns_than_at_the_fit_get_a_sentence():
    frame = pd.DataFrame(TABLE)
    encoder = Encoder(text="note").fit(frame)
    with pytest.raises(cede.InvalidInput, match="X must have the columns of the fit"):
        encoder.transform(frame[frame.columns[::-1]])
    with pytest.raises(cede.InvalidInput, match=r"there is no .notes."):
        Encoder(text="notes").fit(frame)


def test_it_works_in_a_pipeline_and_a_search():
    frame, y = pd.DataFrame(TABLE), np.array([0, 1, 1, 0] * 5)
    pipeline = make_pipeline(Encoder(text="note"), LogisticRegression())
    search = GridSearchCV(pipeline, {"encoder__beside": [0.1, 0.2]}, cv=2).fit(frame, y)
    assert search.score(frame, y) == 1.0
    assert clone(Encoder(texts=Texts(16))).get_params()["texts__n_components"] == 16
