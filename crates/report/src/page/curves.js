// The learning curves of the chosen rows: accuracy and loss side by side, one pointer for both.

const FIGURES = [
  { name: "accuracy", title: "Accuracy", format: (value) => `${Number((value * 100).toFixed(3))} %` },
  { name: "loss", title: "Loss", format: figure },
];

const curves = {
  parts: { val: true, train: true },
  isLog: false,
  /** The charts as drawn, by figure, and what is drawn on them. */
  charts: [],
  series: [],
  /** The epoch, from 1, that the pointer or the keyboard is at. */
  epoch: null,
};

/** Chosen trainings in the order of the table: `{ key, name, colour, curve }`. */
function chosenSeries() {
  return rowsWithCurves().flatMap((row) => {
    const key = rowKey(row);
    if (!state.chosen.has(key)) return [];
    const own = seriesOf(row);
    return own.map(({ run, stage, curve }) => {
      const apart = own.length > 1 ? ` (${row.members.length > 1 ? `${run.id} ` : ""}${stage.name})` : "";
      return { key, name: rowName(row) + apart, run: run.id, colour: colourOf(key), curve };
    });
  });
}

function drawCurves() {
  curves.series = chosenSeries();
  drawChosen();
  if (curves.series.length === 0) {
    curves.charts = [];
    return byId("charts").replaceChildren(html("p", { class: "quiet" }, nothingToDraw()));
  }
  const containers = FIGURES.map(() => html("div", { class: "plot" }));
  byId("charts").replaceChildren(
    ...FIGURES.map((shown, at) =>
      html("figure", {}, html("figcaption", {}, shown.title, keyToLines()), containers[at]),
    ),
  );
  const xRange = [1, Math.max(2, ...curves.series.map(({ curve }) => curve.epoch.at(-1) + 1))];
  curves.charts = FIGURES.map((shown, at) => drawChart(containers[at], chartOf(shown, xRange)));
  containers.forEach((container, at) => followPointer(container, curves.charts[at]));
}

function nothingToDraw() {
  const stages = state.data.runs.flatMap((run) => run.stages).filter((stage) => stage.curve);
  const kinds = new Set(stages.map((stage) => state.data.artifacts[stage.curve]?.is));
  if (kinds.has("curve")) return "Choose experiments in the table to see their curves.";
  if (kinds.size > 0)
    return "The histories of these trainings are no longer in the store. Running the pipeline again brings them back.";
  return "None of these runs has a training with a history.";
}

/** Which line is which, beside the title. */
function keyToLines() {
  const sample = (isDashed) =>
    svg(
      "svg",
      { width: 22, height: 8, "aria-hidden": "true" },
      svg("path", { class: isDashed ? "line dashed" : "line", d: "M0 4H22" }),
    );
  const names = [
    ["val", false],
    ["train", true],
  ].filter(([part]) => curves.parts[part]);
  return html(
    "span",
    { class: "key" },
    names.map(([part, isDashed]) => html("span", {}, sample(isDashed), part)),
  );
}

function chartOf({ name, title, format }, xRange) {
  const parts = ["train", "val"].filter((part) => curves.parts[part]);
  const lines = parts.flatMap((part) =>
    curves.series.map(({ key, colour, curve }) => ({
      key,
      colour,
      isDashed: part === "train",
      points: curve.epoch.map((epoch, at) => [epoch + 1, curve[`${part}_${name}`][at]]),
    })),
  );
  // A phase begins between the last epoch of one and the first of the next.
  const boundaries = [...new Set(curves.series.flatMap(({ curve }) => curve.phase_starts))].map(
    (epoch) => epoch + 0.5,
  );
  return {
    title: `${title} by epoch of ${count(curves.series.length, "training")}`,
    lines,
    boundaries,
    format,
    xRange,
    isLog: name === "loss" && curves.isLog,
  };
}

/** Lets the curves of one row stand out; null for none. */
function highlight(key) {
  const isDrawn = key !== null && state.chosen.has(key);
  curves.charts.forEach((chart) => chart.highlight(isDrawn ? key : null));
}

function startCurves() {
  const toggle = (label, isOn, set) => {
    const box = html("input", {
      type: "checkbox",
      onchange: () => {
        set(box.checked);
        drawCurves();
      },
    });
    box.checked = isOn;
    return html("label", {}, box, label);
  };
  byId("curve-tools").replaceChildren(
    toggle("val", curves.parts.val, (isOn) => (curves.parts.val = isOn)),
    toggle("train", curves.parts.train, (isOn) => (curves.parts.train = isOn)),
    toggle("logarithmic loss", curves.isLog, (isOn) => (curves.isLog = isOn)),
  );
  let width = byId("charts").clientWidth;
  new ResizeObserver(() => {
    if (byId("charts").clientWidth === width) return;
    width = byId("charts").clientWidth;
    drawCurves();
  }).observe(byId("charts"));
}
