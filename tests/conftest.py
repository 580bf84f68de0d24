import torch

# Many small tensors: threads cost more than they bring, on a small machine thirty times as much.
torch.set_num_threads(1)
