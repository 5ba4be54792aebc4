//! One reader a format: from a folder in a published layout to a [`Source`](crate::source::Source).

mod cifar;
mod cifar_binary;
mod cifar_python;
mod class_folders;
mod folder;
mod idx;
mod idx_file;
mod image_folder;
mod read_source;
mod tiny_imagenet;
mod word_net;

pub(crate) use read_source::read_source;
