//! Random pipelines whose stages wait at gates that the test opens one by one, in random order: at every instant
//! exactly those stages are at work that should be (behaviours 3 and 6).

use crate::project;
use proptest::{prelude::*, sample::Index, test_runner::TestCaseError};
use serde_json::Value;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs::{self, OpenOptions},
    io::{BufRead, BufReader},
    process::Child,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};
use testkit::Project;

const CPUS: u32 = 4;
const GPUS: [&str; 3] = ["3", "5", "7"];
const GIBIBYTES: u32 = 8;

#[derive(Debug, Clone)]
struct Node {
    /// Places of stages before it.
    needs: BTreeSet<usize>,
    cpus: u32,
    gpus: usize,
    gibibytes: u32,
    mutex: Option<usize>,
}

/// The stages, the most at once, and which of those at work ends next, each time.
type Case = (Vec<Node>, usize, Vec<Index>);

fn case() -> impl Strategy<Value = Case> {
    let node = (
        prop::collection::vec(any::<Index>(), 0..3),
        1..=3_u32,
        prop_oneof![3 => Just(0), 1 => 1..=2_usize],
        0..=5_u32,
        prop::option::weighted(0.3, 0..2_usize),
    );
    let nodes = prop::collection::vec(node, 1..9).prop_map(|nodes| {
        let number =
            |(place, (needs, cpus, gpus, gibibytes, mutex)): (usize, (Vec<Index>, _, _, _, _))| Node {
                needs: needs.iter().filter(|_| place > 0).map(|need| need.index(place)).collect(),
                cpus,
                gpus,
                gibibytes,
                mutex,
            };
        nodes.into_iter().enumerate().map(number).collect()
    });
    (nodes, 1..=4_usize, prop::collection::vec(any::<Index>(), 9))
}

/// Its arguments: number, output, inputs.
const SCRIPT: &str = "number=$1; out=$2; shift 2\n\
    echo $CUDA_VISIBLE_DEVICES > devices-$number\n\
    read line < gate-$number\n\
    cat \"$@\" /dev/null > /dev/null && echo $number >> executed && echo $number > $out\n";

fn toml(nodes: &[Node]) -> String {
    let mut text = String::new();
    for (number, node) in nodes.iter().enumerate() {
        let names: String = node.needs.iter().map(|need| format!(" ${{inputs.n{need}}}")).collect();
        let inputs: Vec<String> =
            node.needs.iter().map(|need| format!("n{need} = \"${{stages.s{need}.o}}\"")).collect();
        let Node { cpus, gpus, gibibytes, .. } = node;
        let _ = writeln!(
            text,
            "[stages.s{number}]\nkind = \"command\"\nrun = \"sh stage.sh {number} ${{outputs.o}}{names}\"\n\
             inputs = {{ {} }}\noutputs = {{ o = \"o.txt\" }}\n\
             resources = {{ cpus = {cpus}, gpus = {gpus}, memory = \"{gibibytes} GiB\" }}",
            inputs.join(", ")
        );
        if let Some(mutex) = node.mutex {
            let _ = writeln!(text, "mutex = \"m{mutex}\"");
        }
    }
    text
}

/// What should be at work when, worked out step by step.
struct Reference<'a> {
    nodes: &'a [Node],
    jobs: usize,
    at_work: BTreeSet<usize>,
    ended: BTreeSet<usize>,
}

impl Reference<'_> {
    /// The stages that start now: the longest path behind first, then the order of the file; one that does not
    /// fit lets others pass.
    fn start(&mut self) -> Vec<usize> {
        let mut ready: Vec<usize> = (0..self.nodes.len())
            .filter(|place| !self.at_work.contains(place) && !self.ended.contains(place))
            .filter(|place| self.nodes[*place].needs.is_subset(&self.ended))
            .collect();
        ready.sort_by_key(|place| (Reverse(self.path_behind(*place)), *place));
        let mut started = Vec::new();
        for place in ready {
            if self.fits(place) {
                self.at_work.insert(place);
                started.push(place);
            }
        }
        started
    }

    fn fits(&self, place: usize) -> bool {
        let (node, at_work) = (&self.nodes[place], || self.at_work.iter().map(|place| &self.nodes[*place]));
        at_work().count() < self.jobs
            && at_work().map(|node| node.cpus).sum::<u32>() + node.cpus <= CPUS
            && at_work().map(|node| node.gpus).sum::<usize>() + node.gpus <= GPUS.len()
            && at_work().map(|node| node.gibibytes).sum::<u32>() + node.gibibytes <= GIBIBYTES
            && (node.mutex.is_none() || at_work().all(|other| other.mutex != node.mutex))
    }

    fn path_behind(&self, place: usize) -> usize {
        let behind = (0..self.nodes.len()).filter(|other| self.nodes[*other].needs.contains(&place));
        1 + behind.map(|other| self.path_behind(other)).max().unwrap_or(0)
    }
}

/// A runner at work, killed when the test fails.
struct Runner {
    child: Child,
    lines: Receiver<String>,
}

impl Runner {
    fn start(project: &Project, jobs: usize) -> Self {
        let mut command = project.command(&["run", "pipelines/p.toml", "--json", "-j", &jobs.to_string()]);
        command.env("PIPELINE_CPUS", CPUS.to_string()).env("PIPELINE_GPUS", GPUS.join(","));
        command.env("PIPELINE_MEMORY", (u64::from(GIBIBYTES) << 30).to_string());
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    /// The next event, as what and which stage.
    fn event(&self) -> Result<(String, String), TestCaseError> {
        let line = self.lines.recv_timeout(Duration::from_secs(30));
        let line = line.map_err(|_| TestCaseError::fail("nothing happens any more"))?;
        let event: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        Ok((text("event"), text("stage") + &text("status")))
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The devices that a stage was given. Opening its gate waits until it is there, and so has noted them.
fn open_gate(project: &Project, place: usize) -> BTreeSet<String> {
    let gate = OpenOptions::new().write(true).open(project.path(&format!("gate-{place}"))).unwrap();
    let devices = project.read(&format!("devices-{place}"));
    fs::remove_file(project.path(&format!("devices-{place}"))).unwrap();
    drop(gate);
    devices.trim().split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

fn dispatch((nodes, jobs, order): Case) -> Result<(), TestCaseError> {
    let project = project();
    project.pipeline(&toml(&nodes)).file("stage.sh", SCRIPT);
    for place in 0..nodes.len() {
        let (fifo, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
        rustix::fs::mknodat(rustix::fs::CWD, project.path(&format!("gate-{place}")), fifo, mode, 0).unwrap();
    }
    let mut reference = Reference { nodes: &nodes, jobs, at_work: BTreeSet::new(), ended: BTreeSet::new() };
    // When each began; and when it ended, with the devices that it held until then.
    let mut began: BTreeMap<usize, usize> = BTreeMap::new();
    let mut held: Vec<(usize, BTreeSet<String>)> = Vec::new();
    let runner = Runner::start(&project, jobs);
    prop_assert_eq!(runner.event()?.0, "run-started");
    for (step, next) in order.iter().cycle().take(nodes.len()).enumerate() {
        for place in reference.start() {
            prop_assert_eq!(runner.event()?, ("stage-started".to_owned(), format!("s{place}")));
            began.insert(place, step);
        }
        let at_work: Vec<usize> = reference.at_work.iter().copied().collect();
        let ending = *next.get(&at_work);
        let devices = open_gate(&project, ending);
        if nodes[ending].gpus > 0 {
            prop_assert_eq!(devices.len(), nodes[ending].gpus, "devices of s{}", ending);
            prop_assert!(devices.iter().all(|id| GPUS.contains(&id.as_str())), "{:?}", devices);
            let shared =
                held.iter().any(|(end, other)| *end >= began[&ending] && !other.is_disjoint(&devices));
            prop_assert!(!shared, "s{} shares one of {:?} with {:?}", ending, devices, held);
            held.push((step, devices));
        }
        prop_assert_eq!(runner.event()?, ("stage-finished".to_owned(), format!("s{ending}")));
        reference.at_work.remove(&ending);
        reference.ended.insert(ending);
    }
    prop_assert_eq!(runner.event()?, ("run-finished".to_owned(), "succeeded".to_owned()));
    let executed = project.read("executed");
    let once: BTreeSet<&str> = executed.lines().collect();
    prop_assert_eq!((executed.lines().count(), once.len()), (nodes.len(), nodes.len()), "each once");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_should_be_at_work_is_and_nothing_else(case in case()) {
        dispatch(case)?;
    }
}
