// Opens the page of a service that runs the job walk, as people do: on a desk and on a phone, light and
// dark, while the run is under way and after it.
//
//   node look.js PAGE SANDBOX [PICTURES]
//
// PAGE is its address, SANDBOX the process that answers the service's calls: it is stopped, so that the run
// is held in its midst, and is let go on. PICTURES is a folder for a picture of each look.
import assert from "node:assert/strict";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [base, sandbox, pictures] = process.argv.slice(2);
const PATIENCE_MS = 90000;

const complaints = [];
const complain = (text) => complaints.push(text);

// All that the page says besides its content is a complaint, and so is any other request.
function listen(page, name) {
  page.on("console", (message) => complain(`${name}: console: ${message.text()}`));
  page.on("pageerror", (error) => complain(`${name}: error: ${error.message}`));
  page.on("request", (request) => request.url() === base || request.url().startsWith("data:") || complain(`${name}: asks for ${request.url()}`));
  page.on("response", (response) => response.status() < 400 || complain(`${name}: ${response.status()} for ${response.url()}`));
}

// In the browser: what is wrong with any page.
const judge = () => {
  const found = [];
  const light = (color) => {
    const [r, g, b] = color.match(/[\d.]+/g).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!/, 0\)$/.test(color)) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");

  if (document.documentElement.scrollWidth > innerWidth) found.push(`it is ${document.documentElement.scrollWidth} wide`);
  if (document.documentElement.lang !== "en" || document.title === "") found.push("no language or title");
  if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
  for (const element of document.querySelectorAll("body *")) {
    if (element.closest("svg") || !hasText(element)) continue;
    const [one, other] = [light(getComputedStyle(element).color), light(backOf(element))].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < 4.5) found.push(`contrast ${contrast.toFixed(1)} of ${element.outerHTML.slice(0, 80)}`);
    const box = element.getBoundingClientRect();
    if (box.right > innerWidth + 0.5 && !element.closest(".wide, thead")) found.push(`beyond the edge: ${element.outerHTML.slice(0, 80)}`);
    if (/\b(nan|undefined|null|inf|-1)\b/i.test(element.textContent)) found.push(`it says ${element.textContent.slice(0, 80)}`);
  }
  for (const chart of document.querySelectorAll("svg, [role=progressbar]"))
    if (!chart.getAttribute("aria-label")) found.push(`no label: ${chart.outerHTML.slice(0, 80)}`);
  for (const cell of document.querySelectorAll("th")) if (!cell.scope) found.push(`no scope: ${cell.outerHTML}`);
  for (const rect of document.querySelectorAll("rect"))
    if (!(rect.getBoundingClientRect().height > 0)) found.push(`no height: ${rect.outerHTML}`);
  return found;
};

const looks = {
  "desk-light": { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  "desk-dark": { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  "phone-light": { viewport: { width: 390, height: 844 }, colorScheme: "light", isMobile: true, hasTouch: true },
  "phone-dark": { viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true },
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});

async function lookInEachWay(when, check) {
  for (const [look, options] of Object.entries(looks)) {
    const name = `${when} ${look}`;
    const context = await browser.newContext({ ...options, javaScriptEnabled: true, locale: "en-US" });
    const page = await context.newPage();
    listen(page, name);
    try {
      await page.goto(base);
      for (const text of await page.evaluate(judge)) complain(`${name}: ${text}`);
      const back = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).map(Number));
      assert.ok(look.endsWith("dark") ? Math.max(...back) < 60 : Math.min(...back) > 200, `a background of ${back}`);
      if (pictures) await page.screenshot({ path: join(pictures, `page-${when}-${look}.png`), fullPage: true });
      await check(page, look);
    } catch (error) {
      complain(`${name}: ${error.message}`);
    }
    await context.close();
  }
}

const text = (page, selector) => page.locator(selector).first().innerText();
const number = (words) => Number(words.replace(/[^\d.]/g, ""));

// The page again and again, as it comes by itself, until it says so.
async function loadUntil(page, what, isSo) {
  const end = Date.now() + PATIENCE_MS;

  for (;;) {
    await page.goto(base);
    const found = await isSo(page);
    if (found) return found;
    if (Date.now() > end) throw new Error(`never: ${what}; but: ${await page.locator("main").innerText()}`);
  }
}

const itemsOf = async (page) => {
  const line = page.locator("#running ~ .cards .quiet", { hasText: " items" });
  return (await line.count()) > 0 ? number((await line.first().innerText()).split(" of ")[0]) : 0;
};

// Without a script: the page needs none.
const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
listen(plain, "plain");
try {
  const before = await loadUntil(plain, "a run that has items", itemsOf);
  await lookInEachWay("running", async (page) => {
    assert.match(await text(page, ".banner p"), /All is well/);
    assert.match(await text(page, ".banner li"), /1 job is running; \$\d+\.\d\d spent today/);
    assert.match(await text(page, "article:has([aria-label='items of expected'])"), /walk[^]*\d+ %[^]*of 1,500 items[^]*Dollars\s+\$\d+\.\d\d of \$20\.00[^]*Calls in flight\s+[1-3]\s/);
    assert.match(await text(page, "tbody tr:has-text('walk')"), /running\s+before: complete/);
    assert.match(await text(page, "article h3"), /walk/);
    assert.ok((await page.locator("meta[http-equiv=refresh]").getAttribute("content")) === "5");
  });
  process.kill(Number(sandbox), "SIGCONT");
  await loadUntil(plain, `more items than ${before}`, async (page) => (await itemsOf(page)) > before);
  await loadUntil(plain, "a third night", async (page) => (await page.locator("tbody tr:has-text('walk') svg").first().locator("rect").count()) === 3);
  await lookInEachWay("over", async (page, look) => {
    const walk = page.locator("tbody tr:has-text('walk')");
    assert.equal(await page.title(), "linkhaul: all is well");
    assert.match(await text(page, ".banner"), /Nothing is running now/);
    assert.match(await walk.innerText(), /complete[^]*1,500[^]*of \$20\.00[^]*-01-01 02:15 \+01:00\s+in \d+ d/);
    assert.match(await text(page, "tbody tr:has-text('sample')"), /limited[^]*5[^]*by hand/);
    assert.equal(await walk.locator("svg").first().locator("rect").count(), 3, "a bar for each night");
    assert.match(await walk.locator("svg title").first().textContent(), /^\d{4}-\d\d-\d\d: [\d,]+ rows, \$\d/);
    assert.match(await text(page, "article:has-text('default')"), /enough for [\d,]+ nights, told [^]*Spent today\s+\$3\.65 of \$50\.00/);
    assert.match(await text(page, "section:has(#errors)"), /None that the database knows of|linkhaul was not running/);
    assert.equal(await page.locator("thead").isVisible(), true);
    if (look.startsWith("phone")) assert.ok((await walk.boundingBox()).width > 300, "a card for each job");
  });
} catch (error) {
  complain(error.message);
} finally {
  process.kill(Number(sandbox), "SIGCONT");
}
await browser.close();

for (const line of complaints) console.log(line);
console.log(`${2 * Object.keys(looks).length} looks, ${complaints.length} complaints`);
process.exitCode = complaints.length > 0 ? 1 : 0;
