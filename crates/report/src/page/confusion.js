// A confusion matrix and what it says of each class.

/** Up to so many classes, counts are written into the cells; beyond, cells are only shaded. */
const MOST_WRITTEN = 20;

/** `[label, predicted, count]` of every pair that occurs. */
function pairs(matrix) {
  return matrix.rows.flatMap((row, label) => {
    const cells = [];
    for (let at = 0; at < row.length; at += 2) cells.push([label, row[at], row[at + 1]]);
    return cells;
  });
}

/** Samples, hits, accuracy, precision of each class, and what it was most often taken for. */
function classScores(matrix) {
  const scores = matrix.classes.map((name) => ({
    name,
    samples: 0,
    correct: 0,
    predicted: 0,
    takenFor: null,
    times: 0,
  }));
  for (const [label, predicted, times] of pairs(matrix)) {
    scores[label].samples += times;
    scores[predicted].predicted += times;
    if (label === predicted) scores[label].correct = times;
    else if (times > scores[label].times)
      Object.assign(scores[label], { takenFor: matrix.classes[predicted], times });
  }
  const share = (part, whole) => (whole > 0 ? part / whole : null);
  return scores.map((score) => ({
    ...score,
    accuracy: share(score.correct, score.samples),
    precision: share(score.correct, score.predicted),
  }));
}

function confusionFigure(matrix) {
  const isSmall = matrix.classes.length <= MOST_WRITTEN;
  return html(
    "figure",
    { class: "confusion" },
    html(
      "figcaption",
      {},
      "Confusion matrix",
      html("span", { class: "quiet" }, " rows: true class, columns: predicted"),
    ),
    html("div", { class: "scroll" }, isSmall ? writtenMatrix(matrix) : shadedMatrix(matrix)),
  );
}

/** Right answers in one colour, wrong ones in another, the stronger the larger their share of the row. */
function shade(label, predicted, share) {
  const colour = label === predicted ? "var(--good)" : "var(--bad)";
  const strength = Math.round((label === predicted ? 0.1 + 0.5 * share : 0.1 + 0.6 * Math.sqrt(share)) * 100);
  return `color-mix(in srgb, ${colour} ${strength}%, transparent)`;
}

function writtenMatrix(matrix) {
  const size = matrix.classes.length;
  const scores = classScores(matrix);
  const counts = Array.from({ length: size }, () => Array(size).fill(0));
  for (const [label, predicted, times] of pairs(matrix)) counts[label][predicted] = times;
  const cell = (times, label, predicted) =>
    html(
      "td",
      {
        style: times ? `background: ${shade(label, predicted, times / scores[label].samples)}` : null,
        class: times ? null : "zero",
        title: `${matrix.classes[label]} taken for ${matrix.classes[predicted]}: ${times}`,
      },
      String(times),
    );
  return html(
    "table",
    { class: "matrix" },
    html(
      "thead",
      {},
      html(
        "tr",
        {},
        html("td", {}),
        matrix.classes.map((name) => html("th", { scope: "col", title: name }, html("span", {}, name))),
      ),
    ),
    html(
      "tbody",
      {},
      counts.map((row, label) =>
        html(
          "tr",
          {},
          html("th", { scope: "row", title: matrix.classes[label] }, html("span", {}, matrix.classes[label])),
          row.map((times, predicted) => cell(times, label, predicted)),
        ),
      ),
    ),
  );
}

function shadedMatrix(matrix) {
  const size = matrix.classes.length;
  const scores = classScores(matrix);
  const cells = pairs(matrix).map(([label, predicted, times]) =>
    svg(
      "rect",
      {
        x: predicted,
        y: label,
        width: 1,
        height: 1,
        style: `fill: ${shade(label, predicted, times / scores[label].samples)}`,
      },
      svg("title", {}, `${matrix.classes[label]} taken for ${matrix.classes[predicted]}: ${times}`),
    ),
  );
  return svg(
    "svg",
    {
      class: "matrix",
      viewBox: `0 0 ${size} ${size}`,
      role: "img",
      "aria-label": `Confusion matrix of ${size} classes; the table of classes says the same in numbers`,
    },
    cells,
  );
}

/** The classes, the hardest first. */
function classTable(matrix) {
  const columns = [
    { label: "class", value: (score) => score.name },
    { label: "images", value: (score) => score.samples, isNumber: true, isHighestFirst: true },
    {
      label: "accuracy",
      value: (score) => score.accuracy,
      isNumber: true,
      isHighestFirst: false,
      cell: accuracyCell,
    },
    {
      label: "precision",
      value: (score) => score.precision,
      isNumber: true,
      isHighestFirst: false,
      cell: (score) => percent(score.precision, 1),
    },
    {
      label: "most often taken for",
      value: (score) => score.takenFor,
      cell: (score) => (score.takenFor === null ? "" : `${score.takenFor} (${score.times})`),
    },
  ];
  const scores = classScores(matrix);
  const table = html("table", { class: "classes" });
  let sort = { column: 2, isReversed: false };
  const draw = () => {
    const rows = sorted(scores, sort, (score, column) => columns[column].value(score));
    const press = (at) => () => {
      sort = nextSort(sort, at, columns[at].isHighestFirst ?? false);
      draw();
      table.querySelectorAll("thead button")[at].focus();
    };
    table.replaceChildren(
      html(
        "thead",
        {},
        html(
          "tr",
          {},
          columns.map((column, at) => sortHeading(column.label, null, sort, at, column.isNumber, press(at))),
        ),
      ),
      html(
        "tbody",
        {},
        rows.map((score) =>
          html(
            "tr",
            {},
            columns.map((column, at) =>
              html(
                at === 0 ? "th" : "td",
                { scope: at === 0 ? "row" : null, class: column.isNumber ? "number" : null },
                (column.cell ?? ((own) => String(column.value(own))))(score),
              ),
            ),
          ),
        ),
      ),
    );
  };
  draw();
  return html(
    "figure",
    {},
    html("figcaption", {}, "Classes"),
    html("div", { class: "scroll tall", tabindex: 0 }, table),
  );
}

function accuracyCell(score) {
  return [
    html(
      "span",
      { class: "bar", "aria-hidden": "true" },
      html("span", { style: `width: ${(score.accuracy ?? 0) * 100}%` }),
    ),
    html("span", { class: "share" }, percent(score.accuracy, 1)),
  ];
}
