#!/usr/bin/env bash
# LiteLLM 1.110.2, the payload that it logs of each call: a model that has no price costs 0.0, as one that is free does. A flag
# stands beside it (response_cost_failure_debug_info), and is gone when the answer comes out of the cache. Such an answer is
# also logged under another model's name, openai/gpt-4o where the first one is gpt-4o: sums by model split in two.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check litellm==1.110.2
cd "$work"
cat > check.py <<'P'
import os
import time

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm
from litellm.caching.caching import Cache
from litellm.integrations.custom_logger import CustomLogger

payloads = []


class Keep(CustomLogger):
    def log_success_event(self, kwargs, response_obj, start_time, end_time):
        payloads.append(kwargs["standard_logging_object"])


litellm.callbacks, litellm.cache = [Keep()], Cache(type="local")
for model in ("gpt-4o", "gpt-4o", "openai/own-model", "openai/own-model"):
    before = len(payloads)
    question = [{"role": "user", "content": "Who?"}]
    litellm.completion(model=model, messages=question, mock_response="I", caching=True)
    for _ in range(1000):
        time.sleep(0.01 * (len(payloads) == before))
    time.sleep(0.5)
seen = [
    (p["model"], p["response_cost"] > 0, bool(p["cache_hit"]), bool(p["response_cost_failure_debug_info"]))
    for p in payloads
]
for model, costs, cached, flag in seen:
    print(f"{model:18} costs something: {costs!s:5}  cached: {cached!s:5}  flag: {flag}")
assert seen == [
    ("gpt-4o", True, False, False),
    ("openai/gpt-4o", False, True, False),
    ("own-model", False, False, True),
    ("openai/own-model", False, True, False),
]
P
"$work/venv/bin/python" check.py 2>/dev/null
