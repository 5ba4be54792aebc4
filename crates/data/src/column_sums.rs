use rayon::prelude::*;

/// Rows that can be added up in 16 bits: 257 × 255 = 65,535.
const ROWS_PER_BLOCK: usize = 257;

/// Sums each column of a row-major `[rows, columns]` matrix of bytes, exactly.
///
/// Bytes are first added up in 16-bit lanes, which compilers turn into vector code that runs at the speed
/// of memory, and carried to 64 bits before they can overflow. Bytes after the last whole row are left out.
pub(crate) fn column_sums(bytes: &[u8], columns: usize) -> Vec<u64> {
    bytes
        .par_chunks(ROWS_PER_BLOCK * columns)
        .fold(
            || (vec![0_u64; columns], vec![0_u16; columns]),
            |(mut totals, mut block), rows| {
                block.fill(0);
                for row in rows.chunks_exact(columns) {
                    for (sum, &byte) in block.iter_mut().zip(row) {
                        *sum += u16::from(byte);
                    }
                }
                add(&mut totals, block.iter().map(|&sum| u64::from(sum)));
                (totals, block)
            },
        )
        .map(|(totals, _)| totals)
        .reduce(
            || vec![0; columns],
            |mut left, right| {
                add(&mut left, right.into_iter());
                left
            },
        )
}

fn add(totals: &mut [u64], amounts: impl Iterator<Item = u64>) {
    for (total, amount) in totals.iter_mut().zip(amounts) {
        *total += amount;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain_sums(bytes: &[u8], columns: usize) -> Vec<u64> {
        let mut sums = vec![0; columns];
        for (index, &byte) in bytes.iter().enumerate() {
            sums[index % columns] += u64::from(byte);
        }
        sums
    }

    #[test]
    fn the_largest_bytes_do_not_overflow() {
        let bytes = vec![255; 3 * 1000];
        assert_eq!(column_sums(&bytes, 3), vec![255_000; 3]);
    }

    proptest::proptest! {
        #[test]
        fn equals_a_plain_loop(rows in 0_usize..1200, columns in 1_usize..40, seed in 0_usize..256) {
            let bytes: Vec<u8> = (0..rows * columns).map(|i| ((i * 2_654_435_761 + seed) >> 7) as u8).collect();
            proptest::prop_assert_eq!(column_sums(&bytes, columns), plain_sums(&bytes, columns));
        }
    }
}
