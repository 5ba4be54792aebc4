"""Reads the event file of this folder with TensorBoard's own reader (PyPI: tensorboard) and checks its figures.

Run it in this folder: python3 read_event_file.py. The reader checks every checksum.
"""

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

events = list(EventFileLoader("events.out.tfevents.golden").Load())
figures = {}
for event in events[1:]:
    for value in event.summary.value:
        number = value.tensor.float_val[0] if value.HasField("tensor") else value.simple_value
        figures[value.tag, event.step] = round(number, 6)

assert events[0].file_version == "brain.Event:2", events[0]
assert [event.wall_time for event in events] == [0, 1, 2]
assert figures == {
    ("loss/train", 1): 2.5, ("cross_entropy/train", 1): 2.0, ("accuracy/train", 1): 0.25, ("learning_rate", 1): 0.1,
    ("loss/train", 2): 1.5, ("cross_entropy/train", 2): 1.0, ("accuracy/train", 2): 0.25, ("learning_rate", 2): 0.1,
    ("loss/val", 2): 0.75, ("cross_entropy/val", 2): 0.75, ("accuracy/val", 2): 0.75,
}, figures
print("as expected:", len(figures), "figures")
