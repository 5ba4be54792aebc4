// A line chart in SVG: axes, lines, marks of what the pointer is at. Knows nothing of trainings.

const MARGIN = { top: 10, right: 14, bottom: 34, left: 52 };
const CHART_HEIGHT = 280;

/** Round numbers between two values, about `wanted` of them. */
function roundTicks(low, high, wanted) {
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const ticks = [];
  for (let tick = Math.ceil(low / step); tick * step <= high + step * 1e-9; tick += 1)
    ticks.push(Number((tick * step).toPrecision(12)));
  return ticks;
}

/** 1, 2 and 5 of each power of ten between two values; only the powers if those are many. */
function logTicks(low, high) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const factor of [1, 2, 5]) ticks.push(Number((factor * 10 ** power).toPrecision(3)));
  }
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  return inside.length > 8 ? inside.filter((tick) => Number.isInteger(Math.log10(tick))) : inside;
}

function linearScale([low, high], [from, to]) {
  return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
}

function logScale([low, high], range) {
  const scale = linearScale([Math.log10(low), Math.log10(high)], range);
  return (value) => scale(Math.log10(value));
}

/** The smallest range that holds all values, a little wider; null without any. */
function extent(values, isLog) {
  const known = values.filter((value) => value !== null && (!isLog || value > 0));
  if (known.length === 0) return null;
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  if (isLog) return [low / 1.1, high * 1.1];
  const pad = (high - low || Math.abs(high) || 1) * 0.04;
  return [low - pad, high + pad];
}

/** A path through the points; where a value is missing, it is interrupted. */
function linePath(points, x, y) {
  let path = "";
  let isDown = false;
  for (const [at, value] of points) {
    if (value === null || !Number.isFinite(y(value))) {
      isDown = false;
      continue;
    }
    path += `${isDown ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    isDown = true;
  }
  return path;
}

/**
 * Draws `{ title, lines, boundaries, format, isLog, xRange }` into a container and returns
 * `{ valueAt, mark, highlight }`. A line is `{ key, colour, isDashed, points: [[x, y], …] }`.
 */
function drawChart(container, chart) {
  const width = Math.max(280, container.clientWidth);
  const plot = {
    left: MARGIN.left,
    right: width - MARGIN.right,
    top: MARGIN.top,
    bottom: CHART_HEIGHT - MARGIN.bottom,
  };
  const yRange = extent(
    chart.lines.flatMap((line) => line.points.map(([, value]) => value)),
    chart.isLog,
  ) ?? [0, 1];
  const x = linearScale(chart.xRange, [plot.left, plot.right]);
  const y = (chart.isLog ? logScale : linearScale)(yRange, [plot.bottom, plot.top]);
  const groups = chart.lines.map((line) => lineElement(line, x, y));
  const marks = svg("g", { class: "marks" });
  const drawing = svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${CHART_HEIGHT}`,
      width,
      height: CHART_HEIGHT,
      role: "img",
      "aria-label": chart.title,
    },
    horizontalLines(yRange, y, plot, chart),
    verticalTicks(chart, x, plot),
    chart.boundaries.map((at) =>
      svg(
        "line",
        { class: "boundary", x1: x(at), x2: x(at), y1: plot.top, y2: plot.bottom },
        svg("title", {}, "a new phase begins"),
      ),
    ),
    groups,
    marks,
  );
  container.replaceChildren(drawing);
  return handles(chart, { drawing, width, plot, x, y, groups, marks });
}

/** What can be asked of a chart that is drawn. */
function handles(chart, { drawing, width, plot, x, y, groups, marks }) {
  const xAt = linearScale([plot.left, plot.right], chart.xRange);
  return {
    /** The x value at a pointer's place. */
    valueAt: (clientX) => {
      const box = drawing.getBoundingClientRect();
      return xAt(((clientX - box.left) / box.width) * width);
    },
    /** Marks an x value and points on it, `{ colour, value }`; null takes the marks away. */
    mark: (at, points) => {
      if (at === null) return marks.replaceChildren();
      const dots = points.filter(({ value }) => value !== null && Number.isFinite(y(value)));
      marks.replaceChildren(
        svg("line", { x1: x(at), x2: x(at), y1: plot.top, y2: plot.bottom }),
        ...dots.map(({ colour, value }) =>
          svg("circle", { cx: x(at), cy: y(value), r: 3.5, style: `fill: ${colour}` }),
        ),
      );
    },
    /** Lets all lines but those of one key fade; null for none. */
    highlight: (key) =>
      groups.forEach((group, at) =>
        group.classList.toggle("faded", key !== null && chart.lines[at].key !== key),
      ),
  };
}

function lineElement({ colour, isDashed, points }, x, y) {
  const known = points.filter(([, value]) => value !== null);
  if (known.length === 1) {
    const [[at, value]] = known;
    return svg("circle", {
      class: "line",
      cx: x(at),
      cy: y(value),
      r: isDashed ? 2 : 3,
      style: `fill: ${colour}`,
    });
  }
  return svg("path", {
    class: isDashed ? "line dashed" : "line",
    d: linePath(points, x, y),
    style: `stroke: ${colour}`,
  });
}

function horizontalLines(yRange, y, plot, { isLog, format }) {
  const ticks = isLog ? logTicks(...yRange) : roundTicks(...yRange, 5);
  return svg(
    "g",
    { class: "axis" },
    ticks.map((tick) => [
      svg("line", { x1: plot.left, x2: plot.right, y1: y(tick), y2: y(tick) }),
      svg("text", { x: plot.left - 8, y: y(tick), dy: "0.32em", "text-anchor": "end" }, format(tick)),
    ]),
  );
}

function verticalTicks({ xRange }, x, plot) {
  const ticks = roundTicks(...xRange, Math.max(3, (plot.right - plot.left) / 80)).filter(Number.isInteger);
  return svg(
    "g",
    { class: "axis" },
    ticks.map((tick) =>
      svg("text", { x: x(tick), y: plot.bottom + 18, "text-anchor": "middle" }, String(tick)),
    ),
    svg("text", { x: plot.right, y: plot.bottom + 32, "text-anchor": "end", class: "axis-name" }, "epoch"),
  );
}
