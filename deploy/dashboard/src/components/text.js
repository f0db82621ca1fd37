// How values are written: numbers, shares, dollars, nights, and links that are safe to click.
import { html } from "htl";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const signed = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0, signDisplay: "exceptZero" });
const dayName = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

export const none = "–";
const told = (write) => (value) => (value == null || Number.isNaN(value) ? none : write(value));

export const count = told((n) => whole.format(n));
export const counted = (n, noun) => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
export const brief = told((n) => (Math.abs(n) < 10000 ? whole.format(n) : short.format(n)));
export const change = told((n) => signed.format(n));
export const share = told((x) => `${(100 * x).toFixed(x === 0 || x === 1 ? 0 : 1)} %`);
export const rank = told((x) => whole.format(x));
const cents = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const fine = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 4 });
export const dollars = told((x) => (Math.abs(x) < 1 ? fine : cents).format(x));

// A night is a date without a zone: midnight UTC here, so that no browser shows the day before.
export const toNight = (text) => (text == null ? null : new Date(`${text.slice(0, 10)}T00:00:00Z`));
export const night = told((date) => dayName.format(date));
export const day = told((date) => dayName.format(date).replace(/ \d+$/, ""));

export const yesNo = (flag) => (flag == null ? none : flag ? "follow" : "nofollow");

// Addresses come from the web: only http and https become links, the rest stays text.
export function address(url, text) {
  if (url == null) return none;
  const shown = text ?? url.replace(/^https?:\/\/(www\.)?/i, "");
  if (!/^https?:\/\//i.test(url)) return html`<span title=${url}>${shown}</span>`;
  return html`<a href=${url} title=${url} target="_blank" rel="noopener noreferrer nofollow">${shown}</a>`;
}
