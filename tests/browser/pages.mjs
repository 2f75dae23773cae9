// Opens every page of ours as people do: on a small phone and a wide screen, in the light and in the dark, by keyboard,
// with scripts off, in French, and with nobody to ask but us; presses its first button; and notes all that is wrong.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { launch } from "./launch.mjs";

const { SHOTS } = process.env; // a folder for screenshots, to look at
const { origin, beside = [], visits } = JSON.parse(process.env.SCENE); // `beside`: origins that a page may call
const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const WIDTHS = [320, 360, 1280];
const AXE_AT = ["320 light", "360 dark"]; // it takes a second each, and finds the same at every width
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const browser = await launch();

async function visitor(options) {
  const foreign = [];
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...options });
  await context.route("**", (route) => {
    const url = new URL(route.request().url());
    if ([origin, ...beside].includes(url.origin)) return route.continue();
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
  if (axeSource) {
    if (!window.axe) new Function(axeSource)();
    const { violations } = await window.axe.run(document, { rules: { "target-size": { enabled: true } } });
    for (const { id, nodes } of violations) problems.push(`axe ${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  }
  for (const rule of [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])) {
    if (rule.selectorText && rule.cssRules.length) problems.push(`${rule.selectorText} has no end, and holds the rules after it`);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) problems.push(`it scrolls sideways, ${scrollWidth} in ${clientWidth}`);
  if (!document.title.trim()) problems.push("it has no title");
  if (document.querySelectorAll("h1").length !== 1) problems.push("it has not one heading");
  for (const each of document.querySelectorAll("button, .button, .choice, select, textarea, input:not([type=hidden])")) {
    if (!each.checkVisibility()) continue;
    const box = (each.closest(".choice, .times label") ?? each).getBoundingClientRect();
    if (each.closest("footer") && box.width > clientWidth / 2) problems.push(`${box.width} px is much for a language`);
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
      const axe = AXE_AT.includes(`${width} ${colorScheme}`) ? AXE : null;
      for (const problem of await page.evaluate(inspect, axe)) problems.add(`${width} px, ${colorScheme}: ${problem}`);
      if (SHOTS && width !== 320) await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  for (const problem of await walk(page)) problems.add(problem);
}

const OWN_BUTTON = "main form:not([action=set-language]) button"; // the one at the foot is of every page

async function press(page) {
  const needed = page.locator("main :is(input, textarea)[required]");
  for (const field of await needed.all()) {
    const type = await field.getAttribute("type");
    if (type === "radio" && await field.evaluate((each) => Boolean(each.form[each.name].value))) continue;
    if (type === "radio" || type === "checkbox") await field.check();
    else await field.fill(type === "email" ? "somebody@stage.test" : "correct horse");
  }
  await Promise.all([page.waitForEvent("load"), page.locator(OWN_BUTTON).first().click()]);
  return words(page);
}

const words = (page) => page.evaluate(() => document.querySelector("main")?.innerText.replace(/\s+/g, " ").trim());

for (const { name, url, presses, runsScript } of visits) {
  const problems = new Set();
  const reader = await visitor();
  const reply = await reader.page.goto(url);
  await look(reader.page, name, problems);
  tell(`${name}: status`, reply.status());
  tell(`${name}: words`, await words(reader.page));

  // In French its words are longer; whoever is not known may switch to it at the foot, by a link.
  const french = new URL(url);
  french.searchParams.set("language", "fr-CA");
  await reader.page.goto(french.href);
  await reader.page.setViewportSize({ width: 320, height: 740 });
  for (const problem of await reader.page.evaluate(inspect, null)) problems.add(`in French: ${problem}`);
  if (SHOTS) await reader.page.screenshot({ path: `${SHOTS}/${name}-320-french.png`, fullPage: true });
  await reader.page.goto(url);

  const plain = await visitor({ javaScriptEnabled: false });
  await plain.page.goto(url);
  if (!runsScript && (await words(plain.page)) !== (await words(reader.page))) {
    await Promise.all([plain.page.reload(), reader.page.reload()]); // a page may state the minute
    const [without, withScripts] = [await words(plain.page), await words(reader.page)];
    if (without !== withScripts) problems.add(`without scripts it says something else: ${without} | ${withScripts}`);
  }
  if (presses && await reader.page.locator(OWN_BUTTON).count()) {
    await plain.context.setExtraHTTPHeaders({ "accept-language": "fr-CA" });
    await plain.page.reload();
    tell(`${name}: pressed in French`, await press(plain.page));
    await press(reader.page); // the same once more, where it can be looked at: axe needs scripts
    await look(reader.page, `${name}, pressed`, problems);
  }
  tell(`${name}: problems`, [...problems]);
  tell(`${name}: asked elsewhere`, [...reader.foreign, ...plain.foreign]);
  await reader.context.close();
  await plain.context.close();
}
await browser.close();
