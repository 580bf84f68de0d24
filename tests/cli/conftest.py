"""Logs for the command."""

import pytest
from made_logs import write_logs


@pytest.fixture
def logs(tmp_path):
    """Files of one log in three formats, and of fresh cases."""
    return write_logs(tmp_path)
