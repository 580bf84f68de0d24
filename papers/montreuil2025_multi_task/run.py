"""Montreuil et al., "A two-stage learning-to-defer approach for multi-task learning" (2025).

One agent answers all tasks of a case: class and box of an animal (``detection``), death and days
in hospital (``support2``, ``diabetes130``, ``mimic4``). ``--data`` or CEDE_DATA names the folder of
the data sets; SUPPORT2 is in the package.
"""

import detection
import diabetes130
import mimic4
import support2

from cede_papers import main

PARTS = {
    "detection": detection,
    "support2": support2,
    "diabetes130": diabetes130,
    "mimic4": mimic4,
}

if __name__ == "__main__":
    main(__file__, PARTS)
