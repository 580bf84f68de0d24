"""Labels and names of every type come back equal, or are refused before anything is fitted."""

from datetime import date, time, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

import cede
from cede.routers.persistence._plain import pack_labels, pack_plain, unpack_labels, unpack_plain

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 2))
TRUTH = (X[:, 0] + 0.5 * RNG.normal(size=80) > 0).astype(int)
ANSWERS = np.where(RNG.random(80) < 0.8, TRUTH, 1 - TRUTH)[:, None]
ROUTERS = {
    "single stage": lambda: cede.SingleStageClassifier("one_vs_all"),
    "post hoc": lambda: cede.PostHocRouter(LogisticRegression()),
}


def fit(labels, router="post hoc"):
    return ROUTERS[router]().fit(X, labels[TRUTH], experts=labels[ANSWERS])


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize(
    "labels",
    [
        np.array(["2020-01-01", "2021-01-01"], "M8[D]"),
        np.array(["2020-01-01T00:00:00.000000001", "2021-01-01"], "M8[ns]"),
        np.array([1, 2], "m8[h]"),
        np.array([False, True]),
        np.array(["no", "yes, é"]),
        np.array(["a", "b"], dtype=object),
        np.array([np.str_("a"), np.str_("b")], dtype=object),
        np.array([0, 2**64 - 1], "u8"),
        np.array([1, 2], "i1"),
        np.array([1, 2], ">i4"),
        np.array([1.0, 2.0], "f2"),
    ],
    ids=lambda labels: str(labels.dtype),
)
def test_labels_come_back_equal(labels, router, tmp_path):
    fitted = fit(labels, router)
    loaded = cede.load(cede.save(fitted, tmp_path / "router"))
    np.testing.assert_array_equal(loaded.classes_, fitted.classes_)
    assert loaded.classes_.dtype.kind == fitted.classes_.dtype.kind
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X))
    np.testing.assert_array_equal(loaded.agent_scores(X), fitted.agent_scores(X))


def objects(*values):
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


@pytest.mark.parametrize(
    "labels",
    [
        objects(date(2020, 1, 1), date(2021, 1, 1)),
        objects(1, 2),
        objects(True, False),
        objects(np.int8(1), np.int8(2)),
        objects(Decimal(1), Decimal(2)),
        objects(1, "a"),
        objects(None, "a"),
        np.array([1, 2], np.longdouble),
        np.array([b"a", b"b"]),
        np.array([0.1, 0.2]),
    ],
    ids=lambda labels: repr(labels.tolist()),
)
def test_what_cannot_be_labels_is_refused_at_the_fit(labels):
    with pytest.raises(cede.InvalidInput, match=r"y cannot be labels: it holds|missing") as error:
        fit(labels)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", [np.str_("ann"), date(2020, 1, 1), np.int64(3), True, "a|b", "é"])
def test_names_of_experts_come_back_as_texts(name, tmp_path):
    pandas = pytest.importorskip("pandas")
    costs = pandas.DataFrame(RNG.random((80, 2)), columns=["model", name])
    router = cede.TwoStageRouter().fit(X, costs)
    loaded = cede.load(cede.save(router, tmp_path / "router"))
    assert loaded.expert_names_ == router.expert_names_ == (str(name),)


plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(timezone(timedelta(hours=5, minutes=30)))),
    st.times(),
    st.timedeltas(),
)


@given(plain)
def test_single_values_come_back_equal(value):
    back = unpack_plain(pack_plain(value))
    assert type(back) is type(value)
    assert back == value


@given(st.lists(plain, max_size=5))
def test_arrays_of_objects_come_back_equal(values):
    array = objects(*values)
    back = unpack_labels(pack_labels(array))
    assert back.dtype == array.dtype
    assert back.tolist() == values


@pytest.mark.parametrize(
    "value",
    [
        np.datetime64("2020-01-01"),
        np.datetime64("2020-01-01T00:00:00.000000001"),
        np.timedelta64(3, "D"),
        np.float32(0.1),
        np.float64("inf"),
        np.bool_(True),
        np.bytes_(b"a"),
        time(1, 2),
    ],
)
def test_scalars_come_back_equal(value):
    assert unpack_plain(pack_plain(value)) == value


@pytest.mark.parametrize("value", [np.longdouble(1), np.complex128(1j), Decimal(1), object()])
def test_what_would_come_back_otherwise_is_refused(value):
    with pytest.raises(cede.InvalidInput, match="cannot be saved; let labels and names be texts"):
        pack_plain(value)


def test_arrays_of_any_shape_and_type_come_back_equal(tmp_path):
    router = cede.TwoStageRouter().fit(X, RNG.random((80, 2)))
    given = {
        "zero_": np.array(3.5),
        "none_": np.empty((0, 3)),
        "turned_": np.arange(6.0).reshape(2, 3).T,
        "big_endian_": np.array([1.5, 2.5], ">f8"),
        "dates_": np.array([["2020-01-01", "NaT"]], "M8[s]"),
        "texts_": np.array([["a", "bc"], ["", "é"]]),
        "bytes_": np.array([b"a", b"bc"]),
    }
    vars(router).update(given)
    loaded = cede.load(cede.save(router, tmp_path / "router"))
    for name, array in given.items():
        back = getattr(loaded, name)
        np.testing.assert_array_equal(back, array)
        assert (back.shape, back.dtype.kind) == (array.shape, array.dtype.kind)
