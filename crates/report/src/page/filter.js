// Which rows are shown: words that all occur in a row, or conditions as `pipeline compare --filter` has them.

const OPERATORS = {
  "!=": (order) => order !== 0,
  "<=": (order) => order <= 0,
  ">=": (order) => order >= 0,
  "==": (order) => order === 0,
  "=": (order) => order === 0,
  "<": (order) => order < 0,
  ">": (order) => order > 0,
};

/** A function that says whether a row is shown. Parts are separated by semicolons. */
function rowFilter(text, columns) {
  const parts = text
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part);
  const tests = parts.map((part) => condition(part, columns) ?? words(part));
  return (row) => tests.every((test) => test(row));
}

function words(part) {
  const wanted = part.toLowerCase().split(/\s+/);
  return (row) => {
    const text = row.cells
      .map((cell) => cell.text)
      .join(" ")
      .toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
}

/** `lr < 0.1`, with a column by its heading, its name or the end of it; null if that is not what it says. */
function condition(part, columns) {
  const [, name, operator, wanted] = part.match(/^(.+?)\s*(!=|<=|>=|==?|<|>|~)\s*(.+)$/) ?? [];
  if (!name) return null;
  const at = columnNamed(name, columns);
  if (at < 0) return null;
  if (operator === "~") return (row) => row.cells[at].text.toLowerCase().includes(wanted.toLowerCase());
  const value = readValue(wanted);
  return (row) => {
    const own = row.cells[at].value;
    if (own === null) return operator === "!=";
    if (typeof own !== typeof value) return operator === "!=";
    return OPERATORS[operator](typeof own === "number" ? own - value : own.localeCompare(value));
  };
}

function columnNamed(name, columns) {
  const fits = [(c) => c.label === name, (c) => c.name === name, (c) => c.name.endsWith(`.${name}`)];
  return fits.map((fit) => columns.findIndex(fit)).find((at) => at >= 0) ?? -1;
}

function readValue(text) {
  const share = text.match(/^(.+?)\s*%$/);
  const number = Number(share ? share[1] : text);
  if (Number.isNaN(number)) return text.replaceAll('"', "");
  return share ? number / 100 : number;
}
