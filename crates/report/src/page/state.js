// What the page shows and what its reader has chosen. Whoever changes it draws again what depends on it.

const state = {
  data: JSON.parse(byId("data").textContent),
  /** Keys of the rows whose curves are drawn, each with its colour. */
  chosen: new Map(),
  /** The id of the run that is shown in full. */
  run: null,
  filter: "",
  /** The column that the table is sorted by, and whether the other way round; null: as it came. */
  sort: null,
};

const COLOURS = 8;

/** What stays the same about a row when the data is loaded again. */
function rowKey(row) {
  return row.members.map(({ run, stages }) => `${state.data.runs[run].id}:${stages.join(",")}`).join(" ");
}

/** A run at work, as a row whose curves can be drawn. */
function rowAtWork(at) {
  const run = state.data.runs[at];
  const name = [run.pipeline, ...run.overrides.map(([key, value]) => `${key} ${value}`), "at work"].join(
    " · ",
  );
  return {
    name,
    is_reference: false,
    cells: [],
    members: [{ run: at, stages: run.stages.map((_, stage) => stage) }],
  };
}

/** Rows with something to draw, those at work first. */
function rowsWithCurves() {
  const atWork = state.data.runs.flatMap((run, at) => (run.status === "running" ? [rowAtWork(at)] : []));
  return [...atWork, ...state.data.table.rows].filter((row) => seriesOf(row).length > 0);
}

/** The trainings of a row: `{ run, stage, curve }`, without those whose history is not there. */
function seriesOf(row) {
  return row.members.flatMap(({ run, stages }) =>
    stages.flatMap((at) => {
      const stage = state.data.runs[run].stages[at];
      const curve = state.data.artifacts[stage.curve];
      return curve?.is === "curve" && curve.epoch.length > 0
        ? [{ run: state.data.runs[run], stage, curve }]
        : [];
    }),
  );
}

/** What a row is called where there is no table around it: the experiment, and how it differs from its kind. */
function rowName(row) {
  if (row.name) return row.name;
  const [{ text: experiment }] = row.cells;
  const alike = state.data.table.rows.filter((other) => other.cells[0].text === experiment);
  const settings = state.data.table.columns.flatMap((column, at) => {
    const differs = alike.some((other) => other.cells[at].text !== row.cells[at].text);
    return (column.role === "setting" || column.role === "fact") && differs
      ? [`${column.label} ${row.cells[at].text || "none"}`]
      : [];
  });
  return [experiment, ...settings].join(" · ");
}

/** A colour stays with its row as long as that is chosen; the least used is next. */
function choose(key, isChosen) {
  if (!isChosen) return void state.chosen.delete(key);
  if (state.chosen.has(key)) return;
  const uses = Array(COLOURS).fill(0);
  for (const colour of state.chosen.values()) uses[colour] += 1;
  state.chosen.set(key, uses.indexOf(Math.min(...uses)));
}

/** To begin with: what is at work and what is best in the first metric, as many as can be told apart. */
function chooseFirst() {
  const metric = state.data.table.columns.findIndex((column) => column.role === "metric");
  const highestFirst = state.data.table.columns[metric]?.goal === "max";
  const valueOf = (row, column) => row.cells[column]?.value;
  const rows = rowsWithCurves();
  const best = sorted(
    rows.filter((row) => !row.name),
    { column: metric, isReversed: highestFirst },
    valueOf,
  );
  for (const row of [...rows.filter((row) => row.name), ...best].slice(0, COLOURS - 2))
    choose(rowKey(row), true);
}

const colourOf = (key) => `var(--series-${state.chosen.get(key)})`;

/** The run with this id, if the page has it. */
const runById = (id) => state.data.runs.find((run) => run.id === id);
