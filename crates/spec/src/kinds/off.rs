/// Whether an option is at the value that switches it off; such options are not written out, so that adding one
/// leaves keys alone.
pub(super) fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
