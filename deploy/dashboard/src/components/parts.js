// What pages are made of besides charts: figures, the banner, tables.
import * as Inputs from "@observablehq/inputs";
import { html } from "htl";
import { empty } from "./charts.js";
import { night } from "./text.js";

export function figure(name, value, note, chart = "") {
  return html`<div><div class="figure-name">${name}</div>
    <div class="figure-value">${value}</div>
    <div class="figure-note">${note}</div>${chart}</div>`;
}

// Green where more is better and there is more; the sign says the same to who sees no colour.
export function trend(difference, text) {
  const tone = difference > 0 ? "good" : difference < 0 ? "bad" : "";
  return html`<span class=${tone}>${text}</span>`;
}

// What is not as fresh as it should be, with the reason; nothing where all is well. The browser's date
// counts, so that a site that nobody builds any more says so by itself.
export function banner(feeds) {
  const last = newest(feeds);
  const days = Math.floor((Date.now() - last) / 86400000);
  const late = feeds.filter((feed) => !feed.fresh);
  const lines = late.slice(0, 5).map((feed) => html`<li><b>${feed.site}</b> (${feed.job}) ${feed.night ? `is of ${night(feed.night)}` : "has nothing yet"}: ${feed.why}</li>`);
  if (late.length > 5) lines.push(html`<li>${late.length - 5} more, under Cost and freshness</li>`);
  if (days > 2) lines.unshift(html`<li>Nothing is newer than the night of ${night(last)}, ${days} days ago.</li>`);
  if (lines.length === 0) return "";
  return html`<div class="banner" role="status"><b>Not everything here is from the last night</b><ul>${lines}</ul></div>`;
}

export const newest = (feeds) =>
  feeds.reduce((latest, feed) => (feed.night > latest ? feed.night : latest), new Date(0));

// A table that scrolls by itself, sorted by a click on a column's name.
// Columns: { name: { label, format, width, align } }.
export function table(rows, columns, { none = "Nothing to show.", height = 480 } = {}) {
  if (rows.length === 0) return empty(none);
  const pick = (key) =>
    Object.fromEntries(Object.entries(columns).filter(([, c]) => c[key] !== undefined).map(([n, c]) => [n, c[key]]));
  const widths = pick("width");
  const element = Inputs.table(rows, {
    columns: Object.keys(columns),
    header: pick("label"),
    format: pick("format"),
    align: pick("align"),
    width: widths,
    layout: "fixed",
    select: false,
    rows: Infinity,
    maxHeight: height,
  });
  // Narrow columns are not squeezed on a phone: the table is scrolled instead.
  const least = Object.keys(columns).reduce((total, name) => total + (widths[name] ?? 120), 0);
  element.querySelector("table").style.minWidth = `${least}px`;
  return element;
}

// A short table, all of it on the page. Columns: [{ label, value, number, wraps }].
export function plainTable(rows, columns) {
  const tone = (column) => (column.number ? "number" : column.wraps ? "wraps" : "");
  return html`<div class="plain"><table>
    <thead><tr>${columns.map((c) => html`<th class=${tone(c)}>${c.label}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${columns.map((c) => html`<td class=${tone(c)}>${c.value(row)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}
