use std::{collections::BTreeSet, fmt::Write};
use testkit::Project;

/// What a person has written: the pipeline file and the files that it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// What each source holds, as a place in [`CONTENTS`].
    pub sources: [usize; 3],
    /// A stage needs only stages before it.
    pub stages: Vec<Stage>,
    /// What a stage that draws reads beside its declared inputs.
    pub weather: usize,
    /// Whether the file is written in another order, with comments.
    pub other_layout: bool,
}

/// A stage that writes its word, and the first bytes of what it reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// What it keeps when it is renamed.
    pub id: usize,
    pub name: String,
    /// A place in [`WORDS`].
    pub word: usize,
    /// How many bytes it takes from its inputs.
    pub keep: usize,
    /// Sources that it reads.
    pub sources: BTreeSet<usize>,
    /// Ids of stages that it reads.
    pub needs: BTreeSet<usize>,
    /// Whether it has a second output.
    pub has_more: bool,
    /// Whether its result is never taken from the cache.
    pub always: bool,
    /// Whether it reads what it does not declare.
    pub draws: bool,
}

pub const CONTENTS: [&str; 3] = ["sun and rain", "sun and wind", "fog"];

/// As written in the file. The first three are the same to a command and different to a key.
pub const WORDS: [&str; 4] = ["1", "\"1\"", "\"one\"", "1.0"];

/// Its arguments: id, bytes to keep, word, output, second output or `-`, a file to draw from, inputs.
const SCRIPT: &str = "id=$1; keep=$2; word=$3; out=$4; more=$5; drawn=$6; shift 6\n\
    { echo \"$id $word\"; cat \"$@\" /dev/null | head -c $keep; cat $drawn; } > $out\n\
    test $more = - || echo \"$id more $word\" > $more\n";

impl World {
    /// A chain, a join, a stage that draws.
    pub fn new() -> Self {
        let stage = |id: usize, keep, sources: &[usize], needs: &[usize]| Stage {
            id,
            name: format!("s{id}"),
            word: id % WORDS.len(),
            keep,
            sources: sources.iter().copied().collect(),
            needs: needs.iter().copied().collect(),
            has_more: id == 1,
            always: false,
            draws: id == 4,
        };
        let stages = vec![
            stage(0, 99, &[0], &[]),
            stage(1, 6, &[], &[0]),
            stage(2, 99, &[1], &[0]),
            stage(3, 99, &[], &[1, 2]),
            stage(4, 99, &[1], &[]),
        ];
        Self { sources: [0, 1, 2], stages, weather: 0, other_layout: false }
    }

    pub fn stage(&self, id: usize) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.id == id)
    }

    /// Brings the project up to date with it. A file that says the same already is not touched.
    pub fn write(&self, project: &Project) {
        let write = |path: &str, text: &str| {
            if std::fs::read_to_string(project.path(path)).ok().as_deref() != Some(text) {
                project.file(path, text);
            }
        };
        for (number, content) in self.sources.iter().enumerate() {
            write(&format!("source-{number}"), CONTENTS[*content]);
        }
        write("weather", CONTENTS[self.weather]);
        write("stage.sh", SCRIPT);
        write("pipelines/p.toml", &self.toml());
    }

    fn toml(&self) -> String {
        let mut sections: Vec<String> = self.stages.iter().map(|stage| self.section(stage)).collect();
        let params: String =
            self.stages.iter().map(|stage| format!("{} = {}\n", stage.param(), WORDS[stage.word])).collect();
        sections.push(format!("[params]\n{params}"));
        if self.other_layout {
            sections.reverse();
            sections.insert(0, "# the same in another order".to_owned());
        }
        sections.join("\n")
    }

    fn section(&self, stage: &Stage) -> String {
        let mut text = format!("[stages.{}]\nkind = \"command\"\n", stage.name);
        let mut inputs: Vec<String> =
            stage.sources.iter().map(|source| format!("a{source} = \"source-{source}\"")).collect();
        inputs.extend(
            stage
                .needs
                .iter()
                .filter_map(|id| self.stage(*id))
                .map(|producer| format!("n{} = \"${{stages.{}.o}}\"", producer.id, producer.name)),
        );
        let outputs: Vec<String> =
            stage.outputs().iter().map(|(name, file)| format!("{name} = \"{file}\"")).collect();
        let _ = writeln!(text, "run = \"{}\"", stage.run());
        let _ = writeln!(text, "inputs = {{ {} }}", inputs.join(", "));
        let _ = writeln!(text, "outputs = {{ {} }}", outputs.join(", "));
        if stage.always {
            text.push_str("cache = false\n");
        }
        text
    }
}

impl Stage {
    pub fn param(&self) -> String {
        format!("word_{}", self.id)
    }

    /// Its outputs, each as name and file.
    pub fn outputs(&self) -> Vec<(&'static str, &'static str)> {
        [("o", "o.txt"), ("more", "more.txt")].into_iter().take(1 + usize::from(self.has_more)).collect()
    }

    /// Its command, references unexpanded.
    pub fn run(&self) -> String {
        let more = if self.has_more { "${outputs.more}" } else { "-" };
        let drawn = if self.draws { "weather" } else { "/dev/null" };
        let inputs = self.inputs().into_iter().map(|name| format!(" ${{inputs.{name}}}")).collect::<String>();
        let (id, keep, param) = (self.id, self.keep, self.param());
        format!("sh stage.sh s{id} {keep} ${{params.{param}}} ${{outputs.o}} {more} {drawn}{inputs}")
    }

    /// The names of its inputs, in the order in which it reads them.
    pub fn inputs(&self) -> Vec<String> {
        let sources = self.sources.iter().map(|source| format!("a{source}"));
        sources.chain(self.needs.iter().map(|id| format!("n{id}"))).collect()
    }
}
