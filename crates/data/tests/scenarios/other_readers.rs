//! Dataset files as h5py reads them, CIFAR-10 batches as Python pickles them, images as Pillow decodes them.

use crate::support::{build, params};
use data::fixtures::{write_cifar10_python, write_tiny_imagenet};
use data::read_image;
use spec::kinds::DatasetFormat;
use std::process::Command;

/// Runs a Python script with arguments; `None`, and a word that says so, where its modules are not installed.
fn python(script: &str, arguments: &[&str]) -> Option<String> {
    let interpreter = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(&interpreter).arg("-c").arg(script).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run {interpreter}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("ModuleNotFoundError") {
        println!("skipped: {}", errors.lines().last().unwrap_or_default());
        return None;
    }
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn h5py_reads_what_is_written() {
    let source = tempfile::tempdir().unwrap();
    write_tiny_imagenet(source.path(), 3, 4, 2).unwrap();
    let built = build(&params(DatasetFormat::TinyImagenet), source.path());
    let script = "\
import h5py, sys
with h5py.File(sys.argv[1]) as f:
    images, labels = f['images'], f['labels']
    print(images.dtype, images.shape, images.chunks, images.compression, labels.dtype, labels.shape)
    print(list(f.attrs['class_names']), f.attrs['channel_order'], f.attrs['layout'])
    print(images[7].sum(), labels[:].tolist())
";
    let Some(printed) = python(script, &[built.path("train").to_str().unwrap()]) else { return };
    let sum: u64 = built.open("train").image(7).iter().map(|&level| u64::from(level)).sum();
    let expected = format!(
        "uint8 (12, 64, 64, 3) None None int64 (12,)\n['thing 0', 'thing 1', 'thing 2'] RGB NHWC\n\
         {sum} [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]\n"
    );
    assert_eq!(printed, expected);
}

#[test]
fn batches_that_python_writes_again_in_any_protocol_are_read_alike() {
    let source = tempfile::tempdir().unwrap();
    write_cifar10_python(source.path(), 10).unwrap();
    let expected = build(&params(DatasetFormat::Cifar10Python), source.path()).contents();
    let script = "\
import numpy, pathlib, pickle, sys
for path in pathlib.Path(sys.argv[1]).iterdir():
    content = pickle.loads(path.read_bytes(), encoding='bytes')
    path.write_bytes(pickle.dumps(content, protocol=int(sys.argv[2])))
";
    for protocol in ["2", "3", "4", "5"] {
        if python(script, &[source.path().to_str().unwrap(), protocol]).is_none() {
            return;
        }
        let again = build(&params(DatasetFormat::Cifar10Python), source.path()).contents();
        for (file, content) in &expected {
            assert!(*content == again[file], "{file} differs with protocol {protocol}");
        }
    }
}

#[test]
fn images_of_every_kind_decode_as_pillow_decodes_them() {
    let folder = tempfile::tempdir().unwrap();
    let script = "\
import numpy, pathlib, sys
from PIL import Image
folder = pathlib.Path(sys.argv[1])
rows, columns = numpy.mgrid[0:37, 0:53]
colours = numpy.stack([rows * 5, columns * 4, 255 - rows * 3 - columns], axis=-1).clip(0, 255).astype('uint8')
colour = Image.fromarray(colours)
kinds = {
    'baseline.jpg': (colour, dict(subsampling=0)),
    'half_width.jpg': (colour, dict(subsampling=1)),
    'half_size.jpg': (colour, dict(subsampling=2)),
    'progressive.jpg': (colour, dict(progressive=True)),
    'restarts.jpg': (colour, dict(restart_marker_blocks=2)),
    'grey.jpg': (colour.convert('L'), {}),
    'cmyk.jpg': (colour.convert('CMYK'), {}),
    'palette.png': (colour.quantize(16), {}),
    'bits.png': (colour.convert('1'), {}),
    'transparent_grey.png': (colour.convert('LA'), {}),
    'colour.png': (colour, {}),
}
for name, (image, options) in kinds.items():
    if name.endswith('.jpg'):
        options['quality'] = 95
    image.save(folder / name, **options)
    Image.open(folder / name).convert('RGB').save(folder / (name + '.ppm'))
    print(name)
";
    let Some(names) = python(script, &[folder.path().to_str().unwrap()]) else { return };
    for name in names.lines() {
        let image = read_image(&folder.path().join(name)).unwrap();
        assert_eq!((image.height, image.width), (37, 53), "{name}");
        let ppm = std::fs::read(folder.path().join(format!("{name}.ppm"))).unwrap();
        let expected = &ppm[ppm.len() - image.pixels.len()..];
        let largest =
            image.pixels.iter().zip(expected).map(|(left, right)| left.abs_diff(*right)).max().unwrap();
        let allowed = if name.ends_with(".png") { 0 } else { 6 };
        assert!(largest <= allowed, "{name} differs by {largest} grey levels");
    }
}
