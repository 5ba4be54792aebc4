// Puts the page together.

function sayMade(problem) {
  const { runs, made, version, live } = state.data;
  const since = live ? "live" : `made ${localTime(made)}`;
  byId("made").textContent = `${count(runs.length, "run")} · ${since} · pipeline ${version}${problem}`;
}

/** The filter shows by example what it understands. */
function filterExample() {
  const { columns, rows } = state.data.table;
  const isNumber = (at) => rows.some((row) => typeof row.cells[at]?.value === "number");
  const setting = columns.find((column, at) => column.role === "setting" && isNumber(at));
  const metric = columns.find((column) => column.role === "metric");
  const example = setting ?? metric;
  return example ? `Filter: words, or ${example.label} < 0.1` : "Filter";
}

function drawAll() {
  sayMade("");
  byId("filter").placeholder = filterExample();
  drawTable();
  drawAtWork();
  drawCurves();
  drawRun();
}

/** `#run=ID` shows that run. */
function followAddress(mayScroll) {
  const id = location.hash.match(/^#run=(.+)$/)?.[1];
  if (!id || !runById(id)) return;
  state.run = id;
  drawTable();
  drawRun();
  if (mayScroll) byId("run").scrollIntoView();
}

byId("title").textContent = state.data.project || "Experiments";
state.run = state.data.runs[0]?.id ?? null;
chooseFirst();
startTheme();
startTable();
startCurves();
drawAll();
followAddress(true);
addEventListener("hashchange", () => followAddress(true));
startLive();
