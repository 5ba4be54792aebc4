// The legend of the charts.

/** The chosen trainings with their best epochs: the legend. */
function drawChosen() {
  const heading = [
    "Experiment",
    "epochs",
    "best val accuracy",
    "lowest val loss",
    "last train accuracy",
    "last train loss",
  ];
  if (curves.series.length === 0) return byId("chosen").replaceChildren();
  byId("chosen").replaceChildren(
    html(
      "thead",
      {},
      html(
        "tr",
        {},
        heading.map((name, at) => html("th", { scope: "col", class: at > 0 ? "number" : null }, name)),
      ),
    ),
    html("tbody", {}, curves.series.map(chosenLine)),
  );
}

function chosenLine({ key, name, run, colour, curve }) {
  const at = (figures, isBetter) =>
    figures.reduce(
      (best, value, here) =>
        value !== null && (best === null || isBetter(value, figures[best])) ? here : best,
      null,
    );
  const highest = at(curve.val_accuracy, (a, b) => a > b);
  const lowest = at(curve.val_loss, (a, b) => a < b);
  const with_epoch = (text, place) => [
    text,
    html("span", { class: "quiet" }, ` at ${curve.epoch[place] + 1}`),
  ];
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
      html("input", {
        type: "checkbox",
        checked: true,
        style: `accent-color: ${colour}`,
        "aria-label": `Draw the curves of ${name}`,
        onchange: remove,
      }),
      html("a", { href: `#run=${run}` }, name),
    ),
    cells.map((cell) => html("td", { class: "number" }, cell)),
  );
}
