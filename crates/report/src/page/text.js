// Numbers and times as people read them.

/** `0.3 s`, `41.3 s`, `2 min 05 s`, `3 h 12 min`: as the command line has them. */
function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 59.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** A point in time where the reader is: `2026-01-31 14:05:09`. */
function localTime(timestamp) {
  const time = new Date(timestamp);
  if (Number.isNaN(time.getTime())) return timestamp;
  const two = (number) => String(number).padStart(2, "0");
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  return `${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":")}`;
}

function secondsBetween(started, finished) {
  return finished ? (new Date(finished) - new Date(started)) / 1000 : null;
}

const percent = (share, digits = 2) =>
  share === null || share === undefined ? "" : `${(share * 100).toFixed(digits)} %`;

/** A loss, as the command line has it: four decimals, or an exponent. */
function loss(value) {
  if (value === null || value === undefined) return "";
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(3) : value.toFixed(4);
}

/** A learning rate, or a tick of an axis: four digits that count. */
function figure(value) {
  if (value === null || value === undefined) return "";
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

const count = (number, one, many = `${one}s`) =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
