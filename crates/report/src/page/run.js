// One run in full: who, when, with what; its stages; what its evaluations found.

function drawRun() {
  const run = runById(state.run);
  drawRunTools();
  if (!run)
    return byId("run-details").replaceChildren(html("p", { class: "quiet" }, "There is no run to show."));
  const open = new Set(
    [...byId("run-details").querySelectorAll("details[open]")].map((details) => details.dataset.stage),
  );
  const details = run.stages.map((stage) => stageDetails(stage, open.has(stage.name)));
  const show = (stage) => {
    const wanted = details.find(
      (own) => own.dataset.stage === stage.name || own.dataset.stage.startsWith(`${stage.name}@`),
    );
    wanted.open = true;
    wanted.scrollIntoView({ block: "nearest" });
    wanted.querySelector("summary").focus();
  };
  byId("run-details").replaceChildren(
    html(
      "div",
      { class: "columns" },
      block("Provenance", provenance(run)),
      block("Parameters", parameters(run)),
    ),
    block(
      "Stages",
      html("div", { class: "scroll" }, stageGraph(run.stages, show)),
      html("div", { class: "stages" }, details),
    ),
    ...run.stages.filter((stage) => stage.confusion).map(evaluation),
  );
}

const block = (heading, ...children) => html("div", { class: "block" }, html("h3", {}, heading), ...children);

function runTitle(run) {
  const set = run.overrides.map(([name, value]) => `${name}=${value}`).join(" ");
  const status = run.status === "succeeded" ? "" : run.status;
  return [run.pipeline, set, localTime(run.started), status].filter(Boolean).join(" · ");
}

function drawRunTools() {
  const options = state.data.runs.map((run) =>
    html("option", { value: run.id, selected: run.id === state.run }, runTitle(run)),
  );
  const select = html(
    "select",
    { "aria-label": "The run that is shown", onchange: () => (location.hash = `run=${select.value}`) },
    options,
  );
  byId("run-tools").replaceChildren(...(options.length > 0 ? [select] : []));
}

function provenance(run) {
  const { user, host, cpus, version, git_revision, git_dirty, command } = run.provenance;
  const devices = [...new Set(run.stages.map((stage) => stage.provenance.device).filter(Boolean))];
  const took = secondsBetween(run.started, run.finished);
  const revision = git_revision && [
    html("code", {}, git_revision.slice(0, 12)),
    git_dirty
      ? html("strong", {}, " with uncommitted changes")
      : git_dirty === false
        ? ", nothing uncommitted"
        : "",
  ];
  return facts([
    ["run", html("code", {}, run.id)],
    ["pipeline", `${run.pipeline} (${run.file})`],
    ["about", run.description],
    ["status", html("span", { class: `status ${run.status}` }, run.status)],
    ["started", `${localTime(run.started)}${took === null ? "" : `, took ${duration(took)}`}`],
    ["by", `${user} on ${host}, ${count(cpus, "processor")}`],
    ["device", devices.join("; ")],
    ["revision", revision && html("span", { title: git_revision }, revision)],
    ["version", `pipeline ${version}`],
    [
      "command",
      html(
        "code",
        {},
        command.map((word, at) => (at === 0 ? word.split("/").at(-1) : quoted(word))).join(" "),
      ),
    ],
  ]);
}

/** A word as a shell would need it. */
const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

function parameters(run) {
  const set = new Map(run.overrides);
  const known = new Set(run.params.map(([name]) => name));
  const rest = run.overrides.filter(([name]) => !known.has(name));
  const rows = [...run.params, ...rest].map(([name, value]) => [
    name,
    [value, set.has(name) ? html("span", { class: "tag" }, "set on the command line") : null],
  ]);
  if (rows.length === 0) return html("p", { class: "quiet" }, "The pipeline has none.");
  return facts(rows.map(([name, value]) => [name, html("span", {}, value)]));
}

function stageDetails(stage, isOpen) {
  const [symbol, word] = STATES[stage.state];
  const time = stageTime(stage);
  const needs = Object.entries(stage.needs).map(([name, outputs]) =>
    outputs.length > 0 ? `${name} (${outputs.join(", ")})` : `${name} (order only)`,
  );
  const took =
    stage.state === "executed" || stage.executed_seconds === null
      ? null
      : `${duration(stage.seconds)} now, ${duration(stage.executed_seconds)} when executed`;
  const numbers = stage.metrics.map(([name, value]) => [
    name,
    typeof value === "number" ? String(value) : JSON.stringify(value),
  ]);
  const sections = [
    [
      "",
      [
        ["needs", needs.join("; ")],
        ["took", took],
      ],
    ],
    ["Metrics", numbers],
    ["Parameters", stage.params],
    ["Made with", Object.entries(stage.provenance)],
  ].filter(([, rows]) => rows.some(([, value]) => value));
  return html(
    "details",
    { "data-stage": stage.name, open: isOpen },
    html(
      "summary",
      { class: stage.state },
      html("span", { class: "symbol", "aria-hidden": "true" }, symbol),
      html("strong", {}, stage.name),
      html("span", { class: "quiet" }, ` ${stage.kind} · ${word}${time ? ` · ${time}` : ""}`),
    ),
    stage.error ? html("pre", { class: "error" }, stage.error) : null,
    html(
      "div",
      { class: "columns" },
      sections.map(([heading, rows]) =>
        html("div", {}, heading ? html("h4", {}, heading) : null, facts(rows)),
      ),
    ),
  );
}

function evaluation(stage) {
  const heading = `Evaluation: ${stage.name}`;
  const artifact = state.data.artifacts[stage.confusion];
  if (artifact.is === "gone")
    return block(
      heading,
      html(
        "p",
        { class: "quiet" },
        "Its confusion matrix is no longer in the store. Running the pipeline again brings it back.",
      ),
    );
  if (artifact.is !== "confusion")
    return block(
      heading,
      html(
        "p",
        { class: "error" },
        `Its confusion matrix cannot be shown: ${artifact.problem ?? "it is something else"}.`,
      ),
    );
  return block(
    heading,
    html("div", { class: "columns evaluation" }, confusionFigure(artifact), classTable(artifact)),
  );
}
