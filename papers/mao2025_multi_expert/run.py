"""Realizable surrogates for several experts: the perfect router found, and images routed.

Mao, Mohri and Zhong 2025, "Mastering multiple-expert routing: realizable H-consistency and strong
guarantees for learning to defer", ICML, arXiv 2506.20650. ``python run.py --help`` has the options.
"""

import groups
import realizable
import sample_size
import several_right

from cede_papers import main

if __name__ == "__main__":
    main(
        __file__,
        {
            "realizable": realizable,
            "sample_size": sample_size,
            "several_right": several_right,
            "groups": groups,
        },
    )
