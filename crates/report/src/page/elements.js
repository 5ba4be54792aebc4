// Elements from plain values. Text only ever becomes text, so that nothing in the data can become markup.

/** The element of the page with this id. */
const byId = (id) => document.getElementById(id);

/** An HTML element. `on…` attributes are listeners; those that are null or false are left out. */
function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** A named list of facts; those without a value are left out. */
function facts(rows) {
  const known = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return html(
    "dl",
    { class: "facts" },
    known.map(([name, value]) => [html("dt", {}, name), html("dd", {}, value)]),
  );
}
