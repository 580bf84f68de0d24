"""Makes the files beside it with Inspect; see README.md."""

import random
import sys
from pathlib import Path

from inspect_ai import Epochs, Task, eval, eval_retry, task
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.log._recorders.chunked import convert_eval_logs_to_chunked
from inspect_ai.model import ChatMessageUser, ModelAPI, ModelOutput, ModelUsage, modelapi
from inspect_ai.scorer import Score, accuracy, match, mean, model_graded_qa, scorer

WORDS = ["the", "tree", "bell", "river", "stone", "ten", "even", "cloud", "light", "never"]
#: What the next calls of ``toy/letters`` and ``toy/fragile`` do.
LETTERS = iter("CPINUCCIUUUUUUU")
CALLS = []


@modelapi(name="toy")
class Toy(ModelAPI):
    """Knows more or less, the less the longer a question is."""

    async def generate(self, input, tools, tool_choice, config):
        text = input[-1].text
        output = ModelOutput.from_content(self.model_name, self._answer(text))
        spent = len(text) // 4, 9 if self.model_name == "large" else 3
        output.usage = ModelUsage(
            input_tokens=spent[0], output_tokens=spent[1], total_tokens=sum(spent)
        )
        return output

    def _answer(self, text):
        if self.model_name == "letters":
            return f"{next(LETTERS)} it is"
        if self.model_name == "broken":
            raise ValueError("no answer")
        if self.model_name == "fragile":
            CALLS.append(text)
            if len(CALLS) == 3:
                raise ValueError("stopped")
        if "[BEGIN DATA]" in text:
            return "GRADE: C"
        limit, skill = (60, 0.7) if self.model_name == "large" else (40, 0.2)
        right = len(text) < limit or random.Random(text).random() < skill
        return "yes" if (text.count("e") % 2 == 1) == right else "no"


@scorer(metrics=[accuracy()])
def graded():
    """C, I, P and N, and what nobody could grade."""

    async def score(state, target):
        letter = state.output.completion[:1]
        if letter == "U":
            return Score.unscored(reason="grader_failed")
        return Score(value=letter)

    return score


@scorer(metrics={"shape": [mean()], "style": [mean()]})
def judged():
    """Two numbers, one of them from 1 to 10."""

    async def score(state, target):
        return Score(value={"shape": len(state.input_text) % 2, "style": 7})

    return score


def questions(n, ids):
    rng = random.Random(0)
    asked = [f"Is {' '.join(rng.choices(WORDS, k=rng.randint(3, 14)))} odd?" for _ in range(n)]
    right = ["yes" if question.count("e") % 2 else "no" for question in asked]
    return [
        Sample(id=ids(i), input=question, target=answer, metadata={"level": len(question) // 20})
        for i, (question, answer) in enumerate(zip(asked, right, strict=True))
    ]


@task
def facts(n=40, ids="number"):
    return Task(questions(n, int if ids == "number" else str), scorer=match("any"))


@task
def letters():
    return Task(questions(4, int), scorer=[graded(), judged()])


@task
def selfmade():
    samples = questions(2, int)
    samples[1].input = [ChatMessageUser(content=3 * samples[1].input)]  # long: it is put aside
    return Task(samples, scorer=model_graded_qa())


def main(logs):
    def run(where, task, model, format="eval", **more):
        (log,) = eval(
            task, model=f"toy/{model}", log_dir=str(logs / where), log_format=format,
            display="none", log_model_api=False, max_samples=1, **more,
        )  # fmt: skip
        return log

    # Forty questions, whose ids are numbers in one file and texts in the other.
    run("facts", facts(), "small")
    run("facts", facts(ids="text"), "large")
    # Letters, epochs, what nobody graded, and two scorers, one of which gives two numbers.
    run("letters", letters(), "letters", "json", epochs=Epochs(3))
    # Samples that fail: the log says success, and holds no score.
    run("broken", facts(n=3), "broken", fail_on_error=False)
    # A run that stops, and is run again.
    first = run("again", facts(n=4), "fragile")
    eval_retry(first, log_dir=str(logs / "again"), log_format="eval", display="none", max_samples=1)
    # The model under test grades itself, and its tokens are counted with the others.
    run("selfmade", selfmade(), "small")

    for path in logs.glob("*/*"):  # tracebacks name folders of the machine
        log = read_eval_log(str(path))
        errors = [log.error, *(sample.error for sample in log.samples)]
        for error in filter(None, errors):
            error.traceback = error.traceback_ansi = ""
        for sample in log.samples:
            sample.events = [event for event in sample.events if event.event != "error"]
            sample.error_retries = None
            for event in sample.events:
                if event.event == "model":
                    event.traceback = event.traceback_ansi = None
            if path.parent.name in ("facts", "letters"):  # to be small
                sample.events = []
        write_eval_log(log, str(path))
    # What "inspect log convert-chunked" does.
    convert_eval_logs_to_chunked(str(logs / "selfmade"), str(logs / "chunked"))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
