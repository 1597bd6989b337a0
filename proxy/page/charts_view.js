// The two charts, drawn by uPlot in the colours of the page's theme.
import { byId, make } from "./dom.js";
import { clock, duration, rate } from "./format.js";
import { chartColumns } from "./history.js";

const height = 150;
const dark = matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function line(label, name, show, width = 1.5) {
  return {
    label,
    stroke: colour(name),
    width,
    points: { show: false },
    spanGaps: true,
    value: (_, value) => (value === null || value === undefined ? "–" : show(value)),
  };
}

function axis(more) {
  const grid = { stroke: colour("line"), width: 1 };
  return { stroke: colour("quiet"), font: "11px system-ui, sans-serif", grid, ticks: { show: false }, ...more };
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
    scales: { y: { range: (_, least, most) => [0, most > 0 ? most * 1.1 : 1] } },
    cursor: { y: false, drag: { setScale: false } },
    padding: [8, 28, 0, 0],
  };
  return new uPlot(options, data, place);
}

/// The legend has the newest values while no other place is pointed at.
function setData(chart, columns) {
  chart.setData(columns);
  if (chart.cursor.idx === null || chart.cursor.idx === undefined || chart.cursor.left < 0)
    chart.setLegend({ idx: columns[0].length - 1 });
}

/// Both charts: made anew where the theme changes, fitted where the width does.
export class Charts {
  #rate = null;
  #latency = null;

  constructor() {
    dark.addEventListener("change", () => this.#forget());
    new ResizeObserver(() => this.#fit()).observe(byId("rate-chart"));
  }

  show(history, source) {
    const { times, rates, failures, p50, p95, p99 } = chartColumns(history, source);
    if (!this.#rate) this.#make();
    setData(this.#rate, [times, rates, failures]);
    setData(this.#latency, [times, p50, p95, p99]);
    const last = (values) => values.findLast((value) => value !== null) ?? null;
    this.#describe(
      "rate-chart",
      `Calls per second, now ${rate(last(rates) ?? 0)}, of which ${rate(last(failures) ?? 0)} failed`,
    );
    this.#describe("latency-chart", `Latency, p95 now ${duration(last(p95) === null ? null : last(p95) / 1000)}`);
  }

  #make() {
    const milliseconds = (value) => duration(value / 1000);
    const none = (count) => Array.from({ length: count }, () => []);
    this.#rate = draw(byId("rate-chart"), [line("calls", "accent", rate, 2), line("failed", "bad", rate)], none(3), rate);
    const quantiles = [
      line("p50", "accent", milliseconds, 2),
      line("p95", "fair", milliseconds),
      line("p99", "bad", milliseconds),
    ];
    this.#latency = draw(byId("latency-chart"), quantiles, none(4), milliseconds);
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

  #describe(id, text) {
    byId(id).setAttribute("aria-label", text);
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
