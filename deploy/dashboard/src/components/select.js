// What a page is about: the project, and how many nights. The choice is kept while the browser's tab
// is open, so that it is the same on the next page.
import * as Inputs from "@observablehq/inputs";
import { html } from "htl";

function kept(key, input) {
  input.addEventListener("input", () => sessionStorage.setItem(key, JSON.stringify(input.value)));
  return input;
}

function before(key, values) {
  const value = JSON.parse(sessionStorage.getItem(key) ?? "null");
  return values.includes(value) ? value : values[0];
}

// A select where there is a choice; where there is none, its value without a control.
export function choose(label, values, { key = label, format } = {}) {
  const options = { label, value: before(key, values), format };
  if (values.length < 2) {
    const input = html`<form hidden></form>`;
    input.value = values[0];
    return input;
  }
  return kept(key, Inputs.select(values, options));
}

// That of jobs which name none comes last.
export const chooseProject = (rows) =>
  choose("Project", [...new Set(rows.map((row) => row.project))].sort(
    (a, b) => (a === "default") - (b === "default") || a.localeCompare(b)
  ));

export const chooseNights = () =>
  choose("Nights", [30, 7, 90], { format: (n) => `the last ${n}` });

// The rows of the last n nights that there are.
export function lastNights(rows, n) {
  const nights = [...new Set(rows.map((row) => +row.night))].sort((a, b) => b - a).slice(0, n);
  return rows.filter((row) => nights.includes(+row.night));
}
