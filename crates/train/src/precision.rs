use spec::kinds::Precision;
use tch::Kind;

/// The element type of convolutions and of the activations between them. Master weights, batch norm's parameters
/// and statistics, and the loss are 32-bit in any case.
pub(crate) fn compute_kind(precision: Precision) -> Kind {
    match precision {
        Precision::F32 => Kind::Float,
        Precision::Bf16 => Kind::BFloat16,
    }
}
