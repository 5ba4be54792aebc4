use std::{
    panic::resume_unwind,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{JoinHandle, spawn},
};

/// How many finished items each thread may be ahead.
const AHEAD: usize = 2;

/// Items that threads make ahead of the one who takes them, in order.
///
/// Thread k of n makes the items k, k + n, k + 2n and so on. Dropping it ends the threads after the item each of
/// them is making.
pub struct Prefetch<T> {
    threads: Vec<MakerThread<T>>,
    /// The thread whose item is next.
    next: usize,
}

struct MakerThread<T> {
    items: Receiver<T>,
    thread: JoinHandle<()>,
}

impl<T: Send + 'static> Prefetch<T> {
    /// Starts `threads` (at least one) threads that make the items numbered `first` to `end` − 1.
    pub fn new(
        threads: usize,
        first: usize,
        end: usize,
        make: impl Fn(usize) -> T + Send + Sync + 'static,
    ) -> Self {
        let make = Arc::new(make);
        let start = |thread: usize| {
            let (sender, items) = sync_channel(AHEAD);
            let make = Arc::clone(&make);
            let numbers = (first + thread..end).step_by(threads);
            MakerThread { items, thread: spawn(move || make_items(numbers, &*make, &sender)) }
        };
        Self { threads: (0..threads).map(start).collect(), next: 0 }
    }
}

fn make_items<T>(numbers: impl Iterator<Item = usize>, make: &impl Fn(usize) -> T, sender: &SyncSender<T>) {
    for number in numbers {
        if sender.send(make(number)).is_err() {
            // Nobody takes items any more.
            return;
        }
    }
}

impl<T> Iterator for Prefetch<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let thread = self.threads.get(self.next)?;
        match thread.items.recv() {
            Ok(item) => {
                self.next = (self.next + 1) % self.threads.len();
                Some(item)
            }
            Err(_) => {
                self.end();
                None
            }
        }
    }
}

impl<T> Prefetch<T> {
    /// Ends all threads; the panic of one of them goes on in the caller.
    fn end(&mut self) {
        let (receivers, threads): (Vec<_>, Vec<_>) =
            self.threads.drain(..).map(|maker| (maker.items, maker.thread)).unzip();
        drop(receivers);
        for thread in threads {
            if let Err(panic) = thread.join()
                && !std::thread::panicking()
            {
                resume_unwind(panic);
            }
        }
    }
}

impl<T> Drop for Prefetch<T> {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    #[test]
    fn items_come_in_order_for_any_number_of_threads() {
        for threads in [1, 2, 3, 7, 50] {
            let items: Vec<usize> = Prefetch::new(threads, 5, 25, |number| number).collect();
            assert_eq!(items, (5..25).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn an_empty_range_has_no_items() {
        assert_eq!(Prefetch::new(3, 4, 4, |number| number).next(), None);
    }

    #[test]
    fn threads_stay_a_bounded_number_of_items_ahead_and_end_when_dropped() {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let mut items = Prefetch::new(2, 0, usize::MAX, move |number| {
            counter.fetch_add(1, SeqCst);
            number
        });
        assert_eq!(items.next(), Some(0));
        drop(items);
        // One taken, and each thread with a full channel and one item in hand.
        assert!(made.load(SeqCst) <= 1 + 2 * (AHEAD + 1));
        assert_eq!(Arc::strong_count(&made), 1, "a thread is still alive");
    }

    #[test]
    #[should_panic(expected = "image 3 is broken")]
    fn the_panic_of_a_thread_goes_on_in_the_caller() {
        let items = Prefetch::new(2, 0, 10, |number| {
            assert!(number != 3, "image {number} is broken");
            number
        });
        assert!(items.count() < 10);
    }
}
