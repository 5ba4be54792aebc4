"""The peers' side of crates/train/examples/speed: one job by one library, and its rate as one line of JSON.

torch_jobs.py pack FOLDER                    cv2 and h5py
torch_jobs.py means FILE                     NumPy
torch_jobs.py augment keras|per-image|batch  Keras' ImageDataGenerator, torchvision v2 in two workers, grid_sample
torch_jobs.py batches FILE fancy|single      h5py, a batch at once or image by image
torch_jobs.py step NETWORK f32|bf16          PyTorch, channels last
torch_jobs.py optimiser                      torch.optim.SGD(fused=True)
torch_jobs.py epochs NETWORK f32|bf16 FILE EPOCHS BATCH [AUGMENT]
                                             PyTorch; with AUGMENT also h5py, DataLoader workers, torchvision v2

Each imports only what its job needs, so that no library slows down another.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

THREADS = 2
BATCH = 64


def best(repetitions, run):
    """The shortest time of a run in seconds, after one that warms up."""
    run()
    shortest = float("inf")
    for _ in range(repetitions):
        begun = time.perf_counter()
        run()
        shortest = min(shortest, time.perf_counter() - begun)
    return shortest


def pack(folder):
    import cv2
    import h5py
    import numpy

    classes = sorted(path for path in Path(folder).iterdir())
    paths = [(label, str(image)) for label, path in enumerate(classes) for image in sorted(path.iterdir())]

    def run():
        with tempfile.TemporaryDirectory() as scratch, h5py.File(Path(scratch) / "train.h5", "w") as file:
            images = file.create_dataset("images", (len(paths), 64, 64, 3), "uint8")
            file["labels"] = numpy.array([label for label, _ in paths], "int64")
            buffer = numpy.empty((1000, 64, 64, 3), "uint8")
            for start in range(0, len(paths), len(buffer)):
                some = paths[start : start + len(buffer)]
                for row, (_, path) in enumerate(some):
                    cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB, buffer[row])
                images[start : start + len(some)] = buffer[: len(some)]

    return len(paths) / best(3, run)


def means(path):
    import h5py

    def run():
        with h5py.File(path) as file:
            images, total = file["images"], 0
            for start in range(0, len(images), 1000):
                total += images[start : start + 1000].sum((0, 1, 2), dtype="uint64")

    return count_of(path) / best(3, run)


def count_of(path):
    import h5py

    with h5py.File(path) as file:
        return len(file["images"])


def augment(how):
    import numpy

    count = 2048 if how == "keras" else 8192
    images = numpy.random.default_rng(1).integers(0, 256, (count, 64, 64, 3), "uint8")
    run = {"keras": augment_keras, "per-image": augment_per_image, "batch": augment_batch}[how](images)
    return count / best(1 if how == "keras" else 5, run)


def augment_keras(images):
    os.environ["KERAS_BACKEND"] = "torch"
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(
        rotation_range=18, zoom_range=0.15, width_shift_range=0.2, height_shift_range=0.2, shear_range=0.15,
        horizontal_flip=True, fill_mode="nearest",
    )

    def run():
        batches = generator.flow(images, batch_size=BATCH)
        for _ in range(len(images) // BATCH):
            next(batches)

    return run


def affine_and_flip():
    from torchvision.transforms import InterpolationMode, v2

    return v2.Compose([
        v2.RandomAffine(18, (0.2, 0.2), (0.85, 1.15), 0.15, InterpolationMode.BILINEAR),
        v2.RandomHorizontalFlip(),
    ])


def augment_per_image(images):
    import torch

    class Images(torch.utils.data.Dataset):
        transform = affine_and_flip()

        def __len__(self):
            return len(images)

        def __getitem__(self, index):
            return self.transform(torch.from_numpy(images[index]).permute(2, 0, 1)).float()

    loader = torch.utils.data.DataLoader(
        Images(), BATCH, shuffle=True, num_workers=THREADS, persistent_workers=True
    )

    def run():
        for _ in loader:
            pass

    return run


def augment_batch(images):
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(THREADS)
    images = torch.from_numpy(images)

    def uniform(extent):
        return torch.empty(BATCH).uniform_(-extent, extent)

    def run():
        for samples in torch.randperm(len(images)).split(BATCH):
            angle, shear = torch.deg2rad(uniform(18)), torch.deg2rad(uniform(0.15))
            x, y, dx, dy = 1 + uniform(0.15), 1 + uniform(0.15), uniform(0.4), uniform(0.4)
            flip = torch.where(torch.rand(BATCH) < 0.5, -1.0, 1.0)
            rows = [
                torch.stack([flip * x * angle.cos(), -y * (angle + shear).sin(), dx], 1),
                torch.stack([flip * x * angle.sin(), y * (angle + shear).cos(), dy], 1),
            ]
            batch = images[samples].permute(0, 3, 1, 2).float()
            grid = F.affine_grid(torch.stack(rows, 1), batch.shape, align_corners=False)
            F.grid_sample(batch, grid, "bilinear", "border", align_corners=False)

    return run


def batches(path, how):
    import h5py
    import numpy

    count = count_of(path)
    order = numpy.random.default_rng(42).permutation(count)
    order = order[: len(order) - len(order) % BATCH].reshape(-1, BATCH)
    if how == "fancy":
        order = numpy.sort(order, axis=1)  # h5py takes only rising indices.

    def run():
        with h5py.File(path) as file:
            images = file["images"]
            for samples in order:
                if how == "fancy":
                    images[samples]
                else:
                    numpy.stack([images[index] for index in samples.tolist()])

    return order.size / best(3, run)


def step(name, precision):
    import torch
    from torch_network import NETWORKS, channels_last, train_on

    torch.set_num_threads(THREADS)
    _, _, classes, size, batch = NETWORKS[name]
    network, optimiser = channels_last(name)
    images = (torch.rand(batch, 3, size, size) * 255 - 127).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(classes, (batch,))
    return batch / best(5, lambda: train_on(network, optimiser, images, labels, precision))


def optimiser():
    import torch
    import torch.nn.functional as F
    from torch_network import channels_last

    torch.set_num_threads(THREADS)
    network, optimiser = channels_last("cifar")
    F.cross_entropy(network(torch.rand(2, 3, 32, 32)), torch.tensor([0, 1])).backward()
    return 1 / best(20, optimiser.step)


def epochs(name, precision, path, count, batch, augment=None):
    import h5py
    import torch
    from torch_network import channels_last, train_on

    torch.set_num_threads(THREADS)
    network, optimiser = channels_last(name)
    with h5py.File(path) as file:
        images, labels = file["images"][()], torch.from_numpy(file["labels"][()])
    if augment:
        loader = from_file(path, batch)
    else:
        images = torch.from_numpy(images).permute(0, 3, 1, 2).float()
        images = images.contiguous(memory_format=torch.channels_last)
        loader = InMemory(images, labels, batch)
    seconds = 0
    for epoch in range(count):
        begun, losses = time.perf_counter(), []
        for some, their_labels in loader:
            some = some.contiguous(memory_format=torch.channels_last)
            losses.append(train_on(network, optimiser, some, their_labels, precision))
        torch.stack(losses).mean().item()
        seconds += (time.perf_counter() - begun) * (epoch > 0)
    return (count - 1) * len(labels) / seconds


class InMemory:
    """Shuffled batches of tensors."""

    def __init__(self, images, labels, batch):
        self.images, self.labels, self.batch = images, labels, batch

    def __iter__(self):
        import torch

        for samples in torch.randperm(len(self.images)).split(self.batch):
            yield self.images[samples], self.labels[samples]


def from_file(path, batch):
    """The usual way: a dataset over h5py, read and augmented image by image in worker processes."""
    import h5py
    import torch

    class Images(torch.utils.data.Dataset):
        transform = affine_and_flip()
        file = None

        def __len__(self):
            return count_of(path)

        def __getitem__(self, index):
            self.file = self.file or h5py.File(path)
            image = torch.from_numpy(self.file["images"][index]).permute(2, 0, 1)
            return self.transform(image).float(), int(self.file["labels"][index])

    return torch.utils.data.DataLoader(Images(), batch, shuffle=True, num_workers=THREADS, persistent_workers=True)


def main():
    jobs = {job.__name__: job for job in (pack, means, augment, batches, step, optimiser, epochs)}
    job, *arguments = sys.argv[1:]
    arguments = [int(argument) if argument.isdigit() else argument for argument in arguments]
    print(json.dumps({"rate": jobs[job](*arguments)}))


if __name__ == "__main__":
    main()
