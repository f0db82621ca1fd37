// Opens the built site in headless Chromium, as people do: on a desk and on a phone, light and dark.
//
//   node look.js SITE SIRV FACTS [PICTURES]
//
// SITE is the folder of the site, SIRV that of the package that serves it, FACTS a JSON file with what
// the database says; PICTURES a folder for a picture of each page.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const [site, sirvFolder, factsFile, pictures] = process.argv.slice(2);
const facts = JSON.parse(await readFile(factsFile, "utf8"));
const sirv = createRequire(resolve(sirvFolder, "package.json"))("sirv");

const server = createServer(sirv(site, { dev: true }));
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const base = `http://127.0.0.1:${server.address().port}/`;

const complaints = [];
const complain = (text) => complaints.push(text);

// All that a page says besides its content is a complaint, and so is a request to elsewhere.
function listen(page, name) {
  page.on("console", (message) => complain(`${name}: console: ${message.text()}`));
  page.on("pageerror", (error) => complain(`${name}: error: ${error.message}`));
  page.on("request", (request) => request.url().startsWith(base) || complain(`${name}: asks for ${request.url()}`));
  page.on("response", (response) => response.status() < 400 || complain(`${name}: ${response.status()} for ${response.url()}`));
}

// Drawn: each panel has a chart with marks or a table with rows; nothing is in error, empty or not a value.
const isDrawn = () => {
  const panels = [...document.querySelectorAll(".panel")];
  const marks = "svg path[d], svg rect, svg circle, tbody td";
  return panels.length > 0 && document.querySelector("h1")?.textContent !== "" &&
    !document.querySelector("observablehq-loading") && panels.every((panel) => panel.querySelector(marks));
};

const judge = () => {
  const found = [];
  for (const error of document.querySelectorAll(".observablehq--error")) found.push(error.textContent);
  for (const panel of document.querySelectorAll(".panel, .cards > *")) {
    const name = panel.querySelector("h2, .figure-name")?.textContent;
    if (panel.querySelector(".empty")) found.push(`${name} is empty`);
    if (panel.matches(".panel") && panel.getBoundingClientRect().height < 60) found.push(`${name} has no height`);
    for (const cell of panel.querySelectorAll("path[d*=NaN], rect[height=NaN]")) found.push(`${name}: ${cell.outerHTML}`);
  }
  // In a table of links any word may stand, in its own words only these may not.
  const own = "h1, .lead, .hint, .controls, .banner, .figure-name, .figure-value, .figure-note, .legend, .plain td, svg text";
  for (const { textContent } of document.querySelectorAll(own))
    if (/\[object \w+\]|\b(undefined|null|NaN|Infinity|Invalid Date)\b/.test(textContent)) found.push(`it says ${textContent}`);
  for (const { textContent } of document.querySelectorAll("td"))
    if (/^(undefined|NaN|Invalid Date|\[object \w+\])$/.test(textContent)) found.push(`a cell says ${textContent}`);
  if (document.documentElement.scrollWidth > innerWidth) found.push("it is wider than the window");
  return found;
};

// From 0, black, to 1, white.
const lightness = (color) => {
  const [r, g, b] = color.match(/[\d.]+/g).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
};

const texts = (page, selector) => page.locator(selector).allInnerTexts();
const rowsOf = (page, panel) => page.locator(`${panel} tbody tr`);
const figure = (page, name) =>
  page.locator(".cards > *", { has: page.locator(".figure-name", { hasText: name }) }).first().locator(".figure-value").innerText();
const pick = (page, label, option) =>
  page.locator("form", { has: page.locator("label", { hasText: label }) }).locator("select").selectOption({ label: option });
const number = (text) => Number(text.replace(/[^\d.]/g, ""));

const checks = {
  async index(page) {
    assert.equal(await page.locator("h1").innerText(), "acme");
    assert.deepEqual(await texts(page, ".legend >> nth=0 >> span"), facts.sites.map((row) => row.site), "a line for each site");
    assert.equal(number(await figure(page, "Links")), facts.sites[0].links);
    assert.equal(number(await figure(page, "Referring domains")), facts.sites[0].domains);
    const table = await texts(page, ".plain tbody tr");
    for (const [i, row] of facts.sites.entries()) {
      assert.ok(table[i].startsWith(row.site), `${table[i]} is ${row.site}`);
      assert.ok(table[i].includes(row.links.toLocaleString("en-US")), `${table[i]} has ${row.links} links`);
    }
    assert.equal(await page.locator(".banner").count(), 0, "all is well with acme");
    assert.ok((await page.locator("p.lead").first().innerText()).includes(facts.night));
    // The other project is late, and the page says why.
    await pick(page, "Project", "globex");
    await page.locator(".banner").waitFor();
    assert.match(await page.locator(".banner").innerText(), /poor.*the cap of \$0\.06 per run/s);
    assert.equal(await page.locator("h1").innerText(), "globex");
    // One site to which nothing happened: no bars, and no panel of others.
    await pick(page, "Project", "default");
    await page.locator("h1", { hasText: "default" }).waitFor();
    await page.locator(".panel .empty").waitFor();
    assert.equal(await page.locator(".panel svg rect, .observablehq--error").count(), 0, "nothing came, nothing went");
    assert.equal(await page.locator(".banner").count(), 0);
  },
  async "new-and-lost"(page) {
    for (const panel of ["#new", "#lost"]) assert.ok(await rowsOf(page, panel).count(), `${panel} has rows`);
    const own = facts.sites[0];
    await pick(page, "Site", own.site);
    await page.locator("p.lead", { hasText: `What ${own.site} won` }).waitFor();
    assert.ok((await texts(page, "#new .hint"))[0].includes(`of ${own.new.toLocaleString("en-US")},`));
    for (const panel of ["#new", "#lost"])
      for (const text of await texts(page, `${panel} tbody tr`)) assert.ok(text.includes(own.site), `${text} is of ${own.site}`);
    const before = await page.locator("#new .hint").innerText();
    const word = (await page.locator("#new tbody a").first().innerText()).split("/")[0];
    await page.locator("input[type=text]").fill(word);
    await page.waitForFunction((text) => document.querySelector("#new .hint").innerText !== text, before);
    const found = await texts(page, "#new tbody tr");
    assert.ok(found.length > 0 && found.every((text) => text.includes(word)), `only rows with ${word}`);
    const safe = await page.locator("td a").evaluateAll((links) => links.every((link) => /^https?:/.test(link.href)));
    assert.ok(safe, "no address is a script");
  },
  async "link-gap"(page) {
    assert.equal(number(await figure(page, "In the gap")), facts.gap);
    assert.ok((await rowsOf(page, "#gap").first().innerText()).includes(facts.gap_first), `${facts.gap_first} is first`);
    await pick(page, "Competitors", "all 3");
    await page.locator(".figure-value").first().filter({ hasText: facts.gap_of_all.toLocaleString("en-US") }).waitFor();
    await page.locator("input[type=text]").fill("no such domain");
    await page.locator("#gap .empty").waitFor();
    await page.locator("input[type=text]").fill("");
    await page.locator("#gap tbody td:visible").first().waitFor();
  },
  async cost(page) {
    assert.ok(Math.abs(number(await figure(page, /^\d+ nights?$/)) - facts.usd) < 0.006, `${facts.usd} dollars`);
    assert.equal((await rowsOf(page, "#feeds").count()), facts.feeds);
    assert.ok((await texts(page, "#jobs tbody tr")).some((text) => text.startsWith("link-gap")));
    const seven = `${Math.min(facts.days, 7)} night`;
    await pick(page, "Nights", "the last 7");
    await page.locator(".figure-name", { hasText: new RegExp(`^${seven}s?$`) }).waitFor();
  },
};

const everyLook = [
  ["desk-light", { viewport: { width: 1280, height: 900 }, colorScheme: "light" }],
  ["desk-dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" }],
  ["phone-light", { viewport: { width: 390, height: 844 }, colorScheme: "light", isMobile: true, hasTouch: true }],
  ["phone-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true }],
];
// Both sizes and both colors in two of them; all four in the long form.
const looks = process.env.LINKHAUL_LONG || pictures ? everyLook : [everyLook[0], everyLook[3]];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
for (const [look, options] of looks) {
  const context = await browser.newContext({ ...options, locale: "en-US" });
  context.setDefaultTimeout(20000);
  for (const [name, check] of Object.entries(checks)) {
    const where = `${name} ${look}`;
    const page = await context.newPage();
    listen(page, where);
    try {
      await page.goto(`${base}${name}.html`);
      await page.waitForFunction(isDrawn).catch(() => complain(`${where}: not all is drawn`));
      for (const text of await page.evaluate(judge)) complain(`${where}: ${text}`);
      const back = lightness(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor));
      assert.ok(look.endsWith("dark") ? back < 0.2 : back > 0.8, `a background of lightness ${back}`);
      if (pictures) await page.screenshot({ path: join(pictures, `${look}-${name}.png`), fullPage: true });
      await check(page);
    } catch (error) {
      complain(`${where}: ${error.message}`);
    }
    await page.close();
  }
  await context.close();
}
await browser.close();
server.close();

for (const text of complaints) console.log(text);
console.log(`${looks.length * Object.keys(checks).length} pages looked at, ${complaints.length} complaints`);
process.exitCode = complaints.length > 0 ? 1 : 0;
