use crate::{
    args::PipelineArgs, exit::Exit, failure::Failure, missing, output, project, stage_graph::StageGraph,
};
use clap::{Args, ValueEnum};
use serde_json::json;

#[derive(Debug, Args)]
pub struct GraphArgs {
    #[command(flatten)]
    pipeline: PipelineArgs,
    /// The form
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    format: GraphFormat,
    /// Show each cell of a matrix, instead of one node for all
    #[arg(long)]
    cells: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    Text,
    Dot,
    Mermaid,
}

pub fn graph(args: &GraphArgs, json: bool) -> Result<Exit, Failure> {
    let pipeline = project::load(&args.pipeline.file, &args.pipeline.overrides, "a graph")?.pipeline;
    missing::warn(&pipeline);
    let graph = StageGraph::new(&pipeline, args.cells);
    let text = match args.format {
        _ if json => json!({ "nodes": graph.nodes, "edges": graph.edges }).to_string() + "\n",
        GraphFormat::Text => graph.text(),
        GraphFormat::Dot => graph.dot(&pipeline.name),
        GraphFormat::Mermaid => graph.mermaid(),
    };
    output::write(&text)?;
    Ok(Exit::Done)
}
