//! What stands below the help of each command. A test runs them through the parser.

pub const RUN: &str = "\
Examples:
  pipeline run pipelines/digits.toml
  pipeline run pipelines/digits.toml --set epochs=20 --stage train
  pipeline run pipelines/digits.toml --set lr=0.1,0.05,0.01 --set seed=1..3
  pipeline run pipelines/digits.toml --set 'lr=log(1e-3,1e-1)' --sample 20
  pipeline run pipelines/digits.toml pipelines/fashion_mnist.toml --keep-going --json";

pub const PLAN: &str = "\
Examples:
  pipeline plan pipelines/digits.toml
  pipeline plan pipelines/digits.toml --set lr=0.05 --json
  pipeline plan pipelines/digits.toml pipelines/fashion_mnist.toml --force";

pub const EXPLAIN: &str = "\
Examples:
  pipeline explain pipelines/digits.toml train";

pub const GRAPH: &str = "\
Examples:
  pipeline graph pipelines/digits.toml
  pipeline graph pipelines/digits.toml --format dot | dot -Tsvg -o digits.svg";

pub const CHECK: &str = "\
Examples:
  pipeline check pipelines/digits.toml pipelines/fashion_mnist.toml";

pub const COMPARE: &str = "\
Examples:
  pipeline compare
  pipeline compare 'cifar10_*' --sort rank1 --baseline cifar10_decay
  pipeline compare digits --seeds fold --filter 'lr < 0.1' --filter 'rank-1 > 97 %'
  pipeline compare --format csv --out experiments.csv";

pub const REPORT: &str = "\
Examples:
  pipeline report --open
  pipeline report 'cifar10_*' --seeds fold --baseline cifar10_decay --out pages";

pub const SERVE: &str = "\
Examples:
  pipeline serve --open
  pipeline serve digits --sort rank-1 --port 8080";

pub const RUNS: &str = "\
Examples:
  pipeline runs digits --status failed --since 2d -n 10
  pipeline runs keep latest --note 'for the paper'
  pipeline runs rm 20260131-140509";

pub const EXPORT: &str = "\
Examples:
  pipeline export digits --epochs --out runs.jsonl";

pub const SHOW: &str = "\
Examples:
  pipeline show latest
  pipeline show --diff 20260131-140509 latest";

pub const LOGS: &str = "\
Examples:
  pipeline logs latest train --follow";

pub const PREDICT: &str = "\
Examples:
  pipeline predict results/digits/train/weights.safetensors a.png b.png --top 3
  pipeline predict results/digits/train/weights.safetensors photos --json";

pub const INSPECT: &str = "\
Examples:
  pipeline inspect results/digits/train/weights.safetensors
  pipeline inspect results/digits/dataset --sheet images.png
  pipeline inspect results/digits/dataset --sheet images.png --augment '{ rotation = 18, cutout = 8 }'";

pub const GC: &str = "\
Examples:
  pipeline gc --dry-run
  pipeline gc --older-than 30d
  pipeline gc --max-size 20G";

pub const IMPORT: &str = "\
Examples:
  pipeline import dvc.yaml
  pipeline import dvc.yaml --name baseline --force
  pipeline import dvc.yaml --out - | less";

pub const SCHEMA: &str = "\
Examples:
  pipeline schema > pipeline.schema.json";

pub const COMPLETIONS: &str = "\
Examples:
  pipeline completions bash >> ~/.bashrc";
