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
  byId("charts").replaceChildren(...FIGURES.map((shown, at) => html("figure", {}, html("figcaption", {}, shown.title, keyToLines()), containers[at])));
  const xRange = [1, Math.max(2, ...curves.series.map(({ curve }) => curve.epoch.at(-1) + 1))];
  curves.charts = FIGURES.map((shown, at) => drawChart(containers[at], chartOf(shown, xRange)));
  containers.forEach((container, at) => followPointer(container, curves.charts[at]));
}

function nothingToDraw() {
  const stages = state.data.runs.flatMap((run) => run.stages).filter((stage) => stage.curve);
  const kinds = new Set(stages.map((stage) => state.data.artifacts[stage.curve]?.is));
  if (kinds.has("curve")) return "Choose experiments in the table to see their curves.";
  if (kinds.size > 0) return "The histories of these trainings are no longer in the store. Running the pipeline again brings them back.";
  return "None of these runs has a training with a history.";
}

/** Which line is which, beside the title. */
function keyToLines() {
  const sample = (isDashed) => svg("svg", { width: 22, height: 8, "aria-hidden": "true" }, svg("path", { class: isDashed ? "line dashed" : "line", d: "M0 4H22" }));
  const names = [["val", false], ["train", true]].filter(([part]) => curves.parts[part]);
  return html("span", { class: "key" }, names.map(([part, isDashed]) => html("span", {}, sample(isDashed), part)));
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
  const boundaries = [...new Set(curves.series.flatMap(({ curve }) => curve.phase_starts))].map((epoch) => epoch + 0.5);
  return { title: `${title} by epoch of ${count(curves.series.length, "training")}`, lines, boundaries, format, xRange, isLog: name === "loss" && curves.isLog };
}

function followPointer(container, chart) {
  const last = Math.max(...curves.series.map(({ curve }) => curve.epoch.at(-1) + 1));
  const goTo = (epoch) => markEpoch(Math.min(last, Math.max(1, Math.round(epoch))));
  container.setAttribute("tabindex", "0");
  container.setAttribute("aria-label", "Learning curves; arrow keys read the values of an epoch");
  const follow = (event) => {
    goTo(chart.valueAt(event.clientX));
    placeHover(event.clientX, event.clientY);
  };
  container.onpointermove = follow;
  container.onpointerdown = follow;
  container.onpointerleave = () => markEpoch(null);
  container.onblur = () => markEpoch(null);
  container.onkeydown = (event) => {
    const at = curves.epoch ?? 1;
    const targets = { ArrowRight: at + (curves.epoch === null ? 0 : 1), ArrowLeft: at - 1, Home: 1, End: last };
    if (event.key === "Escape") return markEpoch(null);
    if (!(event.key in targets)) return;
    event.preventDefault();
    goTo(targets[event.key]);
    const box = container.getBoundingClientRect();
    placeHover(box.left + box.width / 2, box.top + 40);
  };
}

/** Where the epoch is among those that a curve has; null if it is outside of them. */
function positionOf(curve, epoch) {
  const next = curve.epoch.findIndex((known) => known + 1 >= epoch);
  if (next < 0 || (next === 0 && curve.epoch[0] + 1 > epoch)) return null;
  const isBeforeNearer = next > 0 && epoch - (curve.epoch[next - 1] + 1) < curve.epoch[next] + 1 - epoch;
  return isBeforeNearer ? next - 1 : next;
}

/** Marks an epoch in both charts and tells all values there. */
function markEpoch(epoch) {
  curves.epoch = epoch;
  const hover = byId("hover");
  hover.hidden = epoch === null;
  if (epoch === null) return curves.charts.forEach((chart) => chart.mark(null));
  const there = curves.series.flatMap((series) => {
    const at = positionOf(series.curve, epoch);
    return at === null ? [] : [{ ...series, at }];
  });
  const parts = ["val", "train"].filter((part) => curves.parts[part]);
  curves.charts.forEach((chart, which) => {
    const points = there.flatMap(({ curve, colour, at }) => parts.map((part) => ({ colour, value: curve[`${part}_${FIGURES[which].name}`][at] })));
    chart.mark(epoch, points);
  });
  hover.replaceChildren(hoverTable(epoch, there));
}

const MOST_HOVERED = 10;

function hoverTable(epoch, there) {
  const best = [...there].sort((a, b) => compareValues(a.curve.val_accuracy[a.at], b.curve.val_accuracy[b.at], true));
  const line = ({ name, colour, curve, at }) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, swatch(colour), name),
      html("td", {}, percent(curve.val_accuracy[at])),
      html("td", {}, percent(curve.train_accuracy[at])),
      html("td", {}, loss(curve.val_loss[at])),
      html("td", {}, loss(curve.train_loss[at])),
      html("td", {}, figure(curve.lr[at])),
    );
  const heading = ["val acc.", "train acc.", "val loss", "train loss", "lr"].map((name) => html("th", { scope: "col" }, name));
  const rest = best.length - MOST_HOVERED;
  return html(
    "table",
    {},
    html("caption", {}, `Epoch ${epoch}`),
    html("thead", {}, html("tr", {}, html("td", {}), heading)),
    html("tbody", {}, best.slice(0, MOST_HOVERED).map(line)),
    rest > 0 ? html("tfoot", {}, html("tr", {}, html("td", { colspan: 6 }, `and ${rest} more`))) : null,
  );
}

/** Beside the pointer, on the side where there is room. */
function placeHover(clientX, clientY) {
  const hover = byId("hover");
  const { width, height } = hover.getBoundingClientRect();
  const room = document.documentElement.clientWidth;
  const left = clientX + 18 + width < room ? clientX + 18 : Math.max(4, clientX - 18 - width);
  hover.style.left = `${Math.min(left, Math.max(4, room - width - 4))}px`;
  hover.style.top = `${Math.max(4, Math.min(clientY + 14, innerHeight - height - 4))}px`;
}

const swatch = (colour) => html("span", { class: "swatch", style: `background: ${colour}`, "aria-hidden": "true" });

/** The chosen trainings with their best epochs: the legend. */
function drawChosen() {
  const heading = ["Experiment", "epochs", "best val accuracy", "lowest val loss", "last train accuracy", "last train loss"];
  if (curves.series.length === 0) return byId("chosen").replaceChildren();
  byId("chosen").replaceChildren(
    html("thead", {}, html("tr", {}, heading.map((name, at) => html("th", { scope: "col", class: at > 0 ? "number" : null }, name)))),
    html("tbody", {}, curves.series.map(chosenLine)),
  );
}

function chosenLine({ key, name, run, colour, curve }) {
  const at = (figures, isBetter) => figures.reduce((best, value, here) => (value !== null && (best === null || isBetter(value, figures[best])) ? here : best), null);
  const highest = at(curve.val_accuracy, (a, b) => a > b);
  const lowest = at(curve.val_loss, (a, b) => a < b);
  const with_epoch = (text, place) => [text, html("span", { class: "quiet" }, ` at ${curve.epoch[place] + 1}`)];
  const cells = [
    curve.epochs.toLocaleString("en"),
    highest === null ? "" : with_epoch(percent(curve.val_accuracy[highest]), highest),
    lowest === null ? "" : with_epoch(loss(curve.val_loss[lowest]), lowest),
    percent(curve.train_accuracy.at(-1)),
    loss(curve.train_loss.at(-1)),
  ];
  const remove = () => {
    choose(key, false);
    drawTable();
    drawCurves();
  };
  return html(
    "tr",
    { onpointerenter: () => highlight(key), onpointerleave: () => highlight(null) },
    html(
      "th",
      { scope: "row" },
      html("input", { type: "checkbox", checked: true, style: `accent-color: ${colour}`, "aria-label": `Draw the curves of ${name}`, onchange: remove }),
      html("a", { href: `#run=${run}` }, name),
    ),
    cells.map((cell) => html("td", { class: "number" }, cell)),
  );
}

/** Lets the curves of one row stand out; null for none. */
function highlight(key) {
  const isDrawn = key !== null && state.chosen.has(key);
  curves.charts.forEach((chart) => chart.highlight(isDrawn ? key : null));
}

function startCurves() {
  const toggle = (label, isOn, set) => {
    const box = html("input", { type: "checkbox", onchange: () => { set(box.checked); drawCurves(); } });
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
