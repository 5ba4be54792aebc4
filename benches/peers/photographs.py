"""photographs.py FOLDER CLASSES PER_CLASS: 64×64 crops of two photographs as a tree of JPEGs, one folder a class."""

import sys
from pathlib import Path

import cv2
import numpy
from sklearn.datasets import load_sample_images

folder, classes, per_class = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
photographs = load_sample_images().images
random = numpy.random.default_rng(42)
for label in range(classes):
    path = folder / f"class{label:03}"
    path.mkdir(parents=True)
    for number in range(per_class):
        photograph = photographs[number % len(photographs)]
        top, left = (random.integers(0, side - 64) for side in photograph.shape[:2])
        crop = photograph[top : top + 64, left : left + 64, ::-1]
        cv2.imwrite(str(path / f"{number:03}.jpeg"), crop, [cv2.IMWRITE_JPEG_QUALITY, 90])
