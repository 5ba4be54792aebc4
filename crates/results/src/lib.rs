//! Run records to tables, comparison, plots, HTML.
