// Opens every page of ours as people do: on a small phone and a wide screen, in the light and in the dark, by keyboard,
// with scripts off, and with nobody to ask but us; presses its first button; and notes all that is wrong.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { launch } from "./launch.mjs";

const { SHOTS } = process.env; // a folder for screenshots, to look at
const { origin, visits } = JSON.parse(process.env.SCENE);
const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const WIDTHS = [320, 360, 1280];
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const browser = await launch();

async function visitor(options) {
  const foreign = [];
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...options });
  await context.route("**", (route) => {
    const url = new URL(route.request().url());
    if (url.origin === origin) return route.continue();
    foreign.push(url.href);
    return route.abort();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return { context, page, foreign };
}

// Runs in the page.
async function inspect(axeSource) {
  const problems = [];
  if (!window.axe) new Function(axeSource)();
  const found = await window.axe.run(document, { rules: { "target-size": { enabled: true } } });
  for (const { id, nodes } of found.violations) problems.push(`axe ${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) problems.push(`it scrolls sideways, ${scrollWidth} in ${clientWidth}`);
  if (!document.title.trim()) problems.push("it has no title");
  if (document.querySelectorAll("h1").length !== 1) problems.push("it has not one heading");
  for (const each of document.querySelectorAll("button, .button, .choice, select, textarea, input:not([type=hidden])")) {
    const box = (each.closest(".choice") ?? each).getBoundingClientRect();
    if (box.height < 44) problems.push(`${box.height} px is low for a finger: ${each.outerHTML.slice(0, 120)}`);
  }
  return problems;
}

const REACHED = () => {
  const { activeElement: at } = document;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at);
  // A radio button stands for its group, within which arrow keys lead on.
  const name = at.type === "radio" ? `radio ${at.name}` : at.dataset.stop;
  return { name, isSeen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
};

async function walk(page) {
  const stops = await page.evaluate(() => {
    document.activeElement?.blur?.();
    const all = [...document.querySelectorAll("a[href], button, select, textarea, summary, input:not([type=hidden])")];
    all.forEach((each, at) => { each.dataset.stop = `${at} ${each.outerHTML.slice(0, 100)}`; });
    return [...new Set(all.filter((each) => each.checkVisibility())
      .map((each) => (each.type === "radio" ? `radio ${each.name}` : each.dataset.stop)))];
  });
  const problems = [], reached = new Set();
  for (let press = 0; press < stops.length + 12; press += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(REACHED);
    if (!stop?.name) continue; // the browser's own, or the controls of a video
    reached.add(stop.name);
    if (!stop.isSeen) problems.push(`the focus is not seen: ${stop.name}`);
  }
  return [...problems, ...stops.filter((stop) => !reached.has(stop)).map((stop) => `no key leads to ${stop}`)];
}

async function look(page, name, problems) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 740 });
      for (const problem of await page.evaluate(inspect, AXE)) problems.add(`${width} px, ${colorScheme}: ${problem}`);
      if (SHOTS && width !== 320) await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  for (const problem of await walk(page)) problems.add(problem);
}

const words = (page) => page.evaluate(() => document.querySelector("main")?.innerText.replace(/\s+/g, " ").trim());

for (const { name, url, presses, runsScript } of visits) {
  const problems = new Set();
  const reader = await visitor();
  const reply = await reader.page.goto(url);
  await look(reader.page, name, problems);
  tell(`${name}: status`, reply.status());
  tell(`${name}: words`, await words(reader.page));

  const plain = await visitor({ javaScriptEnabled: false });
  await plain.page.goto(url);
  if (!runsScript && (await words(plain.page)) !== (await words(reader.page))) problems.add("without scripts it says something else");
  if (presses) {
    for (const field of await plain.page.locator("main :is(input:not([type]), input[type=text], input[type=password], textarea)[required]").all()) {
      await field.fill("correct horse");
    }
    for (const box of await plain.page.locator("main input[type=checkbox][required]").all()) await box.check();
    await plain.page.locator("main form button").first().click();
    await plain.page.waitForLoadState();
    tell(`${name}: pressed`, await words(plain.page));
    // A page that runs no script is inspected by ours all the same.
    await look(plain.page, `${name}-pressed`, problems);
  }
  tell(`${name}: problems`, [...problems]);
  tell(`${name}: asked elsewhere`, [...reader.foreign, ...plain.foreign]);
  await reader.context.close();
  await plain.context.close();
}
await browser.close();
