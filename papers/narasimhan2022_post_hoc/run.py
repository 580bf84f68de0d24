"""Post-hoc estimators for learning to defer to an expert: Narasimhan et al. 2022.

``python papers/narasimhan2022_post_hoc/run.py`` runs all parts as ``configs/full.toml`` says and
writes reports, figures and the tables of README.md; ``--only PART`` runs one. ``--config tiny``
takes seconds. ``--from-report`` measures nothing and writes tables and figures anew.
"""

import adaptive
import specialist
import two_groups
import underfitting

from cede_papers import main

if __name__ == "__main__":
    main(
        __file__,
        {
            "underfitting": underfitting,
            "two_groups": two_groups,
            "specialist": specialist,
            "adaptive": adaptive,
        },
    )
