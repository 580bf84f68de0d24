"""The report: one HTML file that a manager can read and a statistician can trust."""

from cede.report._summary import Sentence as Sentence
from cede.report._summary import Summary as Summary
from cede.report._summary import summarise as summarise
from cede.report._write import write_report as write_report

__all__ = ["Sentence", "Summary", "summarise", "write_report"]
