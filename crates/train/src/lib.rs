//! Network, augmentation, optimiser, schedule, epoch, checkpoint, evaluation on libtorch.
