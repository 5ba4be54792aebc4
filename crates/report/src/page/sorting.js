// Tables that sort when a heading is pressed.

const collator = new Intl.Collator("en", { numeric: true });

/** Numbers by size, text as people order it; what is missing comes last either way. */
function compareValues(a, b, isReversed) {
  const missing = (value) => value === null || value === undefined;
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  const order = typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b);
  return isReversed ? -order : order;
}

/** Rows in the order of a column; `best` is the end that comes first when its heading is first pressed. */
function sorted(rows, sort, valueOf) {
  if (!sort) return rows;
  return [...rows].sort((a, b) =>
    compareValues(valueOf(a, sort.column), valueOf(b, sort.column), sort.isReversed),
  );
}

/** What a press of a heading makes of the order: first its better end, then the other, then as it came. */
function nextSort(sort, column, highestFirst) {
  if (sort?.column !== column) return { column, isReversed: highestFirst };
  return sort.isReversed === highestFirst ? { column, isReversed: !highestFirst } : null;
}

/** A heading with a button in it, so that it works from the keyboard. */
function sortHeading(label, title, sort, column, isNumber, onPress) {
  const isSorted = sort?.column === column;
  const direction = !isSorted ? "none" : sort.isReversed ? "descending" : "ascending";
  const arrow = { none: "", ascending: "▲", descending: "▼" }[direction];
  return html(
    "th",
    { scope: "col", class: isNumber ? "number" : null, "aria-sort": direction, title },
    html(
      "button",
      { type: "button", onclick: onPress },
      label,
      html("span", { class: "arrow", "aria-hidden": "true" }, arrow),
    ),
  );
}
