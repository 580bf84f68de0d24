import torch
from hypothesis import settings

# Holds fixtures and no doctests; pytest would take it for the one of a folder below.
collect_ignore_glob = ["*conftest.py"]

# Many small tensors: threads cost more than they bring, on a small machine thirty times as much.
torch.set_num_threads(1)

# How long an example takes says more about what else the machine does.
settings.register_profile("cede", deadline=None)
settings.load_profile("cede")
