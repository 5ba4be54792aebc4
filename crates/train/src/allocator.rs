/// Makes the C allocator, which libtorch takes its CPU memory from, keep what is freed and back it with huge pages.
///
/// A training step allocates and frees hundreds of large tensors. By default each goes back to the kernel at once, and
/// the next one is paid for in page faults: up to a third of a step's time. The settings hold for the process; calls
/// after the first do nothing.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn keep_freed_memory() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: these only set parameters of the allocator.
        unsafe {
            libc::mallopt(libc::M_MMAP_MAX, 0);
            libc::mallopt(libc::M_TRIM_THRESHOLD, -1);
            libc::mallopt(libc::M_ARENA_MAX, 1);
        }
        reserve_huge_pages();
    });
}

/// Grows the heap by addresses without memory, and asks for huge pages when they are first used.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn reserve_huge_pages() {
    const RESERVED: usize = 8 << 30;
    const HUGE_PAGE: usize = 2 << 20;
    // SAFETY: the advice changes no content and covers whole pages inside the block, which is then freed unused.
    unsafe {
        let block = libc::malloc(RESERVED);
        if !block.is_null() {
            let gap = block.align_offset(HUGE_PAGE);
            libc::madvise(block.byte_add(gap), RESERVED - HUGE_PAGE, libc::MADV_HUGEPAGE);
            libc::free(block);
        }
    }
}

/// Other systems keep their allocator as it is.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn keep_freed_memory() {}
