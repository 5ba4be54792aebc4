//! Petgraph DAG, keys, plan, dispatch, launchers, run records.
