//! From small copies of published collections to dataset files and means, and what happens to damaged ones.

#![allow(clippy::unwrap_used)]

mod cifar;
mod damage;
mod dataset_file;
mod idx;
mod image_folder;
mod means;
mod other_readers;
mod support;
mod tiny_imagenet;
