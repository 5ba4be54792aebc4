use super::blocks::{BlockShape, ResidualBlock};
use super::declarations::Declarations;
use super::layers::{BatchNorm, Linear, Sum};
use super::parameters::{FlatParameters, NamedTensor, Storage};
use super::stem::StemLayers;
use crate::TrainError;
use crate::precision::compute_kind;
use spec::kinds::{Block, ModelParams, Precision};
use tch::{Device, Kind, TchError, Tensor};

/// A residual network: batch norm of the image, stem, residual stages, (before which a pre-activation network still
/// needs batch norm and ReLU) average pool over the whole map, linear layer.
pub struct Network {
    pub(super) stem: StemLayers,
    pub(super) blocks: Vec<ResidualBlock>,
    /// Batch norm and ReLU after the last stage, where the blocks do not end in them.
    pub(super) norm: Option<BatchNorm>,
    pub(super) head: Linear,
    compute_kind: Kind,
    storage: Storage,
}

impl Network {
    /// A network with initial weights drawn from `seed`: kernels Glorot uniform, biases 0, batch norm the identity.
    ///
    /// # Errors
    ///
    /// [`TrainError::Parameter`] if stages and filters do not make a network.
    pub fn new(
        model: &ModelParams,
        classes: i64,
        seed: u64,
        device: Device,
        precision: Precision,
    ) -> Result<Self, TrainError> {
        check(model)?;
        crate::allocator::keep_freed_memory();
        let compute_kind = compute_kind(precision);
        let mut declarations = Declarations::new(compute_kind, device);
        let filters: Vec<i64> = model.filters.iter().map(|&filters| i64::from(filters)).collect();
        let features = filters[filters.len() - 1];
        let stem = StemLayers::declare(&mut declarations, model.stem, model.block, filters[0])?;
        let blocks = declare_stages(&mut declarations, model, &filters)?;
        let norm = (model.block == Block::PreactBottleneck)
            .then(|| BatchNorm::declare(&mut declarations, "norm", features))
            .transpose()?;
        let head = Linear::declare(&mut declarations, "head.fc", features, classes)?;
        let storage = Storage::allocate(declarations, seed)?;
        Ok(Self { stem, blocks, norm, head, compute_kind, storage })
    }

    /// Logits, f32 `[N, classes]`, of `images`, f32 `[N, 3, H, W]` with channels-last strides and the mean
    /// subtracted.
    ///
    /// In training, batch norm uses the batch's statistics and updates the running ones, and a graph is kept for the
    /// backward pass.
    pub fn forward(&self, images: &Tensor, training: bool) -> Result<Tensor, TrainError> {
        let logits =
            if training { self.pass(images, true) } else { tch::no_grad(|| self.pass(images, false)) };
        Ok(logits?)
    }

    fn pass(&self, images: &Tensor, training: bool) -> Result<Tensor, TchError> {
        let stem = self.stem.forward(images, self.compute_kind, training)?;
        let mut sum = Sum { branch: stem, shortcut: None };
        for block in &self.blocks {
            sum = block.forward(sum, training)?;
        }
        let output = match &self.norm {
            Some(norm) => norm.forward_sum(sum, training)?.0,
            None => sum.total()?,
        };
        self.head.forward(&output.f_mean_dim(&[2, 3][..], false, None)?)
    }

    /// Every weight and running statistic, f32, under the names of timm's `resnetv2`. The tensors are views: writing
    /// to them changes the network.
    pub fn named_tensors(&self) -> Vec<(String, Tensor)> {
        let named = self.storage.named.iter();
        named.map(|tensor| (tensor.name.clone(), tensor.value.shallow_clone())).collect()
    }

    /// Replaces every weight and running statistic.
    ///
    /// # Errors
    ///
    /// [`TrainError::Mismatch`] that names the first differences, unless names and shapes are exactly the network's.
    pub fn load_named(&mut self, tensors: &[(String, Tensor)]) -> Result<(), TrainError> {
        super::load::copy_into(&self.storage.named, tensors)?;
        Ok(self.storage.parameters.refresh_compute_copy()?)
    }

    /// How many numbers are trained: running statistics do not count.
    pub fn trainable_parameters(&self) -> usize {
        self.entries(true)
    }

    /// How many running statistics there are.
    pub fn non_trainable_parameters(&self) -> usize {
        self.entries(false)
    }

    fn entries(&self, trainable: bool) -> usize {
        let counted = |tensor: &&NamedTensor| tensor.trainable == trainable;
        self.storage.named.iter().filter(counted).map(|tensor| tensor.value.numel()).sum()
    }

    /// All running statistics in one buffer, f32; writing to it changes the network.
    pub(crate) fn statistics(&self) -> Tensor {
        self.storage.statistics.shallow_clone()
    }

    pub(crate) fn parameters(&self) -> FlatParameters {
        self.storage.parameters.share()
    }
}

/// The first block of every stage projects, and halves the map in all stages but the first.
fn declare_stages(
    declarations: &mut Declarations,
    model: &ModelParams,
    filters: &[i64],
) -> Result<Vec<ResidualBlock>, TchError> {
    let mut blocks = Vec::new();
    for (stage, &count) in model.stages.iter().enumerate() {
        for index in 0..count {
            let first = index == 0;
            let shape = BlockShape {
                from: if first { filters[stage] } else { filters[stage + 1] },
                to: filters[stage + 1],
                stride: if first && stage > 0 { 2 } else { 1 },
                projects: first,
            };
            let name = format!("stages.{stage}.blocks.{index}");
            blocks.push(ResidualBlock::declare(declarations, model.block, &name, shape)?);
        }
    }
    Ok(blocks)
}

fn check(model: &ModelParams) -> Result<(), TrainError> {
    let parameter = |name, reason: String| Err(TrainError::Parameter { name, reason });
    let (stages, filters) = (&model.stages, &model.filters);
    if stages.is_empty() || stages.contains(&0) {
        return parameter("model.stages", format!("{stages:?} must name at least one block for every stage"));
    }
    if filters.len() != stages.len() + 1 {
        let wanted = stages.len() + 1;
        return parameter(
            "model.filters",
            format!("{filters:?} must have {wanted} entries: the stem's, then one for each stage"),
        );
    }
    let step = if model.block == Block::Basic { 1 } else { 4 };
    if filters[0] == 0 || filters[1..].iter().any(|&filters| filters == 0 || filters % step != 0) {
        return parameter(
            "model.filters",
            format!("{filters:?} must be positive, and those of the stages multiples of {step}"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use spec::kinds::Stem;

    fn model(block: Block, stages: &[u32], filters: &[u32]) -> ModelParams {
        let (stages, filters) = (stages.to_vec(), filters.to_vec());
        ModelParams { block, stem: Stem::Cifar, stages, filters, l2: 0.0, block_l2: 0.0 }
    }

    fn network(seed: u64) -> Network {
        let model = model(Block::PreactBottleneck, &[1, 1], &[4, 8, 8]);
        Network::new(&model, 3, seed, Device::Cpu, Precision::F32).unwrap()
    }

    fn images() -> Tensor {
        Tensor::arange(2 * 6 * 6 * 3, (Kind::Float, Device::Cpu))
            .sin()
            .view([2, 6, 6, 3])
            .permute([0, 3, 1, 2])
    }

    #[test]
    fn the_seed_decides_the_weights() {
        assert_eq!(network(1).named_tensors(), network(1).named_tensors());
        assert_ne!(network(1).named_tensors(), network(2).named_tensors());
    }

    #[test]
    fn norms_start_as_the_identity_and_biases_at_zero() {
        for (name, tensor) in network(1).named_tensors() {
            let wanted = match name.as_str() {
                name if name.contains("conv") || name == "head.fc.weight" => continue,
                name if name.ends_with(".weight") || name.ends_with("_var") => 1.0,
                _ => 0.0,
            };
            assert!(tensor.eq(wanted).all().int64_value(&[]) == 1, "{name} {tensor}");
        }
    }

    #[test]
    fn inference_changes_nothing_and_keeps_no_graph() {
        let network = network(1);
        let before: Vec<Tensor> = network.named_tensors().iter().map(|(_, tensor)| tensor.copy()).collect();
        let logits = network.forward(&images(), false).unwrap();
        let after: Vec<Tensor> = network.named_tensors().into_iter().map(|(_, tensor)| tensor).collect();
        assert_eq!((logits.size(), logits.requires_grad()), (vec![2, 3], false));
        assert_eq!(after, before);
    }

    #[test]
    fn strides_of_the_images_do_not_change_the_logits() {
        let network = network(1);
        let difference = network.forward(&images(), false).unwrap()
            - network.forward(&images().contiguous(), false).unwrap();
        assert!(difference.abs().max().double_value(&[]) < 1e-5, "{difference}");
    }

    #[test]
    fn models_that_make_no_network_are_refused() {
        let refused = [
            (model(Block::Basic, &[], &[4]), "`model.stages`"),
            (model(Block::Basic, &[1, 0], &[4, 4, 4]), "`model.stages`"),
            (model(Block::Basic, &[1, 1], &[4, 4]), "`model.filters`"),
            (model(Block::Basic, &[1], &[0, 4]), "`model.filters`"),
            (model(Block::Bottleneck, &[1], &[4, 6]), "`model.filters`"),
        ];
        for (model, name) in refused {
            let error = Network::new(&model, 3, 1, Device::Cpu, Precision::F32).err().unwrap();
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
