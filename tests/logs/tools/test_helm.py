"""Runs of HELM."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_helm, read_log

TOY = Path(__file__).parent / "files" / "helm" / "toy.zip"
SMALL, LARGE = (f"facts:n=40,trials=1,perturbed=no,model=toys_{s}" for s in ("small", "large"))
PERTURBED = "facts:n=5,trials=2,perturbed=yes,model=toys_small"


@pytest.fixture
def runs(tmp_path):
    with zipfile.ZipFile(TOY) as archive:
        archive.extractall(tmp_path / "toy")
    return tmp_path / "toy"


def rewrite(file, change):
    file.write_text(json.dumps(change(json.loads(file.read_text()))))


def outcomes(export):
    rows = export.table.to_pylist()
    return {(row["case"], row["agent"]): row["outcome"] for row in rows}


def stats(folder, metric, perturbation=None):
    """Means by instance, straight from the file."""
    means = {}
    for record in json.loads((folder / "per_instance_stats.json").read_text()):
        if (record.get("perturbation") or {}).get("name") == perturbation:
            for stat in record["stats"]:
                if stat["name"]["name"] == metric:
                    means.setdefault(record["instance_id"], []).append(stat["mean"])
    return means


def test_cases_are_instances_of_a_scenario(runs):
    export = read_helm([runs / SMALL, runs / LARGE], metric="exact_match")
    read = outcomes(export)
    for folder, agent in ((SMALL, "toys/small"), (LARGE, "toys/large")):
        expected = {f"facts:n=40/{k}": v for k, (v,) in stats(runs / folder, "exact_match").items()}
        assert {case: v for (case, who), v in read.items() if who == agent} == expected
    cases = read_log(export, model="toys/small", features=None)
    assert (len(cases), cases.feature_names) == (40, ("prompt_chars", "prompt_words"))


def test_texts_are_the_same_from_either_file(runs):
    """One run has instances.json, the other only what it was made of."""
    assert (runs / LARGE / "instances.json").is_file()
    assert not (runs / SMALL / "instances.json").exists()
    small, large = (read_helm(runs / r, metric="exact_match").table for r in (SMALL, LARGE))
    assert small["prompt"].to_pylist() == large["prompt"].to_pylist()
    for name in ("instances.json", "scenario_state.json"):
        (runs / LARGE / name).unlink()
    bare = read_helm(runs / LARGE, metric="exact_match")
    assert bare.table.column_names == ["agent", "case", "task", "outcome"]


def test_the_shown_predictions_are_read_where_the_full_statistics_are_missing(runs):
    full = outcomes(read_helm(runs / LARGE, metric="exact_match"))
    (runs / LARGE / "per_instance_stats.json").unlink()
    assert outcomes(read_helm(runs / LARGE, metric="exact_match")) == full
    assert outcomes(read_helm(runs / LARGE)) == full  # the page shows this metric only
    (runs / LARGE / "display_predictions.json").unlink()
    with pytest.raises(UnreadableFile, match=r"neither per_instance_stats.json nor display_pred"):
        read_helm(runs / LARGE, metric="exact_match")


def test_a_statistic_that_is_not_there_is_unknown(runs):
    """HELM removes NaN: every third instance has none."""
    export = read_helm([runs / SMALL, runs / LARGE], metric="agreement")
    assert {case for case, _ in outcomes(export)} == {
        f"facts:n=40/id{i}" for i in range(40) if i % 3
    }
    assert export.notes == ("14 items of which nothing is known are left out.",)
    with pytest.raises(InvalidInput, match="hold no outcome at all"):
        read_helm(runs / SMALL, metric="training_co2_cost")  # counts of 0


def test_a_metric_must_be_named(runs):
    with pytest.raises(InvalidInput, match=r"metric of run 'facts.*num_prompt_tokens.*exact"):
        read_helm(runs / SMALL)
    with pytest.raises(InvalidInput, match="but got exact"):
        read_helm(runs / SMALL, metric="exact")
    with pytest.raises(InvalidInput, match=r"outcome must be in .* but got 57"):
        read_helm(runs / SMALL, metric="num_prompt_tokens")


def test_trials_are_averaged_and_perturbed_instances_left_out(runs):
    export = read_helm(runs / PERTURBED, metric="exact_match")
    expected = {
        (f"facts:n=5/{key}", "toys/small"): sum(values) / 2
        for key, values in stats(runs / PERTURBED, "exact_match").items()
    }
    assert outcomes(export) == expected
    assert 0.5 in expected.values()
    assert export.notes == ("20 records of other perturbations are left out.",)
    assert all(text != text.lower() for text in export.table["prompt"].to_pylist())


def test_a_perturbation_that_is_named_is_read_alone(runs):
    export = read_helm(runs / PERTURBED, metric="exact_match", perturbation="lowercase")
    means = stats(runs / PERTURBED, "exact_match", "lowercase")
    assert list(outcomes(export).values()) == [sum(values) / 2 for values in means.values()]
    assert all(text == text.lower() for text in export.table["prompt"].to_pylist())
    with pytest.raises(InvalidInput, match="perturbation one of lowercase, but got 'typos'"):
        read_helm(runs, metric="exact_match", perturbation="typos")


def test_two_runs_of_one_scenario_are_refused(runs):
    shutil.copytree(runs / SMALL, runs / f"{SMALL},stop=hash")
    with pytest.raises(InvalidInput, match=r"'toys/small' did 'facts:n=40' in .*stop=hash"):
        read_helm(runs, metric="exact_match")


def test_a_record_that_stands_twice_is_read_once_or_refused(runs):
    file = runs / SMALL / "per_instance_stats.json"
    before = outcomes(read_helm(runs / SMALL, metric="exact_match"))
    rewrite(file, lambda records: [*records, records[3]])
    assert outcomes(read_helm(runs / SMALL, metric="exact_match")) == before

    def change(records):
        for stat in records[-1]["stats"]:
            stat["mean"] = 0.25
        return records

    rewrite(file, change)
    with pytest.raises(InvalidInput, match=r"'exact_match' is . and 0.25 for 'id3' in"):
        read_helm(runs / SMALL, metric="exact_match")


def test_percentages_and_logarithms_are_no_outcomes(runs):
    def worth(value):
        def change(records):
            for record in records:
                for stat in record["stats"]:
                    stat["mean"] = value
            return records

        rewrite(runs / SMALL / "per_instance_stats.json", change)

    for value in (62.5, -1.25):
        worth(value)
        with pytest.raises(InvalidInput, match=f"outcome must be in .* but got {value}"):
            read_helm(runs / SMALL, metric="exact_match")
    worth(62.5)
    percent = read_helm(runs / SMALL, metric="exact_match", scale="100")
    assert set(outcomes(percent).values()) == {0.625}
    for odd in ("0", "ten", "nan"):
        with pytest.raises(InvalidInput, match="option must say as scale a number above 0"):
            read_helm(runs / SMALL, metric="exact_match", scale=odd)


def test_an_instance_that_differs_between_runs_is_refused(runs):
    def change(instances):
        instances[0]["input"]["text"] = "Is it?"
        return instances

    rewrite(runs / LARGE / "instances.json", change)
    with pytest.raises(InvalidInput, match=r"'id0' of 'facts:n=40' reads .*one version of the"):
        read_helm(runs, metric="exact_match")


def test_what_is_no_run_is_refused(runs, tmp_path):
    with pytest.raises(UnreadableFile, match=r"There is no run_spec.json"):
        read_helm(TOY.parent, metric="exact_match")
    rewrite(runs / SMALL / "run_spec.json", lambda spec: {"name": spec["name"]})
    with pytest.raises(UnreadableFile, match="'scenario_spec' is not where it should be"):
        read_helm(runs, metric="exact_match")


def test_one_command_reads_it(cede, runs, tmp_path):
    command = ["fit", runs, "--from", "helm", "--model", "toys/small"]
    done = cede(*command, "--option", "metric=exact_match")
    assert "Held out" in done.words
    assert "20 records of other perturbations" in " ".join((done.stdout + done.stderr).split())
    assert (tmp_path / "router" / "router.json").is_file()
