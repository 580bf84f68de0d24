"""Interrupt saves, load beside them, damage what was saved: briefly here, long in tests/long.

``python attacks_on_saves.py interrupt|beside FOLDER N SEED`` does so from a process that forks, and
prints what it found; a test starts it, as its own process may have threads.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

import cede
from cede.datasets import make_two_specialists

X, y, experts = make_two_specialists(n=60, random_state=4)


@cache
def routers():
    """Two that differ in every file; the second has a base model."""
    model = LogisticRegression().fit(X, y)
    one = cede.TwoStageRouter().fit(X, np.random.default_rng(0).random((len(X), 3)))
    one.tune(X, budget=0.3)
    return one, cede.PostHocRouter(model, fees=0.1).fit(X, y, experts=experts)


@cache
def scores_of(which):
    return routers()[which].agent_scores(X)


def which(folder):
    """Which router stands there, to the bit; None if it is neither."""
    router = cede.load(folder)
    scores, point = router.agent_scores(X), getattr(router, "operating_point_", None)
    for i, known in enumerate(routers()):
        if type(known) is type(router) and point == getattr(known, "operating_point_", None):
            return i if np.array_equal(scores, scores_of(i)) else None
    return None


def begin(folder):
    """Save both and load both once, which imports what they need."""
    for router in reversed(routers()):
        cede.save(router, folder)
        which(folder)


def saving_for_ever(folder):
    """Start a process that saves one after the other, from that on which does not stand there."""
    next_one = 1 - which(folder)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        return child
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        while True:
            cede.save(routers()[next_one], folder)
            next_one = 1 - next_one
    except BaseException as error:
        os._exit(0 if isinstance(error, KeyboardInterrupt) else 1)


def stop(child, how):
    """Send the signal until it ends the process: an interrupt that meets a callback is dropped."""
    while True:
        os.kill(child, how)
        for _ in range(100):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status
            time.sleep(0.001)


def interrupt(folder, n, seed):
    """Kill or interrupt saves at random moments; what stands there must be one of the two."""
    rng = random.Random(seed)
    begin(folder)
    found = {"lost": 0, "one": 0, "other": 0, "failed": 0, "most files": 0}
    for i in range(n):
        child = saving_for_ever(folder)
        time.sleep(rng.uniform(0.0, 0.1))
        status = stop(child, signal.SIGKILL if i % 2 else signal.SIGINT)
        found["failed"] += os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0
        found["most files"] = max(found["most files"], len(list(Path(folder).iterdir())))
        try:
            found[{0: "one", 1: "other", None: "lost"}[which(folder)]] += 1
        except cede.CedeError:
            found["lost"] += 1
    cede.save(routers()[1], folder)
    return found | {"files": sorted(path.suffix for path in Path(folder).iterdir())}


def beside(folder, n, seed):
    """Load while another process saves; every load must give one of the two."""
    begin(folder)
    child = saving_for_ever(folder)
    found = [which(folder) for _ in range(n)]
    alive = os.waitpid(child, os.WNOHANG)[0] == 0
    if alive:
        stop(child, signal.SIGKILL)
    counts = {name: found.count(i) for name, i in (("mixed", None), ("one", 0), ("other", 1))}
    return counts | {"alive": alive}


def attack(name, folder, n, seed=0):
    """Run ``interrupt`` or ``beside`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, name, str(folder), str(n), str(seed)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def flip(folder, rng):
    path = rng.choice(sorted(folder.iterdir()))
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 1, 1, 2, 8])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def truncate(folder, rng):
    path = rng.choice(sorted(folder.iterdir()))
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))] + b"\0" * rng.choice([0, 0, 64]))


def swap(folder, rng):
    """Put a file of the other router in the place of one of the same kind."""
    other = folder.parent / "other"
    mine, theirs = rng.choice(
        [
            (mine, theirs)
            for mine in sorted(folder.iterdir())
            for theirs in sorted(other.iterdir())
            if mine.suffix == theirs.suffix
        ]
    )
    mine.write_bytes(theirs.read_bytes())


def edit(folder, rng):
    """Change one value somewhere in router.json, and write it in order."""
    content = json.loads((folder / "router.json").read_text())
    place = content
    while True:
        key = rng.choice(sorted(place) if isinstance(place, dict) else range(len(place)))
        if not (isinstance(place[key], dict | list) and place[key]):
            break
        place = place[key]
    old = place[key]
    changed = [not old, 7, -1.5, "x", None, [], {}, float("nan"), 10**9]
    place[key] = rng.choice(
        [v for v in changed if v is not old and (type(v), v) != (type(old), old)]
    )
    (folder / "router.json").write_text(json.dumps(content))


DAMAGES = {"flip": flip, "truncate": truncate, "swap": swap, "edit": edit}


def damaged(folder, damage, n, seed):
    """How many of ``n`` damaged copies were refused, load the same, and load otherwise."""
    rng = random.Random(f"{damage}{seed}")
    cede.save(routers()[0], folder.parent / "other")
    found = {"refused": 0, "same": 0, "otherwise": []}
    for _ in range(n):
        for path in folder.iterdir() if folder.exists() else ():
            path.unlink()
        cede.save(routers()[1], folder)
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        DAMAGES[damage](folder, rng)
        try:
            stands = which(folder)
        except cede.CedeError:
            found["refused"] += 1
            continue
        if stands == 1:
            found["same"] += 1
        else:
            after = {path.name: path.read_bytes() for path in folder.iterdir()}
            found["otherwise"].append([name for name in before if before[name] != after[name]])
    return found


if __name__ == "__main__":
    attack, folder, n, seed = sys.argv[1:]
    print(json.dumps({"interrupt": interrupt, "beside": beside}[attack](folder, int(n), int(seed))))
