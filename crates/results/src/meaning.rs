use crate::{
    experiment::{Experiment, Lookup},
    table::{Column, ColumnRole},
};
use spec::{Goal, MetricSpec};

/// What is looked for under a name that both a setting and a metric may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sought {
    /// A setting, or else a metric.
    Any,
    Setting,
    Metric,
}

/// What people mean by the name of a column.
#[derive(Debug, Clone)]
pub(crate) struct Meaning {
    /// Where its values are found: the first of these that an experiment has.
    pub sources: Vec<String>,
    pub sought: Sought,
    /// How it is shown, if it is measured somewhere.
    pub metric: Option<MetricSpec>,
}

/// After the name of a setting where a metric is called the same: `train.epochs (set)`.
pub(crate) const SET: &str = " (set)";

impl Meaning {
    /// What it is in one experiment.
    pub fn find(&self, experiment: &Experiment) -> Lookup {
        experiment.lookup_any(&self.sources, self.sought)
    }

    /// Settings go upwards, metrics as they are best.
    pub fn goal(&self) -> Goal {
        self.metric.as_ref().map_or(Goal::Min, |metric| metric.goal)
    }
}

impl Column {
    /// What stands in it in an experiment's row.
    pub(crate) fn find(&self, experiment: &Experiment) -> Lookup {
        experiment.lookup_any(&self.sources, self.sought())
    }

    /// A stage may measure what it is told as well, such as its epochs: a column shows one of the two.
    pub(crate) fn sought(&self) -> Sought {
        match self.role {
            ColumnRole::Metric { .. } => Sought::Metric,
            ColumnRole::Experiment | ColumnRole::Fact | ColumnRole::Setting => Sought::Setting,
        }
    }
}
