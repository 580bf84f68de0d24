"""The report: one HTML file that a manager can read and a statistician can trust."""

from cede.report._evaluate import Evaluation as Evaluation
from cede.report._evaluate import evaluate as evaluate
from cede.report._evaluate import evaluation_of as evaluation_of
from cede.report._summary import Sentence as Sentence
from cede.report._summary import Summary as Summary
from cede.report._summary import summarise as summarise
from cede.report._write import write_report as write_report

__all__ = [
    "Evaluation",
    "Sentence",
    "Summary",
    "evaluate",
    "evaluation_of",
    "summarise",
    "write_report",
]
