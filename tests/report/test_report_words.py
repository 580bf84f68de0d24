"""The first page: every word and every mark follows from the numbers."""

from dataclasses import replace

import matplotlib
import numpy as np
import pytest

import cede
from cede._intervals import Estimate
from cede.report import summarise
from cede.report._numbers import Unit, expert_phrase, is_model, listed, share
from cede.report.plotting._bands import bands
from cede.report.plotting._contrast import contrast
from cede.report.plotting._shared import shared
from made_reports import Page, make_router, make_study, read, with_rows


def test_each_sentence_is_the_comparison_s_numbers():
    study = make_study()
    lead = study.appraisal.lead.method
    model = study.comparison.rows[0]
    summary = summarise(study, 9_105)
    rows = [r for r in study.comparison.rows if r.is_method and r.method == lead]
    assert len(summary.sentences) == len(rows) == 3
    for sentence, row in zip(summary.sentences, rows, strict=True):
        assert sentence.text == (
            f"Send {share(1 - row.coverage)} of cases to the physician: "
            f"{100 * row.accuracy:.1f} % ± {50 * (row.high - row.low):.1f} right instead of "
            f"{100 * model.accuracy:.1f} %, {round((1 - row.coverage) * 9105):,} reviews a year."
        )
        assert sentence.call == "better"
    assert "reviews" not in summarise(study).sentences[0].text


def test_shares_to_come_stand_before_the_verdict_and_are_the_rows():
    study = make_study()
    summary = summarise(study)
    lines = str(summary).splitlines()
    assert lines[:2] == [summary.shares, summary.verdict]
    rows = study.appraisal.rows
    told = summary.shares.removesuffix(" (95 % intervals).").split("; ")
    assert told == [
        f"{share(row.budget)} allowed: {share(1 - row.coverage)} of these cases are sent on, "
        f"and {100 * row.sent.low:.1f} to {100 * row.sent.high:.1f} % of cases to come"
        for row in rows
    ]
    assert all(row.sent.low < row.budget < row.sent.high for row in rows)
    over = with_rows(study.appraisal, lambda r: replace(r, coverage=0.65) if r.budget == 0.2 else r)
    assert "20 % allowed: 35 % of these cases are sent on" in str(summarise(over))
    assert "little" not in str(summarise(over))


@pytest.mark.parametrize(
    ("low", "high", "call", "end"),
    [
        (-0.01, 0.03, "unclear", "The difference may be chance."),
        (0.0, 0.03, "unclear", "The difference may be chance."),
        (0.001, 0.03, "better", " %."),
        (-0.03, 0.0, "unclear", "The difference may be chance."),
        (-0.03, -0.001, "worse", "That is worse than the model alone."),
    ],
)
def test_a_sentence_claims_what_its_interval_allows(low, high, call, end):
    found = with_rows(
        make_study().appraisal,
        lambda r: replace(r, gain_low=low, gain_high=high) if r.is_method else r,
    )
    sentence = summarise(found).sentences[0]
    assert sentence.call == call
    assert sentence.text.endswith(end)


def test_chance_that_one_interval_excludes_and_all_together_do_not_has_its_reason():
    def change(row):
        if not row.is_method:
            return row
        savings = (Estimate(0.042, -0.02, 0.09), *row.savings[1:])
        return replace(row, gain=0.042, gain_low=0.012, gain_high=0.075, savings=savings)

    found = with_rows(make_router(), change)
    sentence = summarise(found).sentences[0]
    assert sentence.call == "unclear"
    assert sentence.text.endswith(
        "The difference may be chance: +1.2 to +7.5 points is the interval of it alone, which "
        "leaves out 0; the one that holds for all rows together, −2.0 to +9.0 points, does not."
    )
    paid = with_rows(make_study().appraisal, change)
    assert "−0.09 to +0.02 in mean cost, fees included, does not" in str(summarise(paid))


def test_experts_are_named_with_their_shares():
    found = make_router()
    for sentence, row in zip(summarise(found).sentences, found.rows, strict=False):
        ann, bob = (share(s) for s in row.shares)
        if row.shares[1] == 0:
            assert f"Send {ann} of cases to ann:" in sentence.text
        else:
            sent = share(1 - row.coverage)
            assert f"Send {sent} of cases on, {ann} to ann and {bob} to bob" in sentence.text
    many = make_router(right=(0.8,) * 6, names=tuple("ABCDEF"), budgets=(1.0,))
    used = sum(s > 0 for s in many.rows[0].shares)
    assert used == 1  # the others' scores are always lower
    spread = with_rows(
        many, lambda r: replace(r, coverage=0.4, shares=(0.1,) * 6) if r.is_method else r
    )
    assert "Send 60 % of cases to 6 experts:" in summarise(spread).sentences[0].text


def test_budgets_that_are_not_used_up_give_one_sentence():
    found = make_router(budgets=(0.2, 0.9, 1.0))
    assert len(found.rows) == 3
    assert [s.row.budget for s in summarise(found).sentences] == [0.2, 0.9]
    idle = make_router(budgets=(0.0,))
    (only,) = summarise(idle).sentences
    assert (
        only.text
        == f"Send nothing on: {100 * idle.alone[0].accuracy:.1f} % right, as the model alone."
    )


def test_the_verdict_says_defer_and_than_whom():
    found = make_router(right=(0.75, 0.4), budgets=(0.3,))
    assert found.verdict.action == "defer"
    summary = summarise(found)
    row, (model, ann, _) = found.rows[0], found.alone
    assert summary.action == "defer"
    assert summary.verdict == (
        f"Defer: send {share(1 - row.coverage)} of cases to ann. That is shown to be right "
        f"more often than the model alone and than any expert in every case: "
        f"{100 * row.accuracy:.1f} % right instead of {100 * model.accuracy:.1f} %. It is shown to "
        f"be better than the best baseline too, ann in every case: "
        f"{100 * ann.accuracy:.1f} % right."
    )


def test_the_verdict_says_whom_to_ask():
    found = make_router(right=(0.99, 0.4), budgets=(0.1,))
    assert found.verdict.action == "ask"
    verdict = summarise(found).verdict
    model, ann, _ = found.alone
    assert verdict.startswith(
        f"Ask only ann, in every case: {100 * ann.accuracy:.1f} % right instead of "
        f"{100 * model.accuracy:.1f} % from the model. No way of sharing the cases is shown"
    )
    assert verdict.endswith(
        f"Asking ann in every case is over the budget of 10 %; within it, sharing is still better "
        f"than the model alone: {100 * found.rows[0].accuracy:.1f} % right."
    )
    free = make_router(right=(0.99, 0.4), budgets=(0.1, 1.0))
    assert summarise(free).verdict.endswith(
        f"If ann cannot answer every case, sharing is still better than the model alone: "
        f"{100 * found.rows[0].accuracy:.1f} % right."
    )


def test_the_verdict_says_do_not_defer():
    harm = make_router(right=(0.3, 0.2), budgets=(0.9,), sign=-1.0)
    assert harm.verdict.action == "keep"
    summary = summarise(harm)
    level = f"{100 * harm.alone[0].accuracy:.1f} %"
    assert summary.verdict == (
        f"Do not defer: leave every case to the model, {level} right. Sending cases on or asking "
        f"anybody else in every case makes it worse."
    )
    assert [s.call for s in summary.sentences] == ["worse"]
    unclear = replace(
        harm,
        verdict=harm.verdict,
        comparison=replace(
            harm.comparison,
            rows=tuple(
                replace(r, savings=(Estimate(-0.1, -0.2, 0.1), *r.savings[1:]))
                for r in harm.comparison.rows
            ),
        ),
    )
    unclear = replace(unclear, answers=unclear.comparison)
    assert summarise(unclear).verdict.endswith("right. Nothing else is shown to be better.")


def test_no_verdict_without_resamples_and_nobody_to_ask_without_experts():
    assert summarise(make_router(n_boot=50)).action == "none"
    alone = make_study(experts=())
    summary = summarise(alone)
    assert summary.action == "keep"
    assert summary.verdict == (
        f"There is nobody to send cases to: the model alone gives "
        f"{100 * alone.comparison.rows[0].accuracy:.1f} % right."
    )
    assert summary.sentences == ()


def test_experts_who_are_worse_than_the_model_are_named():
    notes = summarise(make_router()).notes
    model, _, bob = make_router().alone
    assert notes[0] == (
        f"Asked in every case, bob ({100 * bob.accuracy:.1f} %) is right less often than the "
        f"model ({100 * model.accuracy:.1f} %)."
    )
    assert summarise(make_router(right=(0.8, 0.85))).notes == ()


def test_fees_are_counted_only_if_there_are_some():
    study = make_study()
    lead = study.appraisal.lead
    by, note = summarise(study).notes
    assert by == (
        f"Who gets which case is decided by {lead.method.replace('_', ' ')}, the method in front "
        f"of 2 compared."
    )
    row = next(
        r for r in study.comparison.rows if (r.method, r.budget) == (lead.method, lead.budget)
    )
    assert f"come to {100 * row.cost:.1f} per 100 cases" in note
    assert f"instead of {100 * study.comparison.rows[0].cost:.1f}" in note
    assert summarise(make_study(fees=(0.0,))).notes == (by,)


def test_costs_of_any_unit_are_no_per_cents(tmp_path):
    found = make_router(scale=50.0)
    assert found.measure == "cost"
    summary = summarise(found)
    model, row = found.alone[0], found.rows[0]
    assert summary.sentences[0].text.startswith("Send 9.9 % of cases to ann: ")
    assert (
        f"a mean cost of {1 - row.accuracy:.1f} ± {(row.high - row.low) / 2:.1f} instead of "
        f"{1 - model.accuracy:.1f}"
    ) in summary.sentences[0].text
    assert " right" not in str(summary)
    text = Page(read(found, tmp_path)).text
    assert "mean cost" in text
    assert "right, %" not in text
    assert "nan" not in text
    assert f"{Unit('cost', 2).interval(row.low, row.high)}" in text


def test_money_stands_beside_right_answers(tmp_path):
    found = make_router(money=(0.0, 0.5, 0.1))
    summary = summarise(found, 1_000)
    assert "better, money included, than" in summary.verdict or summary.action != "defer"
    row = next(r for r in found.rows if r.budget == found.lead.budget)
    spent = found.money_of(row).value
    (note,) = (n for n in summary.notes if "spent" in n)
    assert f"{spent:.3g} is spent per case instead of 0" in note
    assert "calls a year" in summary.sentences[0].text  # money is what a call takes
    page = Page(read(found, tmp_path, cases_per_year=1_000))
    assert "Money per case" in page.text
    assert f"{spent:.3g}" in page.text


def test_a_guarantee_is_given_or_refused_in_plain_words(tmp_path):
    found = make_router(risk=0.4)
    assert found.certificate.certified
    rate = share(found.certificate.deferral_rate.value)
    assert summarise(found).notes[-1] == (
        f"Guaranteed with 90 % confidence: at most 40 % wrong answers, with {rate} of cases sent "
        f"on."
    )
    html = read(found, tmp_path)
    assert "A guarantee" in Page(html).text
    assert str(found.certificate).replace(" %", "\u00a0%") in html
    refused = make_router(right=(0.5, 0.4), risk=0.05)
    assert summarise(refused).notes[-1].startswith("No guarantee of at most 5 % wrong answers")


def test_a_number_of_cases_a_year_is_a_number():
    for wrong in (0, -1, float("inf"), float("nan")):
        with pytest.raises(cede.InvalidInput, match="how many cases a year"):
            summarise(make_study(), wrong)


def test_words():
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert expert_phrase("junior doctor") == "the junior doctor"
    assert expert_phrase("gpt-4") == "gpt-4"
    assert [share(s) for s in (0.18, 0.0994, 0.0996, 0.043, 0.0004, 0.0, 1.0)] == [
        "18 %", "9.9 %", "10 %", "4.3 %", "0.04 %", "0 %", "100 %",
    ]  # fmt: skip
    unit = Unit("right")
    assert unit.apart(-0.0361) == "−3.6"
    assert unit.apart(-0.0001) == "+0.0"
    assert Unit("cost", 2).apart(0.5) == "−0.50"
    assert Unit("cost", 1).interval(-11.0, -9.0) == "10.0 to 12.0"
    assert Unit("quality", 2).phrase(0.817) == "a mean score of 0.82"


def texts(figure):
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


def test_the_picture_marks_points_and_agents():
    found = make_router()
    curve = found.answers.curves["router"]
    alone = [("model alone", 0.7), ("ann alone", 0.8), ("bob alone", 0.1)]
    figure = shared(curve, alone, [(0.1, 0.75), (0.3, 0.82)])
    ax = figure.axes[0]
    written = texts(figure)
    assert {"1", "2", "model alone 70.0%", "ann alone 80.0%", "↓ bob alone 10.0%"} <= set(written)
    assert ax.get_ylim()[0] > 0.1
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    assert [(m.get_xdata()[0], m.get_ydata()[0]) for m in marks] == [(0.1, 0.75), (0.3, 0.82)]
    costs = shared(curve, alone[:2], [(0.1, 0.75)], measure="cost", decimals=2, width=4)
    assert "ann alone\n0.20" in texts(costs)
    crowd = shared(curve, [("m", 0.7), *((f"e{i}", 0.6 + i / 100) for i in range(20))], [])
    assert sum(t.startswith("e") for t in texts(crowd)) == 7
    assert any(t.startswith("e19") for t in texts(crowd))


def test_bands_are_drawn_as_they_are():
    lead = make_router().lead
    curve = make_router().answers.curves["router"]
    for measure, sign in (("right", 1.0), ("cost", -1.0)):
        figure = bands(curve, lead.band, lead.gain, method="router", measure=measure)
        left, right = figure.axes
        assert {line.get_label() for line in left.lines} == {
            "router", "hull: two points mixed", "random mix", "oracle",
        }  # fmt: skip
        np.testing.assert_allclose(right.lines[0].get_ydata(), sign * lead.gain.value)
        edge = right.collections[0].get_paths()[0].vertices[:, 1]
        assert edge.max() == pytest.approx((sign * np.array([lead.gain.low, lead.gain.high])).max())


def test_a_contrast_without_features_shows_the_agents():
    seen = replace(make_router().lead.contrast, names=(), differences=np.empty(0))
    figure = contrast(seen, ["model", "ann", "bob"], measure="cost", decimals=2)
    assert len(figure.axes) == 1
    assert figure.axes[0].get_xlabel() == "mean cost"
    assert f"{1 - seen.accuracy[1, 0]:.2f}" in texts(figure)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gpt-4", True), ("claude-3-opus", True), ("llama-3-8b", True), ("large model", True),
        ("qwen-2.5", True), ("physician", False), ("ann", False), ("Philip", False),
        ("dr. Bertrand", False), ("team b", False),
    ],
)  # fmt: skip
def test_a_model_is_told_from_a_person_by_its_name(name, expected):
    assert is_model(name) == expected
