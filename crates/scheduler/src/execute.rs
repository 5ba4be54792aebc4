use crate::{
    command_line::{Expansion, link_inputs},
    failure::Failure,
    follow::EventFollower,
    key::KeyDocument,
    metrics::read_metrics,
    paths,
    pool::Grant,
    process::{Ended, Groups, Launch, OutOfMemory, STAGE_DIRECTORY_VARIABLE, end_orphans, spawn, watch},
    programs::Programs,
};
use proto::{CheckpointNames, OutcomeStatus, RequestInput, StageEvent, StageOutcome, StageRequest, files};
use spec::{Kind, Pipeline, Stage};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use store::{ActionRecord, Begin, Claim, Digest, Made, Store, StoreError, StoredOutput};

/// What all stages of a run share.
pub(crate) struct RunContext<'a> {
    pub pipeline: &'a Pipeline,
    pub store: &'a Store,
    pub groups: &'a Groups,
    pub programs: &'a Programs,
    pub device: &'a str,
    pub run: &'a str,
    pub provenance: &'a BTreeMap<String, String>,
    pub out_of_memory: &'a OutOfMemory,
    /// Set when the run has been told to stop.
    pub stop: &'a AtomicBool,
}

/// One stage that is ready to run.
pub(crate) struct Job<'a> {
    pub index: usize,
    pub stage: &'a Stage,
    pub key: Digest,
    pub document: KeyDocument,
    pub inputs: Vec<JobInput>,
    /// Whether it runs even if its result is in the cache.
    pub bypasses_cache: bool,
}

/// A named input with the places where its content lies.
pub(crate) struct JobInput {
    pub name: String,
    pub sources: Vec<JobSource>,
}

/// One file or folder of an input.
pub(crate) struct JobSource {
    /// Absolute.
    pub path: PathBuf,
    /// As the pipeline file says it, relative to the project root; the same as `path` for outputs of stages.
    pub as_written: PathBuf,
    pub digest: Digest,
    /// The file's own name if it lies in the store, where names are digests.
    pub file: Option<String>,
    /// The object that it is, or lies in, if it lies in the store.
    pub object: Option<Digest>,
}

/// How a job ended.
pub(crate) enum JobEnd {
    Executed {
        action: Box<ActionRecord>,
        seconds: f64,
    },
    /// Another run had computed it meanwhile.
    Reused {
        action: Box<ActionRecord>,
    },
    Failed {
        failure: Failure,
        seconds: f64,
    },
    Interrupted {
        seconds: f64,
    },
}

/// How long to wait before asking again for a key that another run is at work on.
const LOCK_RETRY: Duration = Duration::from_millis(50);

/// Runs one stage to its end in the calling thread: takes its key's lock, starts its process, and if all
/// went well files what it made and puts it in place. `retried` is told of each failed attempt but the last.
pub(crate) fn execute(
    context: &RunContext,
    job: &Job,
    grant: &Grant,
    progress: &dyn Fn(StageEvent),
    retried: &dyn Fn(u32, &Failure),
) -> JobEnd {
    let start = Instant::now();
    let mut attempt = 1;
    loop {
        let end = match claim(context, job) {
            Ok(Some(Begin::Work(claim))) => attempt_once(context, job, grant, claim, progress),
            Ok(Some(Begin::Done(action))) => return JobEnd::Reused { action },
            Ok(None) => Err(Failure::Interrupted),
            Err(error) => Err(error.into()),
        };
        let seconds = start.elapsed().as_secs_f64();
        match end {
            Ok(action) => return JobEnd::Executed { action: Box::new(action), seconds },
            Err(_) if context.stop.load(Ordering::Relaxed) => return JobEnd::Interrupted { seconds },
            Err(failure) if attempt > job.stage.retries => return JobEnd::Failed { failure, seconds },
            Err(failure) => retried(attempt, &failure),
        }
        attempt += 1;
    }
}

/// Waits for the key's lock; `None` if the run was told to stop meanwhile.
fn claim(context: &RunContext, job: &Job) -> Result<Option<Begin>, StoreError> {
    let mut has_waited = false;
    while !context.stop.load(Ordering::Relaxed) {
        let begin = match job.bypasses_cache {
            true => context.store.try_begin_again(&job.key)?.map(Begin::Work),
            false => context.store.try_begin(&job.key)?,
        };
        if let Some(begin) = begin {
            if has_waited && let Begin::Work(claim) = &begin {
                // Whoever held it was killed, and its processes may still be at work.
                end_orphans(claim.directory());
            }
            return Ok(Some(begin));
        }
        has_waited = true;
        std::thread::sleep(LOCK_RETRY);
    }
    Ok(None)
}

fn attempt_once(
    context: &RunContext,
    job: &Job,
    grant: &Grant,
    claim: Claim,
    progress: &dyn Fn(StageEvent),
) -> Result<ActionRecord, Failure> {
    claim.needs(
        &job.inputs
            .iter()
            .flat_map(|input| &input.sources)
            .filter_map(|source| source.object)
            .collect::<Vec<_>>(),
    )?;
    let made = work(context, job, grant, &claim, progress);
    match made {
        Ok(made) => {
            let action = claim.commit(made)?;
            let folder = paths::results_folder(context.pipeline, job.stage);
            put_in_place(context.store, &action, &folder)?;
            Ok(action)
        }
        Err(failure) => {
            claim.abandon();
            Err(failure)
        }
    }
}

/// Puts the outputs of a result under `results/`; says how many were not there already.
pub(crate) fn put_in_place(store: &Store, action: &ActionRecord, folder: &Path) -> Result<usize, StoreError> {
    let place = |output: &StoredOutput| store.place(output, &folder.join(&output.file));
    let placed: Vec<_> = action.outputs.values().map(place).collect::<Result<_, _>>()?;
    Ok(placed.into_iter().filter(|placed| *placed != store::Placed::Unchanged).count())
}

fn work(
    context: &RunContext,
    job: &Job,
    grant: &Grant,
    claim: &Claim,
    progress: &dyn Fn(StageEvent),
) -> Result<Made, Failure> {
    let directory = claim.directory().to_path_buf();
    let unwritable = |error| StoreError::writing("write in", &directory, error);
    let outputs = output_paths(job.stage, &directory).map_err(unwritable)?;
    let launch = launch(context, job, grant, &directory, &outputs).map_err(unwritable)?;
    let repeatable =
        |failure: Failure| failure.repeatable(|| launch.shell_line(&directory.join(files::OUTPUTS)));
    let start = Instant::now();
    let ran = run_process(context, job, &launch, &directory, progress);
    let (provenance, checkpoints) = ran.map_err(|failure| repeatable(failure).or_full_disk(&directory))?;
    let seconds = start.elapsed().as_secs_f64();
    check_inputs_unchanged(context.store, job)?;
    let metrics = outputs.get("metrics").map(|path| read_metrics(path)).transpose();
    Ok(Made {
        key_document: job.document.to_value(),
        metrics: metrics.map_err(repeatable)?,
        outputs: existing_outputs(job.stage, &outputs).map_err(repeatable)?,
        seconds,
        finished: jiff::Timestamp::now().to_string(),
        run: context.run.into(),
        provenance,
        log: None,
        checkpoints: digests(&checkpoints.ends),
        passed_checkpoints: digests(&checkpoints.within),
    })
}

fn digests(names: &[String]) -> Vec<Digest> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// Where each output is to be written; the folders in between are made.
fn output_paths(stage: &Stage, directory: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let folder = directory.join(files::OUTPUTS);
    fs::create_dir_all(&folder)?;
    stage
        .outputs
        .iter()
        .map(|output| {
            let path = folder.join(&output.file);
            if output.file.contains('/') {
                fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            }
            Ok((output.name.clone(), path))
        })
        .collect()
}

fn launch(
    context: &RunContext,
    job: &Job,
    grant: &Grant,
    directory: &Path,
    outputs: &BTreeMap<String, PathBuf>,
) -> io::Result<Launch> {
    let argv = match &job.stage.command {
        Some(command) => {
            let inputs = link_inputs(&job.inputs, &directory.join("inputs"))?;
            let expansion = Expansion {
                stage: job.stage,
                inputs: &inputs,
                outputs,
                cpus: grant.needs.cpus,
                gpus: &grant.gpus,
            };
            expansion.argv(command)
        }
        None => {
            write_request(context, job, grant, directory, outputs)?;
            context.programs.argv(directory)
        }
    };
    Ok(Launch {
        argv,
        env: environment(job, grant, directory),
        directory: context.pipeline.root.clone(),
        log: log_path(context, job.stage),
    })
}

/// What the process finds in its environment beside what this one has; declared variables are named once more,
/// so that the command line that repeats it is whole.
fn environment(job: &Job, grant: &Grant, directory: &Path) -> Vec<(String, OsString)> {
    let declared = job.stage.env.iter().filter_map(|name| Some((name.clone(), std::env::var_os(name)?)));
    let mut env: Vec<(String, OsString)> = declared.collect();
    env.push((STAGE_DIRECTORY_VARIABLE.into(), directory.as_os_str().to_owned()));
    if grant.needs.gpus > 0 || job.stage.kind != Kind::Command {
        env.push(("CUDA_VISIBLE_DEVICES".into(), grant.gpus.join(",").into()));
    }
    env
}

/// Where both output streams of a stage's process go.
fn log_path(context: &RunContext, stage: &Stage) -> PathBuf {
    crate::runs::log_path(context.store, context.run, &stage.name)
}

fn write_request(
    context: &RunContext,
    job: &Job,
    grant: &Grant,
    directory: &Path,
    outputs: &BTreeMap<String, PathBuf>,
) -> io::Result<()> {
    let params =
        job.stage.params.iter().chain(&job.stage.hints).map(|(name, value)| (name.clone(), value.clone()));
    let inputs = job.inputs.iter().map(|input| {
        let file = |source: &JobSource| RequestInput {
            path: source.path.clone(),
            digest: source.digest.to_string(),
        };
        (input.name.clone(), input.sources.iter().map(file).collect())
    });
    let request = StageRequest {
        format: proto::FORMAT,
        pipeline: context.pipeline.name.clone(),
        stage: job.stage.name.clone(),
        kind: job.stage.kind,
        params: params.collect(),
        inputs: inputs.collect(),
        outputs: outputs.clone(),
        root: context.pipeline.root.clone(),
        checkpoints: context.store.root().join("checkpoints"),
        partial: directory.join(store::PARTIAL),
        device: context.device.into(),
        threads: grant.needs.cpus as usize,
        provenance: context.provenance.clone(),
    };
    fs::write(directory.join(files::REQUEST), serde_json::to_vec_pretty(&request)?)
}

/// Runs the stage's process to its end and returns what a worker said of itself, and of its checkpoints.
fn run_process(
    context: &RunContext,
    job: &Job,
    launch: &Launch,
    directory: &Path,
    progress: &dyn Fn(StageEvent),
) -> Result<(BTreeMap<String, String>, CheckpointNames), Failure> {
    let log = OpenOptions::new().create(true).append(true).open(&launch.log);
    let log = log.map_err(|error| StoreError::writing("write", &launch.log, error))?;
    let process = spawn(launch, &log)
        .map_err(|error| Failure::Spawn(launch.argv[0].to_string_lossy().into(), error))?;
    let mut follower = EventFollower::new(directory.join(files::EVENTS));
    let mut tick = || follower.read(progress);
    let is_worker = job.stage.command.is_none();
    let tick: Option<&mut dyn FnMut()> = if is_worker { Some(&mut tick) } else { None };
    let status = match watch(context.groups, job.index, process, job.stage.timeout, tick)? {
        Ended::Exited(status) => status,
        Ended::TimedOut => return Err(Failure::TimedOut(job.stage.timeout.unwrap_or_default())),
    };
    let outcome = if is_worker { read_outcome(&directory.join(files::OUTCOME)) } else { None };
    match outcome {
        Some(outcome) if outcome.status != OutcomeStatus::Succeeded => Err(Failure::from_outcome(outcome)),
        _ if !status.success() => {
            Err(Failure::Exited { status, memory_ran_out: context.out_of_memory.has_killed() })
        }
        None if is_worker => Err(Failure::NoOutcome),
        outcome => Ok(outcome.map(|outcome| (outcome.provenance, outcome.checkpoints)).unwrap_or_default()),
    }
}

fn read_outcome(path: &Path) -> Option<StageOutcome> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn check_inputs_unchanged(store: &Store, job: &Job) -> Result<(), Failure> {
    // What is not an object, which nobody writes to: a file of the user's, or a result whose object is gone.
    for source in job.inputs.iter().flat_map(|input| &input.sources).filter(|source| source.object.is_none())
    {
        if store.digest_path(&source.path).ok() != Some(source.digest) {
            return Err(Failure::InputChanged(source.as_written.clone()));
        }
    }
    Ok(())
}

/// The outputs that were made, each as name, place and file name. A required one must have been.
fn existing_outputs(
    stage: &Stage,
    paths: &BTreeMap<String, PathBuf>,
) -> Result<Vec<(String, PathBuf, String)>, Failure> {
    let mut existing = Vec::with_capacity(stage.outputs.len());
    for output in &stage.outputs {
        let path = &paths[&output.name];
        if path.symlink_metadata().is_ok() {
            existing.push((output.name.clone(), path.clone(), output.file.clone()));
        } else if output.required {
            return Err(Failure::MissingOutput {
                name: output.name.clone(),
                is_command: stage.command.is_some(),
            });
        }
    }
    Ok(existing)
}
