// What is at work, asked for every second while the page is looked at. Only a served page does so.

const ASK_AGAIN_MS = 1000;

/** The last answer, so that nothing is drawn again while nothing is new. */
let lastTold = "";

function drawAtWork() {
  const atWork = state.data.runs.filter((run) => run.status === "running");
  byId("at-work").hidden = atWork.length === 0;
  byId("at-work-runs").replaceChildren(...atWork.map(atWorkCard));
}

function atWorkCard(run) {
  const line = (stage) => {
    const [symbol, word] = STATES[stage.state];
    const [done, total] = stage.epochs ?? [];
    const bar = total
      ? html("progress", { value: done, max: total, "aria-label": `Epochs of ${stage.name}` })
      : null;
    return html(
      "li",
      { class: stage.state },
      html("span", { class: "symbol", "aria-hidden": "true" }, symbol),
      ` ${stage.name} `,
      html("span", { class: "quiet" }, [word, stageTime(stage)].filter(Boolean).join(" · ")),
      bar,
    );
  };
  return html(
    "div",
    { class: "card" },
    html("a", { href: `#run=${run.id}` }, runTitle(run)),
    html("ul", {}, run.stages.map(line)),
  );
}

async function ask(path) {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

/** Takes over what is at work; asks for everything if runs have come, ended or gone. */
async function lookAgain() {
  const live = await ask("live.json");
  if (live.revision !== state.data.revision) {
    state.data = await ask("data.json");
    if (!runById(state.run)) state.run = state.data.runs[0]?.id ?? null;
    for (const run of live.runs)
      choose(rowKey(rowAtWork(state.data.runs.findIndex((own) => own.id === run.id))), true);
    return drawAll();
  }
  const told = JSON.stringify(live);
  if (live.runs.length === 0 || told === lastTold) return;
  lastTold = told;
  for (const run of live.runs) state.data.runs[state.data.runs.findIndex((own) => own.id === run.id)] = run;
  Object.assign(state.data.artifacts, live.artifacts);
  drawAtWork();
  drawCurves();
  if (live.runs.some((run) => run.id === state.run)) drawRun();
}

function startLive() {
  if (!state.data.live) return;
  const loop = async () => {
    if (!document.hidden) {
      try {
        await lookAgain();
        sayMade("");
      } catch (error) {
        // `fetch` fails with a TypeError where nobody listens any more.
        sayMade(` · ${error instanceof TypeError ? "the server does not answer" : error.message}`);
      }
    }
    setTimeout(loop, ASK_AGAIN_MS);
  };
  loop();
}
