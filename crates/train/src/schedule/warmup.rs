/// The share of its learning rate that a step has in a linear warm-up: it rises from the first step on, and is 1 from
/// the last step of the warm-up on (Goyal et al., arXiv:1706.02677, section 2.2). Epochs and steps count from 0, and
/// an epoch has `steps` steps.
pub(super) fn share(warmup_epochs: f64, epoch: u32, step: usize, steps: usize) -> f64 {
    let epochs_done = f64::from(epoch) + (step + 1) as f64 / steps as f64;
    if epochs_done < warmup_epochs { epochs_done / warmup_epochs } else { 1.0 }
}
