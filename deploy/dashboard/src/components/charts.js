// The charts. Each is drawn as wide as its panel is, and again when that changes.
import * as Plot from "@observablehq/plot";
import { html } from "htl";
import { brief, day, night } from "./text.js";

const base = (width, height) => ({
  width,
  height,
  marginLeft: 48,
  marginRight: 12,
  marginBottom: 28,
  style: { fontFamily: "var(--sans-serif)", fontSize: "12px", overflow: "visible" },
});

// A tick for each night where there are few, so that none stands between two.
function nightAxis(rows, width) {
  const nights = [...new Set(rows.map((row) => +row.night))].sort((a, b) => a - b);
  const most = Math.max(2, Math.floor(width / 90));
  const step = Math.ceil(nights.length / most);
  const ticks = nights.filter((_, i) => (nights.length - 1 - i) % step === 0).map((n) => new Date(n));
  return { ticks, tickFormat: day, label: null };
}

export function legend(names, colors) {
  return html`<div class="legend">${names.map(
    (name, i) => html`<span><i style=${{ background: colors[i] }}></i>${name}</span>`
  )}</div>`;
}

export const empty = (text) => html`<div class="empty">${text}</div>`;

// A line per site over the nights; `y` names the field, `format` writes its values.
export function lines(rows, { y, sites, width, format = brief, height = 220, zero = false }) {
  const told = rows.filter((row) => row[y] != null).sort((a, b) => a.night - b.night);
  if (told.length === 0) return empty("Nothing is known for these nights.");
  return Plot.plot({
    ...base(width, height),
    x: { type: "utc", ...nightAxis(told, width) },
    y: { grid: true, label: null, tickFormat: format, ticks: 5, zero, nice: true, insetBottom: zero ? 0 : 10 },
    color: { domain: sites.names, range: sites.colors },
    marks: [
      Plot.lineY(told, {
        x: "night", y, z: "site", stroke: "site",
        strokeWidth: (row) => (sites.isOwn(row.site) ? 3 : 1.75),
      }),
      Plot.dot(told, { x: "night", y, fill: "site", r: 2.5 }),
      Plot.tip(told, Plot.pointer({
        x: "night", y, fill: "var(--panel)", lineHeight: 1.3, maxRadius: 120,
        title: (row) => `${row.site}\n${night(row.night)}\n${format(row[y])}`,
      })),
    ],
  });
}

// A band for each day from the first night to the last, those without a listing too.
function days(rows) {
  const [first, last] = [Math.min(...rows.map((row) => +row.night)), Math.max(...rows.map((row) => +row.night))];
  return Array.from({ length: (last - first) / 86400000 + 1 }, (_, i) => new Date(first + i * 86400000));
}

const bands = (rows, width) => ({ type: "band", domain: days(rows), ...nightAxis(rows, width), padding: 0.25 });

// What came above the line, what went below it; one site or several, summed by night.
export function gainedAndLost(rows, { width, height = 220 }) {
  const bars = rows.flatMap((row) => [
    { night: row.night, change: "new", links: row.new },
    { night: row.night, change: "lost", links: -row.lost },
  ]).filter((bar) => bar.links);
  if (bars.length === 0) return empty("No link is known to have come or gone in these nights.");
  return Plot.plot({
    ...base(width, height),
    x: bands(rows, width),
    y: { grid: true, label: null, ticks: 5, tickFormat: (n) => brief(Math.abs(n)), nice: true },
    color: { domain: ["new", "lost"], range: ["var(--good)", "var(--bad)"] },
    marks: [
      Plot.barY(bars, Plot.groupX({ y: "sum" }, {
        x: "night", y: "links", fill: "change", rx: 2,
        tip: { format: { x: night, y: (n) => brief(Math.abs(n)) }, fill: "var(--panel)", lineHeight: 1.3 },
      })),
      Plot.ruleY([0], { stroke: "var(--quiet)" }),
    ],
  });
}

// Amounts per night, stacked by what `fill` names.
export function stacked(rows, { y, fill, colors, width, format, height = 240 }) {
  if (rows.length === 0) return empty("Nothing was spent in these nights.");
  return Plot.plot({
    ...base(width, height),
    marginLeft: 60,
    x: bands(rows, width),
    y: { grid: true, label: null, ticks: 5, tickFormat: format, nice: true },
    color: colors,
    marks: [
      Plot.barY(rows, Plot.groupX({ y: "sum" }, {
        x: "night", y, fill, tip: { format: { x: night, y: format }, fill: "var(--panel)", lineHeight: 1.3 },
      })),
      Plot.ruleY([0], { stroke: "var(--quiet)" }),
    ],
  });
}

// Ranks as they are spread: most domains are weak, and bands of one width would show one bar.
const steps = [0, 10, 50, 100, 200, 400, 600];

function bandOf(rank, scale) {
  const i = steps.findLastIndex((step) => rank >= step / scale);
  return i === steps.length - 1 ? `${steps[i] / scale}+` : `${steps[i] / scale}–${steps[i + 1] / scale}`;
}

// How many of `rows` there are in each band of rank, stacked by `fill`.
export function byRank(rows, { fill, colors, width, height = 220 }) {
  const told = rows.filter((row) => row.rank != null);
  if (told.length === 0) return empty("Nothing to count.");
  const scale = Math.max(...told.map((row) => row.rank)) > 100 ? 1 : 10; // the vendor's rank_scale
  return Plot.plot({
    ...base(width, height),
    marginBottom: 40,
    x: {
      type: "band", domain: steps.map((step) => bandOf(step / scale, scale)), padding: 0.2,
      label: "rank of the domain", labelAnchor: "center", labelArrow: "none",
    },
    y: { grid: true, label: null, ticks: 5, tickFormat: brief, nice: true },
    color: { type: "ordinal", ...colors },
    marks: [
      Plot.barY(told, Plot.groupX({ y: "count" }, { x: (row) => bandOf(row.rank, scale), fill, rx: 2 })),
      Plot.ruleY([0], { stroke: "var(--quiet)" }),
    ],
  });
}

// The small line in a figure's card.
export function spark(rows, { y, width, color = "var(--site-own)" }) {
  const told = rows.filter((row) => row[y] != null);
  if (told.length < 2) return "";
  return Plot.plot({
    width, height: 36, axis: null, margin: 3, x: { type: "utc" }, y: { zero: false },
    marks: [Plot.lineY(told, { x: "night", y, stroke: color, strokeWidth: 2 })],
  });
}
