"""Routes judged on a log: what they would have cost, beside each agent alone.

:func:`judge_routes` takes routes that were not learned from the log, whoever made them. Where every
cost is known it takes means; where a log knows some, it weighs them by their propensities
(:mod:`cede.evaluation.off_policy`). Its verdict is the one that a report of the same cases gives.
"""

from cede.evaluation.judgement._judge import judge_routes as judge_routes
from cede.evaluation.judgement._judgement import Judgement as Judgement
from cede.evaluation.judgement._judgement import Line as Line
from cede.evaluation.judgement._money import about_money as about_money

__all__ = ["Judgement", "Line", "about_money", "judge_routes"]
