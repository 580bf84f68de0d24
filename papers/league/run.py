"""The league: every method of cede on every problem that has experts, by one protocol.

``python papers/league/run.py`` runs it in full; ``--config tiny`` takes seconds. Data sets that do
not come with cede are read from the folder that ``--data`` or ``CEDE_DATA`` names.
"""

import league_times

import league
from cede_papers import main

PARTS = {"league": league, "times": league_times}

if __name__ == "__main__":
    main(__file__, PARTS)
