"""Makes the files beside it with lm-evaluation-harness; see README.md."""

import json
import random
import sys
from pathlib import Path

from lm_eval.__main__ import cli_evaluate
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

FACTS = """
task: facts
dataset_path: json
dataset_kwargs: {data_files: {test: WORK/facts.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: ["yes", "no"]
doc_to_target: "{{answer}}"
metric_list: [{metric: acc}, {metric: acc_norm}, {metric: brier_score, higher_is_better: false}]
"""
SUMS = """
task: sums
dataset_path: json
dataset_kwargs: {data_files: {test: WORK/sums.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["."]}
metric_list: [{metric: exact_match}]
filter_list:
  - name: strict
    filter: [{function: regex, regex_pattern: "= (\\\\d+)$"}, {function: take_first}]
  - name: flexible
    filter: [{function: regex, regex_pattern: "(\\\\d+)"}, {function: take_first}]
"""


@register_model("toy")
class Toy(LM):
    """Knows more or less, the less the longer a question is."""

    def __init__(self, pretrained="", skill=0.5, **kwargs):
        super().__init__()
        self.skill, self.lengthy = float(skill), "large" in pretrained

    def _knows(self, text):
        limit = 60 if self.lengthy else 40
        return len(text) < limit or random.Random(text).random() < self.skill

    def loglikelihood(self, requests, disable_tqdm=False):
        scores = []
        for request in requests:
            text, choice = request.arguments
            right = (text.count("e") % 2 == 1) == (choice.strip() == "yes")
            scores.append((-0.25 if right == self._knows(text) else -1.5, False))
        return scores

    def generate_until(self, requests, disable_tqdm=False):
        texts = [request.arguments[0] for request in requests]
        sums = [sum(int(word) for word in text.split() if word.isdigit()) for text in texts]
        return [
            f"it is = {total}" if self._knows(text) else f"{total} or so"
            for text, total in zip(texts, sums, strict=True)
        ]

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        raise NotImplementedError


def main(work):
    rng = random.Random(0)
    words = ["the", "tree", "bell", "river", "stone", "ten", "even", "cloud", "light", "never"]
    asked = [f"Is {' '.join(rng.choices(words, k=rng.randint(3, 14)))} odd?" for _ in range(40)]
    facts = [{"question": q, "answer": 1 - q.count("e") % 2, "level": len(q) // 20} for q in asked]
    added = [" plus ".join(f"{17 * k}" for k in range(2 * a + 2)) for a in range(7)]
    sums = [{"question": q, "answer": str(sum(map(int, q.split(" plus "))))} for q in added]
    sums.append(sums[0])  # a document that stands twice in its data set
    for name, text, docs in (("facts", FACTS, facts), ("sums", SUMS, sums)):
        (work / f"{name}.yaml").write_text(text.replace("WORK", str(work)))
        (work / f"{name}.jsonl").write_text("".join(json.dumps(doc) + "\n" for doc in docs))
    for size, skill in (("small", 0.2), ("large", 0.7)):
        arguments = ["--model", "toy", "--model_args", f"pretrained=toys/{size},skill={skill}"]
        places = ["--include_path", str(work), "--output_path", str(work / "out")]
        for extra in (["--tasks", "facts,sums"], CHOSEN if size == "small" else None):
            if extra is not None:
                where = [*places[:3], str(work / "chosen")] if extra is CHOSEN else places
                sys.argv = ["lm-eval", "run", *arguments, *where, "--log_samples", *extra]
                cli_evaluate()
    for path in work.glob("*/*/results_*.json"):  # says much of the machine
        results = json.loads(path.read_text().replace(str(work), "WORK"))
        results["pretty_env_info"] = ""
        path.write_text(json.dumps(results, indent=1))


#: Documents by number, in another order than the file's.
CHOSEN = ["--tasks", "facts", "--samples", '{"facts": [5, 2, 9]}']

if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
