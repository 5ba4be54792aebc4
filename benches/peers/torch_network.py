"""The networks of the benchmark in PyTorch: pre-activation bottleneck ResNets."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def norm(channels):
    return nn.BatchNorm2d(channels, eps=2e-5)


class Block(nn.Module):
    def __init__(self, before, after, stride, projects):
        super().__init__()
        quarter = after // 4
        self.norm1, self.conv1 = norm(before), nn.Conv2d(before, quarter, 1, bias=False)
        padding = 0 if stride == 2 else 1
        self.norm2, self.conv2 = norm(quarter), nn.Conv2d(quarter, quarter, 3, stride, padding, bias=False)
        self.norm3, self.conv3 = norm(quarter), nn.Conv2d(quarter, after, 1, bias=False)
        self.projection = nn.Conv2d(before, after, 1, stride, bias=False) if projects else None

    def forward(self, x):
        activated = F.relu(self.norm1(x))
        y = F.relu(self.norm2(self.conv1(activated)))
        if self.conv2.stride == (2, 2):
            y = F.pad(y, (0, 1, 0, 1))
        y = self.conv3(F.relu(self.norm3(self.conv2(y))))
        return y + (x if self.projection is None else self.projection(activated))


class Network(nn.Module):
    def __init__(self, stages, filters, classes, pools):
        super().__init__()
        kernel = 5 if pools else 3
        self.input_norm = norm(3)
        self.stem = nn.Conv2d(3, filters[0], kernel, padding=kernel // 2, bias=False)
        self.stem_norm = norm(filters[0]) if pools else None
        blocks = []
        for stage, count in enumerate(stages):
            for index in range(count):
                first = index == 0
                before = filters[stage] if first else filters[stage + 1]
                blocks.append(Block(before, filters[stage + 1], 2 if first and stage else 1, first))
        self.blocks = nn.Sequential(*blocks)
        self.norm, self.head = norm(filters[-1]), nn.Linear(filters[-1], classes)

    def forward(self, x):
        x = self.stem(self.input_norm(x))
        if self.stem_norm is not None:
            x = F.max_pool2d(F.relu(self.stem_norm(x)), 3, 2, 1)
        x = F.relu(self.norm(self.blocks(x)))
        return self.head(x.mean((2, 3)))


NETWORKS = {  # stages, filters, classes, image size, batch
    "cifar": ([9, 9, 9], [64, 64, 128, 256], 10, 32, 128),
    "tiny-imagenet": ([3, 4, 6], [64, 128, 256, 512], 200, 64, 64),
    "digits": ([2, 2, 2], [16, 16, 32, 64], 10, 32, 32),
}


def channels_last(name):
    """The network as PyTorch runs it fastest on a CPU, and its optimiser."""
    stages, filters, classes, size, _ = NETWORKS[name]
    network = Network(stages, filters, classes, size == 64).to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=1e-4, fused=True)
    return network, optimiser


def train_on(network, optimiser, images, labels, precision):
    """One training step; the loss, still on its way."""
    optimiser.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        logits = network(images)
    loss = F.cross_entropy(logits.float(), labels)
    loss.backward()
    optimiser.step()
    return loss.detach()
