"""One log in every kind of file is one log."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import dataset, feather, parquet

from cede.logs import read_wide
from cede.logs.files import Files

RNG = np.random.default_rng(0)
LOG = pd.DataFrame(
    {
        "id": np.arange(60) + 7,
        "x": RNG.normal(size=60).round(4),
        "n": RNG.integers(1, 9, 60),
        "known": RNG.random(60) < 0.5,
        "word": RNG.choice(["a", "b;c", 'd"e,'], 60),
        "small": (RNG.random(60) < 0.6).astype(int),
        "large": np.where(RNG.random(60) < 0.8, RNG.random(60).round(3), np.nan),
        "user": [f"{i % 20:02d}" for i in range(60)],
    }
)


def csv_as(**options):
    def write(folder):
        LOG.to_csv(folder / "t.csv", index=False, **options)
        return Files(folder / "t.csv", encoding=None if "encoding" not in options else "cp1252")

    return write


def with_commas(folder):
    LOG.to_csv(folder / "t.csv", index=False, sep=";", decimal=",")
    return Files(folder / "t.csv")


def records(folder):
    (folder / "t.json").write_text(LOG.to_json(orient="records"))
    return folder / "t.json"


def lines(folder):
    LOG.to_json(folder / "t.jsonl.gz", orient="records", lines=True, compression="gzip")
    return folder / "t.jsonl.gz"


def nested(folder):
    rows = [{"rows": [{**row} for row in json.loads(LOG.to_json(orient="records"))]}]
    (folder / "t.json").write_text(json.dumps(rows[0]))
    return folder / "t.json"


def parts(folder):
    table = pa.Table.from_pandas(LOG, preserve_index=False)
    partition = dataset.partitioning(pa.schema([("user", pa.string())]), flavor="hive")
    dataset.write_dataset(
        table, folder / "t", format="parquet", partitioning=partition, max_partitions=64
    )
    return folder / "t"


def database(folder):
    with closing(sqlite3.connect(folder / "t.db")) as connection:
        LOG.to_sql("my log", connection, index=False)
        LOG.to_sql("other", connection)
    return f"{folder / 't.db'}::my log"


def several(folder):
    LOG[:20].to_csv(folder / "a.tsv", index=False, sep="\t")
    LOG[20:45][LOG.columns[::-1]].to_json(folder / "b.jsonl", orient="records", lines=True)
    LOG[45:].to_parquet(folder / "c.parquet", index=False)
    return [folder / name for name in ("a.tsv", "b.jsonl", "c.parquet")]


def arrow(folder):
    feather.write_feather(LOG, folder / "t.arrow")
    return folder / "t.arrow"


def with_index(folder):
    LOG.sample(frac=1.0, random_state=0).to_parquet(folder / "t.parquet")
    return folder / "t.parquet"


def ids_as_texts(folder):
    parquet.write_table(
        pa.Table.from_pandas(LOG.assign(id=LOG["id"].astype(str)), preserve_index=False),
        folder / "t.parquet",
    )
    return folder / "t.parquet"


WRITERS = [
    *(csv_as(**options) for options in ({}, {"sep": ";"}, {"sep": "|"}, {"encoding": "cp1252"})),
    *(with_commas, records, lines, nested, parts, database, several, arrow),
    *(with_index, ids_as_texts),
]


@pytest.mark.parametrize("write", WRITERS)
def test_one_log_in_every_kind_of_file_is_one_log(write, tmp_path):
    said = {"outcome": {"s": "small", "l": "large"}, "model": "s", "case": "id", "group": "user"}
    expected = read_wide(LOG, **said, features=None)
    cases = read_wide(write(tmp_path), **said, features=None)
    np.testing.assert_array_equal(cases.agent_costs, expected.agent_costs)
    assert sorted(cases.feature_names) == sorted(expected.feature_names) == ["known", "n", "x"]
    for name, values in expected.features.items():
        np.testing.assert_array_equal(cases.features[name], values)
    assert cases.ids.tolist() == expected.ids.tolist()
    assert cases.groups.tolist() == expected.groups.tolist()
    assert cases.group_names == expected.group_names
