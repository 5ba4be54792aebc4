// What the charts say of one epoch, asked by pointer or by keyboard.

/** Lets a chart answer to the pointer and the arrow keys. */
function followPointer(container, chart) {
  const last = Math.max(...curves.series.map(({ curve }) => curve.epoch.at(-1) + 1));
  const goTo = (epoch) => markEpoch(Math.min(last, Math.max(1, Math.round(epoch))));
  container.setAttribute("tabindex", "0");
  container.setAttribute("role", "group");
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
    const targets = {
      ArrowRight: at + (curves.epoch === null ? 0 : 1),
      ArrowLeft: at - 1,
      Home: 1,
      End: last,
    };
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
    const points = there.flatMap(({ curve, colour, at }) =>
      parts.map((part) => ({ colour, value: curve[`${part}_${FIGURES[which].name}`][at] })),
    );
    chart.mark(epoch, points);
  });
  hover.replaceChildren(hoverTable(epoch, there));
}

const MOST_HOVERED = 10;

function hoverTable(epoch, there) {
  const best = [...there].sort((a, b) =>
    compareValues(a.curve.val_accuracy[a.at], b.curve.val_accuracy[b.at], true),
  );
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
  const heading = ["val acc.", "train acc.", "val loss", "train loss", "lr"].map((name) =>
    html("th", { scope: "col" }, name),
  );
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

const swatch = (colour) =>
  html("span", { class: "swatch", style: `background: ${colour}`, "aria-hidden": "true" });
