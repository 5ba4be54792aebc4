"""PyTorch's side of crates/train/examples/step_speed.rs, with the same arguments and the same printout.

step_speed.py [cifar|tiny|digits] [f32|bf16] [THREADS] [STEPS]: images a second of training steps alone
step_speed.py optimiser f32 [THREADS] [STEPS]:                  steps a second of torch.optim.SGD(fused=True)
"""

import sys
import time

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


JOBS = {  # stages, filters, classes, image size, batch
    "cifar": ([9, 9, 9], [64, 64, 128, 256], 10, 32, 128),
    "tiny": ([3, 4, 6], [64, 128, 256, 512], 200, 64, 64),
    "digits": ([2, 2, 2], [16, 16, 32, 64], 10, 32, 32),
}


def best(run, repetitions):
    """The shortest wall time and processor time of a run."""
    run()
    wall = processor = float("inf")
    for _ in range(repetitions):
        started, processor_started = time.perf_counter(), time.process_time()
        run()
        wall = min(wall, time.perf_counter() - started)
        processor = min(processor, time.process_time() - processor_started)
    return wall, processor


def main():
    arguments = dict(enumerate(sys.argv[1:]))
    name, precision = arguments.get(0, "cifar"), arguments.get(1, "f32")
    torch.set_num_threads(int(arguments.get(2, 2)))
    stages, filters, classes, size, batch = JOBS["cifar" if name == "optimiser" else name]
    network = Network(stages, filters, classes, size == 64).to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9, weight_decay=1e-4, fused=True)
    images = (torch.rand(batch, 3, size, size) * 255 - 127).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(classes, (batch,))

    def step():
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits = network(images)
        F.cross_entropy(logits.float(), labels).backward()
        optimiser.step()

    if name == "optimiser":
        F.cross_entropy(network(images[:2]), labels[:2]).backward()
        run, count, unit = optimiser.step, 1, "steps"
    else:
        run, count, unit = step, batch, "images"
    wall, processor = best(run, int(arguments.get(3, 5)))
    print(f"{name} {precision}: {count / wall:.1f} {unit}/s, {count / processor:.1f} {unit} a processor second")


main()
