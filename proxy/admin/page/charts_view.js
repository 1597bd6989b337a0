// The two charts, drawn by uPlot in the colours of the page's theme.
import { byId, make } from "./dom.js";
import { clock, duration, rate } from "./format.js";

const height = 150;
const leastSpan = 60; // seconds: in less the times beneath repeat
const dark = matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/// `show` makes words of a point: they are of what is known, and not of what is drawn.
function line(label, name, show, width = 1.5) {
  return {
    label,
    stroke: colour(name),
    width,
    points: { show: false },
    spanGaps: true,
    value: (chart, value, series, i) => (chart.shownPoints?.[i] ? show(chart.shownPoints[i]) : "–"),
  };
}

function axis(more) {
  const grid = { stroke: colour("line"), width: 1 };
  return { stroke: colour("quiet"), font: "11px system-ui, sans-serif", grid, ticks: { show: false }, ...more };
}

/// From the first time to the last, which must not be too near.
function rangeOf(times) {
  const last = times.at(-1) ?? null;
  return last === null ? [null, null] : [Math.min(times[0], last - leastSpan), last];
}

function draw(place, series, data, show) {
  place.replaceChildren();
  const onAxis = (value) => (value === 0 ? "0" : show(value));
  const options = {
    width: place.clientWidth,
    height,
    series: [{}, ...series],
    axes: [
      axis({ space: 80, size: 30, values: (_, times) => times.map((time) => clock(new Date(time * 1000))) }),
      axis({ size: 56, values: (_, values) => values.map(onAxis) }),
    ],
    scales: {
      x: { range: ({ data: [times] }) => rangeOf(times) },
      y: { range: (_, least, most) => [0, most > 0 ? most * 1.1 : 1] },
    },
    cursor: { y: false, drag: { setScale: false } },
    padding: [8, 28, 0, 0],
  };
  return new uPlot(options, data, place);
}

/// The legend has the newest values while no other place is pointed at.
function setData(chart, points, columns) {
  chart.shownPoints = points;
  chart.setData([points.map(({ time }) => time), ...columns.map((valueOf) => points.map(valueOf))]);
  if (chart.cursor.idx === null || chart.cursor.idx === undefined || chart.cursor.left < 0)
    chart.setLegend({ idx: points.length - 1 });
}

function describe(id, what, point, words) {
  byId(id).setAttribute("aria-label", `${what}: ${point?.rate > 0 ? words(point) : "no calls"}`);
}

/// Both charts: made anew where the theme changes, fitted where the width does.
export class Charts {
  #rate = null;
  #latency = null;

  constructor() {
    dark.addEventListener("change", () => this.#forget());
    new ResizeObserver(() => this.#fit()).observe(byId("rate-chart"));
  }

  /// What took longer than the last bound is drawn there: how much longer is not known.
  show(points, lastBound) {
    if (!this.#rate) this.#make();
    const quantileOf = (key) => (point) => (point[key] === null ? null : Math.min(point[key], lastBound));
    setData(this.#rate, points, [(point) => point.rate, (point) => point.failures]);
    setData(this.#latency, points, ["p50", "p95", "p99"].map(quantileOf));
    const last = points.at(-1);
    describe("rate-chart", "Calls per second", last, (now) => `now ${rate(now.rate)}, of which ${rate(now.failures)} failed`);
    describe("latency-chart", "Latency", last, ({ p95 }) => `p95 now ${duration(p95)}`);
  }

  #make() {
    const none = (count) => Array.from({ length: count }, () => []);
    const rates = [
      line("calls", "accent", (point) => rate(point.rate), 2),
      line("failed", "bad", (point) => rate(point.failures)),
    ];
    this.#rate = draw(byId("rate-chart"), rates, none(3), rate);
    const quantiles = [
      line("p50", "accent", (point) => duration(point.p50), 2),
      line("p95", "fair", (point) => duration(point.p95)),
      line("p99", "bad", (point) => duration(point.p99)),
    ];
    this.#latency = draw(byId("latency-chart"), quantiles, none(4), duration);
  }

  #forget() {
    this.#rate?.destroy();
    this.#latency?.destroy();
    this.#rate = this.#latency = null;
  }

  #fit() {
    this.#rate?.setSize({ width: byId("rate-chart").clientWidth, height });
    this.#latency?.setSize({ width: byId("latency-chart").clientWidth, height });
  }
}

/// The choice of what is drawn: all sources, or one.
export function showChoice(sources) {
  const select = byId("charted");
  const names = sources.map((one) => one.source);
  const present = [...select.options].slice(1).map((option) => option.value);
  if (names.join("\n") === present.join("\n")) return;
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...names.map((name) => make("option", { value: name }, name)));
  select.value = names.includes(chosen) ? chosen : "";
}
