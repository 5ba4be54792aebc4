// A run's stages as a graph from left to right: every stage after all that it needs.

const STATES = {
  executed: ["●", "executed"],
  restored: ["↺", "restored"],
  fresh: ["✓", "fresh"],
  failed: ["✕", "failed"],
  skipped: ["–", "skipped"],
  interrupted: ["‖", "interrupted"],
  running: ["▶", "running"],
  waiting: ["○", "waiting"],
  "not-selected": ["·", "not selected"],
};

const NODE = { width: 184, height: 68, gapX: 44, gapY: 18, passing: 10 };

/** With more stages than that, the cells of a matrix are drawn as one. */
const MOST_NODES = 40;

/** What a stage took: now, or when it was executed. */
function stageTime(stage) {
  if (stage.epochs) return `epoch ${stage.epochs[0]}/${stage.epochs[1]}`;
  if (stage.state === "executed") return duration(stage.seconds);
  return stage.executed_seconds ? duration(stage.executed_seconds) : "";
}

/** The cells of each matrix as one stage, with what is most worth knowing as its state. */
function foldCells(stages) {
  const baseOf = (name) => name.split("@")[0];
  const worst = [
    "failed",
    "interrupted",
    "running",
    "waiting",
    "executed",
    "restored",
    "skipped",
    "fresh",
    "not-selected",
  ];
  return [...Map.groupBy(stages, (stage) => baseOf(stage.name))].map(([base, cells]) => {
    const needs = {};
    for (const cell of cells)
      for (const [name, outputs] of Object.entries(cell.needs)) needs[baseOf(name)] = outputs;
    const sum = (field) => cells.reduce((total, cell) => total + (cell[field] ?? 0), 0);
    return {
      ...cells[0],
      name: base,
      label: cells.length > 1 ? `${base} ×${cells.length}` : base,
      needs,
      state: worst.find((state) => cells.some((cell) => cell.state === state)),
      seconds: sum("seconds"),
      executed_seconds: sum("executed_seconds"),
      epochs: null,
    };
  });
}

/** The columns of the graph. An edge that passes a column takes a place of its own there, shared by source. */
function columnsOf(stages) {
  const index = new Map(stages.map((stage, at) => [stage.name, at]));
  const producers = stages.map((stage) =>
    Object.keys(stage.needs)
      .map((name) => index.get(name))
      .filter((at) => at !== undefined),
  );
  const depths = [];
  const depthOf = (at) =>
    (depths[at] ??= producers[at].reduce((depth, producer) => Math.max(depth, depthOf(producer) + 1), 0));
  const columns = [];
  stages.forEach((stage, at) => (columns[depthOf(at)] ??= []).push({ stage, at, before: [] }));
  const place = (at, column) => columns[column].find((item) => item.at === at);
  producers.forEach((sources, at) => {
    for (const source of sources) {
      for (let column = depths[source] + 1; column < depths[at]; column += 1) {
        if (!place(source, column))
          columns[column].push({ stage: null, at: source, before: [place(source, column - 1)] });
      }
      place(at, depths[at]).before.push(place(source, depths[at] - 1));
    }
  });
  return columns;
}

/** Gives every place its coordinates, beside what it comes from so that few edges cross. */
function layOut(columns) {
  columns.forEach((column, depth) => {
    const mean = (item) => item.before.reduce((sum, before) => sum + before.y, 0) / (item.before.length || 1);
    if (depth > 0)
      column.sort((a, b) => mean(a) - mean(b) || (a.stage === null) - (b.stage === null) || a.at - b.at);
    let y = 0;
    for (const item of column) {
      const height = item.stage ? NODE.height : NODE.passing;
      Object.assign(item, { x: depth * (NODE.width + NODE.gapX), y: y + height / 2 });
      y += height + NODE.gapY;
    }
  });
}

function edgePath(from, to) {
  const [x0, x1] = [from.x + NODE.width, to.x];
  const bend = (x1 - x0) / 2;
  const through = to.stage ? "" : `H${to.x + NODE.width}`;
  return `M${x0} ${from.y}C${x0 + bend} ${from.y} ${x1 - bend} ${to.y} ${x1} ${to.y}${through}`;
}

function nodeElement({ stage, x, y }, onPress) {
  const [symbol, word] = STATES[stage.state];
  const time = stageTime(stage);
  const shorten = (text) => (text.length > 22 ? `${text.slice(0, 21)}…` : text);
  const name = stage.label ?? stage.name;
  const label = `${name}, ${stage.kind}, ${word}${time ? `, ${time}` : ""}`;
  return svg(
    "g",
    {
      class: `node ${stage.state}`,
      transform: `translate(${x} ${y - NODE.height / 2})`,
      tabindex: 0,
      role: "button",
      "aria-label": label,
      onclick: () => onPress(stage),
      onkeydown: (event) =>
        (event.key === "Enter" || event.key === " ") && (event.preventDefault(), onPress(stage)),
    },
    svg("title", {}, label),
    svg("rect", { width: NODE.width, height: NODE.height, rx: 6 }),
    svg("rect", { class: "edge-bar", width: 4, height: NODE.height - 12, x: 0, y: 6, rx: 2 }),
    svg("text", { class: "name", x: 14, y: 21 }, shorten(name)),
    svg("text", { class: "kind", x: 14, y: 38 }, stage.kind),
    svg("text", { class: "state", x: 14, y: 56 }, svg("tspan", { class: "symbol" }, symbol), ` ${word}`),
    svg("text", { class: "time", x: NODE.width - 12, y: 56, "text-anchor": "end" }, time),
  );
}

/** The graph of a run's stages; `onPress` hears which one is asked about. */
function stageGraph(stages, onPress) {
  const columns = columnsOf(stages.length > MOST_NODES ? foldCells(stages) : stages);
  layOut(columns);
  const items = columns.flat();
  const width = columns.length * (NODE.width + NODE.gapX) - NODE.gapX;
  const height = Math.max(...items.map((item) => item.y + (item.stage ? NODE.height : NODE.passing) / 2));
  const edges = items.flatMap((item) =>
    item.before.map((from) =>
      svg("path", {
        class: item.stage ? "edge arrow" : "edge",
        d: edgePath(from, item),
        "marker-end": item.stage ? "url(#arrow)" : null,
      }),
    ),
  );
  const marker = svg(
    "marker",
    { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
    svg("path", { d: "M0 0.5L7 4L0 7.5z" }),
  );
  return svg(
    "svg",
    {
      class: "graph",
      viewBox: `-2 -2 ${width + 4} ${height + 4}`,
      width: width + 4,
      height: height + 4,
      role: "group",
      "aria-label": "Stages and what they need",
    },
    svg("defs", {}, marker),
    edges,
    items.filter((item) => item.stage).map((item) => nodeElement(item, onPress)),
  );
}
