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

/**
 * `test` says whether a row is shown, `problem` what is wrong with the text, or is null. Parts are separated by
 * semicolons.
 */
function rowFilter(text, columns, rows) {
  const parts = text
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part);
  const read = parts.map((part) => condition(part, columns, rows) ?? { test: words(part) });
  return {
    test: (row) => read.every(({ test }) => test(row)),
    problem: read.map(({ problem }) => problem).find((problem) => problem) ?? null,
  };
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
function condition(part, columns, rows) {
  const [, name, operator, text] = part.match(/^(.+?)\s*((?=!*[=<>~])[=<>!~]+)\s*(.+)$/) ?? [];
  if (!name) return null;
  const at = columnNamed(name, columns);
  if (at < 0) {
    // What looks like a condition may be words that occur, such as `epochs=25` in a list of phases.
    const test = words(part);
    if (rows.some(test)) return null;
    const known = columns.map((column) => column.label).join(", ");
    return { test, problem: `No column is called “${name}”. Columns: ${known}.` };
  }
  const wanted = readWanted(text);
  if (operator === "~") {
    const piece = String(wanted.value).toLowerCase();
    return { test: (row) => row.cells[at].text.toLowerCase().includes(piece) };
  }
  const problem = problemOf(operator, wanted, columns[at], valuesOf(rows, at));
  if (problem) return { test: () => false, problem };
  return { test: (row) => holds(operator, wanted, row.cells[at].value) };
}

/** One without a value meets only `!=`, and `= none`. */
function holds(operator, wanted, own) {
  if (wanted.isNone && ["=", "==", "!="].includes(operator)) {
    return (own === null || own === "none") === (operator !== "!=");
  }
  if (own === null || typeof own !== typeof wanted.value) return operator === "!=";
  return OPERATORS[operator](own < wanted.value ? -1 : own > wanted.value ? 1 : 0);
}

/** What no row could meet, and nothing would say why. */
function problemOf(operator, wanted, column, values) {
  if (!(operator in OPERATORS)) {
    return `“${operator}” is no operator. Operators: =, !=, <, <=, >, >= and ~ (contains).`;
  }
  if (values.length === 0 || values.some((value) => typeof value !== "number")) return null;
  const { value } = wanted;
  if (/[<>]/.test(operator) && typeof value !== "number") {
    return `“${column.label}” is a number, and “${value}” is none.`;
  }
  const isBeyond = !wanted.isShare && value > 1 && values.every((known) => known <= 1);
  if (column.percent && isBeyond) {
    return `“${column.label}” is a share shown in percent: write ${value} %, or a number from 0 to 1.`;
  }
  return null;
}

const valuesOf = (rows, at) => rows.map((row) => row.cells[at].value).filter((value) => value !== null);

function columnNamed(name, columns) {
  // As `--filter` has it: the first column names the pipeline.
  const isAlias = (c) => c.role === "experiment" && name === "pipeline";
  const fits = [
    (c) => c.label === name,
    (c) => c.name === name,
    isAlias,
    (c) => c.name.endsWith(`.${name}`),
  ];
  return fits.map((fit) => columns.findIndex(fit)).find((at) => at >= 0) ?? -1;
}

/** What is written after an operator: `none`, a percentage, a number, text in quotes, a list, or text. */
function readWanted(text) {
  if (text === "none" || text === "null") return { value: "none", isNone: true };
  const share = text.match(/^(.+?)\s*%$/);
  if (share && isNumber(share[1])) return { value: Number(share[1]) / 100, isShare: true };
  if (isNumber(text)) return { value: Number(text) };
  const quoted = text.match(/^(["'])(.*)\1$/);
  return { value: quoted ? quoted[2] : asShown(text) };
}

const isNumber = (text) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);

/** A list as the table shows it: `[16, 32]` is `16,32`. */
function asShown(text) {
  if (!text.startsWith("[")) return text;
  try {
    const list = JSON.parse(text);
    return list.join(list.some((element) => Array.isArray(element)) ? "; " : ",");
  } catch {
    return text;
  }
}
