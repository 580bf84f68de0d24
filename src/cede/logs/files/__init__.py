"""Files of any kind to dataframes: a file per idea, and a row of ``ENDINGS`` per kind of file."""

from cede.logs.files._endings import ENDINGS as ENDINGS
from cede.logs.files._files import Files as Files
from cede.logs.files._files import open_table as open_table
from cede.logs.files._files import read_table as read_table
from cede.logs.files._json import records_in as records_in

__all__ = ["ENDINGS", "Files", "open_table", "read_table", "records_in"]
