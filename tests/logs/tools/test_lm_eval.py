"""Samples of lm-evaluation-harness."""

import json
import shutil
from pathlib import Path

import pytest

from cede.exceptions import InvalidInput, UnreadableFile
from cede.logs import read_lm_eval, read_log

FILES = Path(__file__).parent / "files" / "lm_eval"
BOTH = {"metric": "acc,exact_match", "filter": "none,strict"}


@pytest.fixture
def out(tmp_path):
    """A copy of what was written, to be changed."""
    shutil.copytree(FILES / "out", tmp_path / "out")
    return tmp_path / "out"


def samples(folder, task="facts", model="toys__small"):
    return next((folder / model).glob(f"samples_{task}_*.jsonl"))


def rows_of(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def rewrite(file, change):
    rows = rows_of(file)
    file.write_text("".join(json.dumps(row) + "\n" for row in change(rows)))


def each(**changes):
    """Rows with other values."""
    return lambda rows: [{**row, **changes} for row in rows]


def outcomes(export):
    rows = export.table.to_pylist()
    return {(row["case"], row["agent"]): row["outcome"] for row in rows}


def test_cases_are_documents_and_agents_models():
    export = read_lm_eval(samples(FILES / "out"), metric="acc")
    expected = {
        (f"facts/{row['doc_hash']}", "toys/small"): row["acc"]
        for row in rows_of(samples(FILES / "out"))
    }
    assert outcomes(export) == expected
    assert 0 < sum(expected.values()) < len(expected)


def test_tasks_of_one_folder_with_a_metric_and_a_filter_each():
    cases = read_log(read_lm_eval(FILES / "out", **BOTH), model="toys/small", features=None)
    assert cases.agent_names == ("toys/small", "toys/large")
    # Forty documents of one task, eight of the other, of which its data set holds one twice.
    assert len(cases) == 47
    assert cases.feature_names == ("prompt_chars", "prompt_words")


def test_answers_and_their_likelihoods_are_no_columns():
    assert set(read_lm_eval(FILES / "out", **BOTH, fields="question").table.column_names) == {
        *("agent", "case", "task", "outcome", "prompt", "prompt_chars", "prompt_words"),
        "question",
    }


def test_chosen_samples_are_told_by_their_hash():
    """lm-eval gives the document in place 2 the number 5, as 5 was asked for first."""
    chosen = samples(FILES / "chosen")
    by_hash = {row["doc_hash"]: row for row in rows_of(samples(FILES / "out"))}
    wrong = [row["doc_id"] != by_hash[row["doc_hash"]]["doc_id"] for row in rows_of(chosen)]
    assert wrong == [True, True, False]
    large = samples(FILES / "out", model="toys__large")
    read = outcomes(read_lm_eval([chosen, large], metric="acc"))
    known = {case: value for (case, agent), value in read.items() if agent == "toys/small"}
    assert known == {f"facts/{row['doc_hash']}": row["acc"] for row in rows_of(chosen)}
    assert all(
        value == by_hash[case.removeprefix("facts/")]["acc"] for case, value in known.items()
    )


def test_a_filter_must_be_named_where_there_are_several():
    sums = samples(FILES / "out", "sums")
    with pytest.raises(InvalidInput, match="say a filter of task 'sums', which has strict, flexib"):
        read_lm_eval(sums)
    with pytest.raises(InvalidInput, match="but got lenient"):
        read_lm_eval(sums, filter="lenient")
    strict, flexible = (outcomes(read_lm_eval(sums, filter=f)) for f in ("strict", "flexible"))
    assert sum(strict.values()) < sum(flexible.values()) == len(flexible)


def test_a_metric_must_be_named_and_be_one_number():
    facts = samples(FILES / "out")
    with pytest.raises(InvalidInput, match="metric of task 'facts', which has acc, acc_norm, br"):
        read_lm_eval(facts)
    with pytest.raises(InvalidInput, match=r"metric of task 'facts'.* but got doc_id"):
        read_lm_eval(facts, metric="doc_id")  # a key of the row, and no metric
    with pytest.raises(InvalidInput, match="larger for better answers, but got 'brier_score'"):
        read_lm_eval(facts, metric="brier_score")


def test_a_metric_of_all_documents_together_is_refused(out):
    for results in out.rglob("results_*.json"):
        results.unlink()
    with pytest.raises(InvalidInput, match=r"'brier_score' of task 'facts' holds \[0, '\[0"):
        read_lm_eval(samples(out), metric="brier_score")


def test_without_results_the_folder_names_the_model(out):
    for results in out.rglob("results_*.json"):
        results.unlink()
    export = read_lm_eval(out, **BOTH)
    assert set(export.table.column("agent").to_pylist()) == {"toys__small", "toys__large"}


def test_logarithms_and_percentages_are_no_outcomes(out):
    for value in (-1.25, 62.5):
        rewrite(samples(out), each(acc=value))
        with pytest.raises(InvalidInput, match=f"outcome must be in .* but got {value}"):
            read_lm_eval(samples(out), metric="acc")
    assert set(outcomes(read_lm_eval(samples(out), metric="acc", scale="100")).values()) == {0.625}
    rewrite(samples(out), each(acc="-1.25"))
    with pytest.raises(InvalidInput, match="with a number for each document"):
        read_lm_eval(samples(out), metric="acc")


def test_nan_is_unknown_and_a_truth_a_number(out):
    file = samples(out)
    rewrite(file, lambda rows: [{**rows[0], "acc": float("nan")}, {**rows[1], "acc": True}])
    read = read_lm_eval(file, metric="acc")
    assert list(outcomes(read).values()) == [1.0]
    assert read.notes == ("1 items of which nothing is known are left out.",)


def test_a_row_that_stands_twice_is_refused(out):
    rewrite(samples(out), lambda rows: [*rows, rows[3]])
    with pytest.raises(InvalidInput, match="has two rows of agent 'toys/small'"):
        read_lm_eval(samples(out), metric="acc")


def test_two_runs_of_a_task_are_refused_or_the_latest_taken(out):
    facts = samples(out)
    again = facts.with_name("samples_facts_2099-01-01T00-00-00.000000.jsonl")
    shutil.copy(facts, again)
    shutil.copy(
        next(facts.parent.glob("results_*")),
        again.with_name("results_2099-01-01T00-00-00.000000.json"),
    )
    rewrite(again, each(acc=1.0))
    with pytest.raises(InvalidInput, match=r"'toys/small' did 'facts' in .* and in .*2099"):
        read_lm_eval(facts.parent, **BOTH)
    latest = read_lm_eval([again, facts], metric="acc", runs="latest")
    assert set(outcomes(latest).values()) == {1.0}
    assert latest.notes == ("1 earlier runs are left out.",)


def test_models_that_were_asked_otherwise_share_what_the_document_says(out):
    """Few-shot examples and chat templates differ; the document does not."""

    def shots(rows):
        for row in rows:
            for request in row["arguments"].values():
                request["arg_0"] = f"Is bell odd? no\n\n{request['arg_0']}"
        return rows

    rewrite(samples(out, model="toys__large"), shots)
    with pytest.raises(InvalidInput, match=r"--option prompt=KEY\), one of question"):
        read_lm_eval(out, **BOTH)
    read = read_lm_eval(out, **BOTH, prompt="question").table.to_pylist()
    assert {row["case"]: row["prompt"] for row in read} == {
        row["case"]: row["prompt"] for row in read_lm_eval(FILES / "out", **BOTH).table.to_pylist()
    }
    with pytest.raises(InvalidInput, match="but got 'text'; those of task 'facts' have question"):
        read_lm_eval(out, **BOTH, prompt="text")


def test_files_of_older_versions_are_read(out):
    """They end in .json, and requests are lists in a list."""

    def older(rows):
        for row in rows:
            row["arguments"] = [list(args.values()) for args in row["arguments"].values()]
            del row["metrics"]
        return rows

    before = read_lm_eval(out, **BOTH).table
    for file in list(out.rglob("samples_*")):
        rewrite(file, older)
        file.rename(file.with_suffix(".json"))
    assert read_lm_eval(out, **BOTH).table.equals(before)


def test_other_files_are_refused_and_results_passed_over(out, tmp_path):
    read_lm_eval([*(out / "toys__small").iterdir(), out / "toys__large"], **BOTH)
    with pytest.raises(UnreadableFile, match="no file or folder"):
        read_lm_eval(tmp_path / "none")
    with pytest.raises(UnreadableFile, match="run lm-eval with --log_samples"):
        read_lm_eval(FILES.parent / "helm")
    bare = tmp_path / "facts.jsonl"
    shutil.copy(samples(out), bare)
    with pytest.raises(UnreadableFile, match="from whose name the task is read"):
        read_lm_eval(bare, metric="acc")
    file = samples(out)
    rewrite(file, lambda rows: [{"doc_id": 0, "acc": 1.0}])
    with pytest.raises(UnreadableFile, match="without doc, doc_hash and arguments"):
        read_lm_eval(file, metric="acc")
    file.write_text('{"doc_id": 0,')
    with pytest.raises(UnreadableFile, match="jsonl:1' is no JSON"):
        read_lm_eval(file, metric="acc")
    with pytest.raises(InvalidInput, match="option must say runs=latest, but got 'first'"):
        read_lm_eval(out, runs="first")


def test_one_command_reads_it(cede, tmp_path):
    command = ["fit", FILES / "out", "--from", "lm-eval", "--model", "toys/small"]
    options = ["--option", "metric=acc,exact_match", "--option", "filter=none,strict"]
    done = cede(*command, *options, "--out", "router")
    assert "Held out" in done.words
    assert (tmp_path / "router" / "router.json").is_file()
    refused = cede(*command, code=2)
    assert "--option must say a metric of task 'facts'" in " ".join(refused.stderr.split())
