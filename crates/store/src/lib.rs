//! Content-addressed objects, actions, file digests, locks, atomic writes, garbage collection.
