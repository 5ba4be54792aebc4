//! The figures of a training as a TensorBoard event file.
//!
//! An event file is a row of TFRecords, each an `Event` message of TensorFlow's `event.proto` in protobuf's encoding;
//! so little of both is needed that they are written by hand.

use crate::{EpochRecord, History, TrainError};
use std::{fs, path::Path};

/// TensorBoard reads files with `tfevents` in their names.
const FILE: &str = "events.out.tfevents.0.pipeline";

type Series = (&'static str, fn(&EpochRecord) -> Option<f64>);

/// What the charts are called; those of one group share a heading.
const SERIES: [Series; 7] = [
    ("loss/train", |record| Some(record.train_loss)),
    ("loss/val", |record| record.val_loss),
    ("cross_entropy/train", |record| Some(record.train_cross_entropy)),
    ("cross_entropy/val", |record| record.val_cross_entropy),
    ("accuracy/train", |record| Some(record.train_accuracy)),
    ("accuracy/val", |record| record.val_accuracy),
    ("learning_rate", |record| Some(record.lr)),
];

/// Writes an event file into `folder`, with the number of epochs done as step.
///
/// Its times are seconds equal to the step, not those of the training: equal trainings give equal bytes.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write(history: &History, folder: &Path) -> Result<(), TrainError> {
    fs::create_dir_all(folder).map_err(TrainError::file("make the folder", folder))?;
    let path = folder.join(FILE);
    fs::write(&path, encode(history)).map_err(TrainError::file("write", &path))
}

fn encode(history: &History) -> Vec<u8> {
    let mut file = record(&event(0, |event| field_bytes(event, 3, b"brain.Event:2")));
    for epoch in &history.epochs {
        let figures = SERIES.iter().filter_map(|(tag, figure)| Some((tag, figure(epoch)?)));
        let mut summary = Vec::new();
        for (tag, figure) in figures {
            let mut value = Vec::new();
            field_bytes(&mut value, 1, tag.as_bytes());
            field_float(&mut value, 2, figure as f32);
            field_bytes(&mut summary, 1, &value);
        }
        file.extend(record(&event(epoch.epoch + 1, |event| field_bytes(event, 5, &summary))));
    }
    file
}

/// An `Event`: its time, its step, and what it is about.
fn event(step: u32, content: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut event = vec![1 << 3 | 1];
    event.extend(f64::from(step).to_le_bytes());
    event.push(2 << 3);
    varint(&mut event, u64::from(step));
    content(&mut event);
    event
}

/// A protobuf field of a known length: a string, bytes or a message.
fn field_bytes(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    message.push(number << 3 | 2);
    varint(message, bytes.len() as u64);
    message.extend(bytes);
}

fn field_float(message: &mut Vec<u8>, number: u8, value: f32) {
    message.push(number << 3 | 5);
    message.extend(value.to_le_bytes());
}

fn varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

/// A TFRecord: length, its checksum, data, their checksum.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &masked_crc(&length), data, &masked_crc(data)].concat()
}

/// The checksum in the form of TFRecords, which keeps a checksum of data that holds checksums from being one of zeros.
fn masked_crc(data: &[u8]) -> [u8; 4] {
    crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// CRC-32C (Castagnoli), bit by bit: the files are small.
fn crc32c(data: &[u8]) -> u32 {
    const REVERSED_POLYNOMIAL: u32 = 0x82f6_3b78;
    !data.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (REVERSED_POLYNOMIAL * (crc & 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> History {
        let record = |epoch, val| EpochRecord {
            epoch,
            lr: 0.1,
            train_loss: 2.5 - f64::from(epoch),
            train_cross_entropy: 2.0 - f64::from(epoch),
            train_accuracy: 0.25,
            val_loss: val,
            val_cross_entropy: val,
            val_accuracy: val,
        };
        History { epochs: vec![record(0, None), record(1, Some(0.75))], ..History::default() }
    }

    #[test]
    fn checksums_are_the_published_ones() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        // RFC 3720, B.4.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    }

    /// `tests/golden/read_event_file.py` reads the file with TensorBoard's own reader and finds these figures.
    #[test]
    fn the_file_is_the_one_that_tensorboard_has_read() {
        let golden =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/events.out.tfevents.golden");
        let folder = tempfile::tempdir().unwrap();
        write(&history(), folder.path()).unwrap();
        let written = fs::read(folder.path().join(FILE)).unwrap();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &written).unwrap();
        }
        assert!(written == fs::read(&golden).unwrap(), "the event file differs");
    }
}
