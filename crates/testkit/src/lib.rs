//! For tests: a project builder, a scripted fake worker, DAG strategies.
