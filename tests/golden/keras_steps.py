"""Losses of 64 training steps on augmented batches, by Keras: keras_steps.json.

Written from the definitions in docs/training.md: the draws, the order of the images, the augmentation (NumPy, double
precision), the two small networks and their training (Keras 3 on JAX, PyPI: keras jax safetensors numpy). Before it
trains on its own batches it repeats the steps of `resnet.json`, so that a fault in this script would show.

Run it in this folder: KERAS_BACKEND=jax python3 keras_steps.py
"""

import json

import keras
import numpy as np
from keras import layers
from safetensors.numpy import load_file

WEIGHTS, ORDER, AFFINE, FLIP = 0, 1, 2, 3
SEED, IMAGES, BATCH, EPOCHS, LR = 42, 64, 8, 8, 0.001
RANGES = {"rotation": 18.0, "zoom": 0.15, "shift": 0.2, "shear": 0.15}
MEAN = np.array([120.0, 110.0, 100.0])


class Stream:
    """Philox4x32-10: draws that are a function of (seed, epoch, index, purpose)."""

    def __init__(self, epoch, index, purpose):
        self.counter, self.words = [0, index, epoch, purpose], []

    def word(self):
        if not self.words:
            (c0, c1, c2, c3), (k0, k1) = self.counter, (SEED & 0xFFFFFFFF, SEED >> 32)
            for _ in range(10):
                a, b = c0 * 0xD2511F53, c2 * 0xCD9E8D57
                c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & 0xFFFFFFFF, (a >> 32) ^ c3 ^ k1, a & 0xFFFFFFFF
                k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
            self.words = [c0, c1, c2, c3]
            self.counter[0] += 1
        return self.words.pop(0)

    def bits(self):
        low = self.word()
        return low | self.word() << 32

    def uniform(self, low=0.0, high=1.0):
        return low + (high - low) * ((self.bits() >> 11) * 2.0**-53)

    def below(self, bound):
        return self.bits() * bound >> 64


def order_of(epoch):
    order, stream = list(range(IMAGES)), Stream(epoch, 0, ORDER)
    for last in range(IMAGES - 1, 0, -1):
        other = stream.below(last + 1)
        order[last], order[other] = order[other], order[last]
    return order


def image_of(sample, size, classes):
    """Stripes that depend on the class, and some of everything else."""
    y, x, c = np.meshgrid(np.arange(size), np.arange(size), np.arange(3), indexing="ij")
    label = sample % classes
    return (label * 37 + 3 * x * (label % 3 + 1) + 5 * y + 11 * c + sample * 7) % 256


def augmented(image, epoch, sample):
    size, stream = image.shape[0], Stream(epoch, sample, AFFINE)
    either = lambda name: stream.uniform(-RANGES[name], RANGES[name])
    angle = np.deg2rad(either("rotation"))
    shift = np.array([either("shift"), either("shift")]) * size
    shear = np.deg2rad(either("shear"))
    zoom = np.diag([1 + either("zoom"), 1 + either("zoom")])
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = rotation @ np.array([[1, -np.sin(shear)], [0, np.cos(shear)]]) @ zoom
    centre = (size - 1) / 2
    y, x = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    points = linear @ (np.stack([x.ravel(), y.ravel()]) - centre) + (rotation @ shift)[:, None] + centre
    column, row = np.clip(points, 0, size - 1).reshape(2, size, size)
    left, top = np.minimum(np.floor(column).astype(int), size - 2), np.minimum(np.floor(row).astype(int), size - 2)
    across, down = (column - left)[..., None], (row - top)[..., None]
    upper = image[top, left] * (1 - across) + image[top, left + 1] * across
    lower = image[top + 1, left] * (1 - across) + image[top + 1, left + 1] * across
    result = upper * (1 - down) + lower * down
    return result[:, ::-1] if Stream(epoch, sample, FLIP).uniform() < 0.5 else result


def network(net):
    norms, kernels = {}, {}
    outer, block = keras.regularizers.L2(net["reg"]), keras.regularizers.L2(net["block_reg"])

    def norm(x, name):
        norms[name] = layers.BatchNormalization(momentum=0.9, epsilon=2e-5)
        return norms[name](x)

    def conv(x, name, channels, kernel=1, stride=1, penalty=block):
        kernels[name] = layers.Conv2D(channels, kernel, stride, "same", use_bias=False, kernel_regularizer=penalty)
        return kernels[name](x)

    relu, filters = layers.ReLU, net["filters"]
    entry = layers.Input((net["size"], net["size"], 3))
    x = norm(entry, "input_norm")
    x = conv(x, "stem.conv", filters[0], 3 if net["stem"] == "cifar" else 5, penalty=outer)
    if net["stem"] != "cifar":
        x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(relu()(norm(x, "stem.norm"))))
    for i, blocks in enumerate(net["stages"]):
        for j in range(blocks):
            name, channels = f"stages.{i}.blocks.{j}", filters[i + 1]
            stride = 2 if i > 0 and j == 0 else 1
            a = relu()(norm(x, f"{name}.norm1"))
            b = relu()(norm(conv(a, f"{name}.conv1", channels // 4), f"{name}.norm2"))
            b = relu()(norm(conv(b, f"{name}.conv2", channels // 4, 3, stride), f"{name}.norm3"))
            shortcut = conv(a, f"{name}.downsample.conv", channels, 1, stride) if j == 0 else x
            x = layers.Add()([conv(b, f"{name}.conv3", channels), shortcut])
    x = layers.GlobalAveragePooling2D()(relu()(norm(x, "norm")))
    head = layers.Dense(net["classes"], kernel_regularizer=outer)
    model = keras.Model(entry, head(x))
    return model, norms, kernels, head


def started(name, net, lr):
    model, norms, kernels, head = network(net)
    init = load_file(f"{name}.init.safetensors")
    for layer_name, layer in norms.items():
        layer.set_weights([init[f"{layer_name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")])
    for layer_name, layer in kernels.items():
        layer.set_weights([init[f"{layer_name}.weight"].transpose(2, 3, 1, 0)])
    head.set_weights([init["head.fc.weight"].T, init["head.fc.bias"]])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(lr, momentum=0.9), loss)
    return model


def losses_of(model, batches):
    losses = []
    for images, labels in batches:
        model.reset_metrics()
        losses.append(float(model.train_on_batch(images, labels)))
    return losses


def own_batches(net):
    for epoch in range(EPOCHS):
        order = order_of(epoch)
        for start in range(0, IMAGES, BATCH):
            samples = order[start : start + BATCH]
            images = [augmented(image_of(s, net["size"], net["classes"]), epoch, s) - MEAN for s in samples]
            yield np.stack(images).astype(np.float32), np.array([s % net["classes"] for s in samples])


settings, result = json.load(open("resnet.json")), {}
for name in ("cifar_mini", "tiny_mini"):
    net = settings[name]
    data = load_file(f"{name}.data.safetensors")
    known = zip(data["images"].transpose(0, 1, 3, 4, 2).astype(np.float32), data["labels"])
    np.testing.assert_allclose(losses_of(started(name, net, net["lr"]), known), net["train_losses"], rtol=1e-4)
    result[name] = losses_of(started(name, net, LR), own_batches(net))
    print(name, result[name][0], result[name][-1])
settings = {"seed": SEED, "images": IMAGES, "batch": BATCH, "epochs": EPOCHS, "lr": LR, "momentum": 0.9,
            "augment": {**RANGES, "horizontal_flip": True}, "mean": MEAN.tolist()}
with open("keras_steps.json", "w") as file:
    json.dump({**settings, "losses": result}, file, indent=1)
    file.write("\n")
