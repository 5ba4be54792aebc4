//! Images to HDF5, channel means, readers.
