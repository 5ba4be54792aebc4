// The comparison: what `pipeline compare` prints, to sort, to filter and to choose curves from.

function drawTable() {
  const { columns, rows, notes } = state.data.table;
  const { test, problem } = rowFilter(state.filter, columns, rows);
  const shown = sorted(rows.filter(test), state.sort, (row, column) => row.cells[column].value);
  byId("filter-count").textContent = shown.length === rows.length ? "" : `${shown.length} of ${rows.length}`;
  byId("filter-problem").textContent = problem ?? "";
  byId("notes").textContent = notes.join(" · ");
  if (rows.length === 0) {
    return byId("table").replaceChildren(
      html("tbody", {}, html("tr", {}, html("td", {}, "No finished run to compare yet."))),
    );
  }
  const focused = byId("table").contains(document.activeElement) ? document.activeElement.id : null;
  byId("table").replaceChildren(
    html("thead", {}, html("tr", {}, chooseAllCell(shown), columns.map(headingCell))),
    html("tbody", {}, shown.map(tableRow)),
  );
  if (focused) byId(focused)?.focus();
}

function headingCell(column, at) {
  const isNumber =
    column.role === "metric" || state.data.table.rows.some((row) => typeof row.cells[at].value === "number");
  const press = () => {
    state.sort = nextSort(state.sort, at, column.goal === "max");
    drawTable();
  };
  const heading = sortHeading(column.label, column.name, state.sort, at, isNumber, press);
  heading.firstChild.id = `sort-${at}`;
  return heading;
}

/** One box for the curves of all rows that are shown. */
function chooseAllCell(shown) {
  const keys = shown.filter((row) => seriesOf(row).length > 0).map(rowKey);
  const chosen = keys.filter((key) => state.chosen.has(key)).length;
  const box = html("input", {
    type: "checkbox",
    id: "choose-all",
    "aria-label": "Draw the curves of all rows shown",
    title: "Draw the curves of all rows shown",
    disabled: keys.length === 0,
    onchange: () => {
      for (const key of keys) choose(key, box.checked);
      drawTable();
      drawCurves();
    },
  });
  box.checked = keys.length > 0 && chosen === keys.length;
  box.indeterminate = chosen > 0 && chosen < keys.length;
  return html("th", { scope: "col", class: "choose" }, box);
}

function tableRow(row) {
  const key = rowKey(row);
  const hasCurves = seriesOf(row).length > 0;
  const cells = row.cells.map((cell, at) => (at === 0 ? nameCell(row, cell) : valueCell(row, cell, at)));
  const isCurrent = row.members.some(({ run }) => state.data.runs[run].id === state.run);
  return html(
    "tr",
    {
      class: [row.is_reference && "reference", isCurrent && "current"].filter(Boolean).join(" ") || null,
      onpointerenter: () => highlight(key),
      onpointerleave: () => highlight(null),
    },
    html("td", { class: "choose" }, hasCurves ? chooseBox(row, key) : null),
    cells,
  );
}

/** The box that draws a row's curves, in their colour. */
function chooseBox(row, key) {
  const isChosen = state.chosen.has(key);
  const box = html("input", {
    type: "checkbox",
    "aria-label": `Draw the curves of ${rowName(row)}`,
    style: isChosen ? `accent-color: ${colourOf(key)}` : null,
    onchange: () => {
      choose(key, box.checked);
      drawTable();
      drawCurves();
    },
  });
  box.id = `choose-${key}`;
  box.checked = isChosen;
  return box;
}

/** The name leads to the newest run behind the row. */
function nameCell(row, cell) {
  const newest = row.members.at(-1);
  if (!newest)
    return html(
      "th",
      { scope: "row", title: "published" },
      cell.text,
      html("span", { class: "sr-only" }, " (published)"),
    );
  const { id } = state.data.runs[newest.run];
  return html(
    "th",
    { scope: "row" },
    html(
      "a",
      { href: `#run=${id}`, title: row.members.map(({ run }) => state.data.runs[run].id).join(" ") },
      cell.text,
    ),
  );
}

function valueCell(row, cell, at) {
  const isNumber = state.data.table.columns[at].role === "metric" || typeof cell.value === "number";
  const classes = [isNumber && "number", cell.best && "best"].filter(Boolean).join(" ");
  return html(
    "td",
    { class: classes || null, title: cell.text.length > 24 ? cell.text : null },
    cell.text,
    cell.best ? html("span", { class: "sr-only" }, " (best)") : null,
  );
}

function startTable() {
  byId("filter").addEventListener("input", (event) => {
    state.filter = event.target.value;
    drawTable();
  });
}
