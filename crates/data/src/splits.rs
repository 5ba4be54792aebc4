use crate::DataError;
use crate::source::Source;
use crate::stratified_split::stratified_split;
use crate::write_split::Split;
use spec::kinds::DatasetParams;

/// The dataset files that a source and parameters make.
pub(crate) struct Splits<'a> {
    pub(crate) train: Split<'a>,
    pub(crate) val: Option<Split<'a>>,
    pub(crate) test: Option<Split<'a>>,
}

/// Takes the source's own splits and draws those that the parameters ask for from the training samples.
///
/// Test is drawn first, from all training samples; val is drawn from what is left, with the same seed. Where
/// the source has one evaluation set only, as CIFAR-10 and MNIST do, studies validate on it: it is val
/// too unless val is drawn.
pub(crate) fn draw_splits<'a>(source: &'a Source, params: &DatasetParams) -> Result<Splits<'a>, DataError> {
    let train = &source.train;
    let count = |per_class, fraction| held_out_count(source, per_class, fraction);
    let test_count = count(params.test_per_class, params.test_fraction);
    let val_count = count(params.val_per_class, params.val_fraction);
    refuse_second("test", source.test.is_some() && test_count > 0)?;
    refuse_second("val", source.val.is_some() && val_count > 0)?;

    let mut kept: Vec<usize> = (0..train.len()).collect();
    let mut hold_out = |held_out| -> Result<Split<'a>, DataError> {
        let (stay, drawn) = hold_out(source, &kept, held_out, params.seed)?;
        kept = stay;
        Ok(Split { samples: train, order: drawn })
    };
    let test = match test_count {
        0 => source.test.as_ref().map(Split::whole),
        held_out => Some(hold_out(held_out)?),
    };
    let val = match val_count {
        0 => source.val.as_ref().or(source.test.as_ref()).map(Split::whole),
        held_out => Some(hold_out(held_out)?),
    };
    Ok(Splits { train: Split { samples: train, order: kept }, val, test })
}

fn refuse_second(split: &str, refuse: bool) -> Result<(), DataError> {
    if !refuse {
        return Ok(());
    }
    Err(DataError::Parameters {
        reason: format!(
            "the source has a {split} split of its own, so none can be drawn from its training images"
        ),
        hint: Some(format!("leave `{split}_per_class` and `{split}_fraction` out")),
    })
}

fn held_out_count(source: &Source, per_class: u32, fraction: Option<f64>) -> usize {
    match fraction {
        Some(fraction) => (fraction * source.train.len() as f64).ceil() as usize,
        None => per_class as usize * source.class_names.len(),
    }
}

fn hold_out(
    source: &Source,
    kept: &[usize],
    held_out: usize,
    seed: u32,
) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    let labels: Vec<usize> = kept.iter().map(|&index| source.train.labels[index]).collect();
    let (stay, drawn) = stratified_split(&labels, source.class_names.len(), held_out, seed)
        .map_err(|reason| DataError::invalid(&source.path, format!("cannot hold out images: {reason}")))?;
    let original = |indices: Vec<usize>| indices.into_iter().map(|index| kept[index]).collect();
    Ok((original(stay), original(drawn)))
}
