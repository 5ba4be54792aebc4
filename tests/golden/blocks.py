"""Values for the blocks `bottleneck` and `basic`: blocks.json and <net>.{init,data,after}.safetensors.

Plain functional PyTorch in double precision, written from the definitions in docs and papers, not from the Rust code.
Run it in this folder: python3 blocks.py (torch, safetensors). The seed is the first one for which no ReLU's input comes
so close to zero that single precision could put it on the other side.
"""

import json

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

EPSILON, MOMENTUM, LR, L2, BLOCK_L2, BATCH, STEPS = 2e-5, 0.9, 0.02, 5e-4, 1e-4, 6, 3
# 18 → 18, 9, 5: an even and an odd size for stride 2.
NETS = {
    "bottleneck_mini": {"block": "bottleneck", "stem": "cifar", "size": 18, "classes": 7,
                        "stages": [1, 2, 1], "filters": [6, 8, 16, 16]},
    "basic_mini": {"block": "basic", "stem": "tiny_imagenet", "size": 36, "classes": 5,
                   "stages": [2, 1, 1], "filters": [8, 8, 6, 12]},
}


class Net:
    def __init__(self, net):
        self.net, self.trained, self.statistics, self.closest = net, {}, {}, float("inf")
        self.norm_of("input_norm", 3)
        stem = 3 if net["stem"] == "cifar" else 5
        self.kernel_of("stem.conv", net["filters"][0], 3, stem)
        self.norm_of("stem.norm", net["filters"][0])
        for name, before, after, _ in self.blocks():
            quarter = after // 4
            convs = {"bottleneck": [(before, quarter, 1), (quarter, quarter, 3), (quarter, after, 1)],
                     "basic": [(before, after, 3), (after, after, 3)]}[net["block"]]
            for n, (c_in, c_out, k) in enumerate(convs, 1):
                self.kernel_of(f"{name}.conv{n}", c_out, c_in, k)
                self.norm_of(f"{name}.norm{n}", c_out)
            if name.endswith("blocks.0"):
                self.kernel_of(f"{name}.downsample.conv", after, before, 1)
                self.norm_of(f"{name}.downsample.norm", after)
        features = net["filters"][-1]
        self.trained["head.fc.weight"] = torch.randn(net["classes"], features).double() / features**0.5
        self.trained["head.fc.bias"] = torch.randn(net["classes"]).double() / 10

    def blocks(self):
        """Name, channels before and after, stride."""
        for i, count in enumerate(self.net["stages"]):
            before, after = self.net["filters"][i : i + 2]
            for j in range(count):
                yield f"stages.{i}.blocks.{j}", before if j == 0 else after, after, 2 if i > 0 and j == 0 else 1

    def kernel_of(self, name, c_out, c_in, k):
        self.trained[name + ".weight"] = torch.randn(c_out, c_in, k, k).double() * (2 / (c_in * k * k)) ** 0.5

    def norm_of(self, name, channels):
        self.trained[name + ".weight"] = 0.5 + torch.rand(channels).double()
        self.trained[name + ".bias"] = torch.randn(channels).double() / 5
        self.statistics[name + ".running_mean"] = torch.randn(channels).double() / 5
        self.statistics[name + ".running_var"] = 0.5 + torch.rand(channels).double()

    def norm(self, x, name, training):
        mean, var = self.statistics[name + ".running_mean"], self.statistics[name + ".running_var"]
        if training:
            count = x.numel() / x.shape[1]
            batch_mean, batch_var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            self.statistics[name + ".running_mean"] = 0.9 * mean + 0.1 * batch_mean.detach()
            self.statistics[name + ".running_var"] = 0.9 * var + 0.1 * batch_var.detach() * count / (count - 1)
            mean, var = batch_mean, batch_var
        shaped = lambda v: v.reshape(1, -1, 1, 1)
        normal = (x - shaped(mean)) / shaped(var + EPSILON).sqrt()
        return normal * shaped(self.trained[name + ".weight"]) + shaped(self.trained[name + ".bias"])

    def conv(self, x, name, stride=1):
        weight = self.trained[name + ".weight"]
        k, pads = weight.shape[2], []
        for size in (x.shape[3], x.shape[2]):
            total = max((-(-size // stride) - 1) * stride + k - size, 0)
            pads += [total // 2, total - total // 2]
        return F.conv2d(F.pad(x, pads), weight, stride=stride)

    def relu(self, x):
        self.closest = min(self.closest, x.abs().min().item())
        return x.clamp(min=0)

    def logits(self, x, training):
        x = self.norm(x, "input_norm", training)
        x = self.relu(self.norm(self.conv(x, "stem.conv"), "stem.norm", training))
        if self.net["stem"] != "cifar":
            x = F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 2)
        for name, _, _, stride in self.blocks():
            y = x
            if self.net["block"] == "bottleneck":
                y = self.relu(self.norm(self.conv(y, name + ".conv1"), name + ".norm1", training))
                y = self.relu(self.norm(self.conv(y, name + ".conv2", stride), name + ".norm2", training))
                y = self.norm(self.conv(y, name + ".conv3"), name + ".norm3", training)
            else:
                y = self.relu(self.norm(self.conv(y, name + ".conv1", stride), name + ".norm1", training))
                y = self.norm(self.conv(y, name + ".conv2"), name + ".norm2", training)
            if name + ".downsample.conv.weight" in self.trained:
                x = self.norm(self.conv(x, name + ".downsample.conv", stride), name + ".downsample.norm", training)
            x = self.relu(x + y)
        return x.mean((2, 3)) @ self.trained["head.fc.weight"].T + self.trained["head.fc.bias"]

    def loss(self, x, labels, training):
        log_probabilities = self.logits(x, training).log_softmax(1)
        cross_entropy = -log_probabilities[torch.arange(len(labels)), labels].mean()
        kernels = {n: w for n, w in self.trained.items() if w.dim() == 4 or n == "head.fc.weight"}
        outer = ("stem.conv.weight", "head.fc.weight")
        return cross_entropy + sum((L2 if n in outer else BLOCK_L2) * (w**2).sum() for n, w in kernels.items())

    def tensors(self):
        return {n: t.detach().float().contiguous() for n, t in {**self.trained, **self.statistics}.items()}


def run(net, seed):
    torch.manual_seed(seed)
    model = Net(net)
    images = torch.randint(0, 256, (STEPS, BATCH, 3, net["size"], net["size"]), dtype=torch.uint8)
    labels = torch.randint(0, net["classes"], (STEPS, BATCH))
    # The numbers of the file, which are single precision, are the start.
    for group in (model.trained, model.statistics):
        for name, tensor in group.items():
            group[name] = tensor.float().double()
    init = model.tensors()
    probabilities = model.logits(images[0].double(), False).softmax(1)
    velocity, losses = {n: 0 for n in model.trained}, []
    for x, y in zip(images, labels):
        model.trained = {n: w.detach().requires_grad_() for n, w in model.trained.items()}
        loss = model.loss(x.double(), y, True)
        gradients = torch.autograd.grad(loss, list(model.trained.values()))
        for (name, weight), gradient in zip(list(model.trained.items()), gradients):
            velocity[name] = MOMENTUM * velocity[name] - LR * gradient
            model.trained[name] = (weight + velocity[name]).detach()
        losses.append(loss.item())
    evaluation = model.loss(images[0].double(), labels[0], False).item()
    data = {"images": images, "labels": labels, "eval_probabilities": probabilities.float()}
    return model, init, data, losses, evaluation


settings = {}
for name, net in NETS.items():
    seed = 0
    while (result := run(net, seed))[0].closest < 1e-5:
        seed += 1
    model, init, data, losses, evaluation = result
    settings[name] = {**net, "reg": L2, "block_reg": BLOCK_L2, "batch": BATCH, "steps": STEPS, "lr": LR,
                      "momentum": MOMENTUM, "train_losses": losses, "eval_loss_after": evaluation,
                      "trainable_parameters": sum(w.numel() for w in model.trained.values()),
                      "non_trainable": sum(s.numel() for s in model.statistics.values()), "seed": seed}
    for part, tensors in (("init", init), ("data", data), ("after", model.tensors())):
        save_file(tensors, f"{name}.{part}.safetensors")
with open("blocks.json", "w") as file:
    json.dump(settings, file, indent=1)
    file.write("\n")
