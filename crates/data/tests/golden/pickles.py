"""Writes `numpy_protocol_N.pickle`: what NumPy arrays, numbers and lists look like in each protocol."""

import pathlib
import pickle

import numpy

for protocol in range(2, 6):
    content = {
        b"labels" if protocol < 4 else "labels": [6, 300, 70000, -1, 2**40],
        "data": numpy.arange(6, dtype=numpy.uint8).reshape(2, 3),
        "big_endian": numpy.array([1, -2], dtype=">i4"),
        "numbers": [numpy.int64(9), numpy.int8(-3)],
        "names": ["cat", b"dog"],
    }
    path = pathlib.Path(__file__).with_name(f"numpy_protocol_{protocol}.pickle")
    path.write_bytes(pickle.dumps(content, protocol=protocol))
