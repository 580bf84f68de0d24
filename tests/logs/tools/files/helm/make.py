"""Makes the files beside it with HELM; see README.md."""

import math
import random
import sys
import zipfile
from pathlib import Path
from types import ModuleType

from helm.benchmark.adaptation.adapter_spec import ADAPT_GENERATION, AdapterSpec
from helm.benchmark.augmentations.data_augmenter import DataAugmenterSpec
from helm.benchmark.augmentations.perturbation import PerturbationSpec
from helm.benchmark.metrics.common_metric_specs import get_basic_generation_metric_specs
from helm.benchmark.metrics.metric import Metric, MetricSpec
from helm.benchmark.metrics.metric_name import MetricName
from helm.benchmark.metrics.statistic import Stat
from helm.benchmark.model_deployment_registry import (
    ClientSpec,
    ModelDeployment,
    register_model_deployment,
)
from helm.benchmark.run_spec import RunSpec, run_spec_function
from helm.benchmark.scenarios.scenario import (
    CORRECT_TAG,
    TEST_SPLIT,
    TRAIN_SPLIT,
    Input,
    Instance,
    Output,
    Reference,
    Scenario,
    ScenarioSpec,
)
from helm.clients.simple_client import SimpleClient

WORDS = ["The", "Tree", "bell", "River", "stone", "ten", "even", "cloud", "light", "never"]


class Facts(Scenario):
    name = "facts"
    description = "Is a text odd?"
    tags = ()

    def __init__(self, n):
        super().__init__()
        self.n = n

    def get_instances(self, output_path):
        rng = random.Random(0)
        asked = [f"Is {' '.join(rng.choices(WORDS, k=rng.randint(3, 14)))} odd?"
                 for _ in range(self.n + 3)]  # fmt: skip
        return [
            Instance(
                Input(question),
                [Reference(Output(["no", "yes"][question.count("e") % 2]), [CORRECT_TAG])],
                split=TEST_SPLIT if i < self.n else TRAIN_SPLIT,
            )
            for i, question in enumerate(asked)
        ]


class Toy(SimpleClient):
    """Knows more or less, the less the longer a question is."""

    def invoke_model(self, raw_request):
        text = raw_request["prompt"].strip()
        limit, skill = (60, 0.7) if raw_request["engine"] == "large" else (40, 0.2)
        right = len(text) < limit or random.Random(text).random() < skill
        return {"completions": ["yes" if (text.count("e") % 2 == 1) == right else "no"]}


class Agreement(Metric):
    """Not a number for every third question."""

    def evaluate_generation(self, adapter_spec, request_state, metric_service, eval_cache_path):
        known = int(request_state.instance.id.removeprefix("id")) % 3
        return [Stat(MetricName("agreement")).add(1.0 if known else math.nan)]


for size in ("small", "large"):
    register_model_deployment(
        ModelDeployment(
            name=f"toys/{size}",
            client_spec=ClientSpec(f"{__name__}.Toy"),
            tokenizer_name="simple/tokenizer1",
            max_sequence_length=2048,
        )
    )


@run_spec_function("facts")
def facts(n="40", trials="1", perturbed="no"):
    lower = "helm.benchmark.augmentations.lowercase_perturbation.LowerCasePerturbation"
    return RunSpec(
        name=f"facts:n={n},trials={trials},perturbed={perturbed}",
        scenario_spec=ScenarioSpec(f"{__name__}.Facts", {"n": int(n)}),
        adapter_spec=AdapterSpec(
            method=ADAPT_GENERATION, max_train_instances=int(trials) - 1,
            num_train_trials=int(trials), num_outputs=1, max_tokens=3,
            input_prefix="", output_prefix="",
        ),
        metric_specs=[
            *get_basic_generation_metric_specs(["exact_match"]),
            MetricSpec(f"{__name__}.Agreement", {}),
        ],
        data_augmenter_spec=DataAugmenterSpec(
            perturbation_specs=[PerturbationSpec(lower, {})] if perturbed == "yes" else [],
            should_augment_eval_instances=perturbed == "yes",
            should_include_original_eval=True,
            should_skip_unchanged_eval=True,
        ),
        groups=["facts"],
    )  # fmt: skip


def summarise(runs, spec, size):
    """Write the instances of one run, as helm-summarize does."""
    sys.modules.setdefault("spacy", ModuleType("spacy"))  # imported, and not used for this
    from helm.benchmark.presentation.run_display import write_run_display_json
    from helm.benchmark.presentation.schema import (
        MetricGroup,
        MetricNameMatcher,
        RunGroup,
        Schema,
    )

    schema = Schema(
        metrics=[],
        perturbations=[],
        metric_groups=[MetricGroup("right", metrics=[MetricNameMatcher("exact_match", "test")])],
        run_groups=[RunGroup("facts", metric_groups=["right"])],
    )
    (run,) = runs.glob(f"*perturbed=no,model=toys_{size}*")
    write_run_display_json(str(run), spec, schema, skip_completed=False)


def main(work):
    """Run it, and put what reading needs into one archive."""
    from helm.benchmark.run import main as helm_run

    entries = [f"facts:n=40,model=toys/{size}" for size in ("small", "large")]
    entries.append("facts:n=5,trials=2,perturbed=yes,model=toys/small")
    sys.argv = ["helm-run", "--run-entries", *entries, "--suite", "toy"]
    sys.argv += ["--max-eval-instances", "100", "--output-path", str(work), "--disable-cache"]
    helm_run()
    runs = work / "runs" / "toy"
    summarise(runs, facts(), "large")
    kept = (
        "run_spec", "scenario", "scenario_state", "per_instance_stats", "instances",
        "display_predictions",
    )  # fmt: skip
    with zipfile.ZipFile(Path(__file__).with_name("toy.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(runs.glob("facts*/*.json")):
            if file.stem in kept:
                archive.write(file, file.relative_to(runs))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
