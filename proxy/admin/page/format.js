// Figures as people read them. What is not known is a dash.
const none = "–";

/// Three digits at most, but for whole numbers.
function short(value) {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(value >= 10 ? 3 : 2)));
}

export function number(value) {
  return value.toLocaleString("en");
}

export function rate(perSecond) {
  return perSecond > 0 && perSecond < 0.01 ? "< 0.01" : short(perSecond);
}

/// Rounded down, so that 100 % says that all went well.
export function percent(share) {
  if (share === null) return none;
  const digits = share > 0.9 ? 10 : 1;
  return `${Math.floor(share * 100 * digits + 1e-9) / digits} %`;
}

export function duration(seconds) {
  if (seconds === null) return none;
  if (seconds === Infinity) return "> 60 s";
  if (seconds === 0) return "< 1 ms"; // the log's text has whole ones
  return seconds < 1 ? `${short(seconds * 1000)} ms` : `${short(seconds)} s`;
}

export function milliseconds(value) {
  return duration(value / 1000);
}

/// The greatest unit, and the next where the first is small.
export function age(seconds) {
  if (seconds === null) return none;
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/// What figures of the last minute are of, where it is not just that: so many seconds; null where it is all since the start.
export function span(seconds) {
  if (seconds === null) return "since the start";
  const whole = Math.round(seconds);
  return whole >= 60 && whole < 65 ? "" : `last ${whole} s`;
}

const pad = (value, size = 2) => String(value).padStart(size, "0");

export function clock(time) {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => pad(part)).join(":");
}

/// Of an RFC 3339 time: the time of day here, with milliseconds where it has them.
export function timeOfDay(text) {
  const time = new Date(text);
  return text.includes(".") ? `${clock(time)}.${pad(time.getMilliseconds(), 3)}` : clock(time);
}
