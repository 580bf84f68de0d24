"""The report: one HTML file that a manager can read and a statistician can trust."""

from cede.report._write import write_report as write_report

__all__ = ["write_report"]
