// Watches recordings of every kind as one film: across parts, by keyboard and chapters, in the browser's own streams and
// in hls.js; loses the network, the link and a file; keeps a file; and looks at the page without scripts.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { launch } from "./launch.mjs";

const { films, failing, hangUp } = JSON.parse(process.env.SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const browser = await launch();

async function open(link, { ownStreams = true, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const seen = { page, context, scripts: [], refused: [] };
  page.on("response", (reply) => reply.url().includes("script=") && seen.scripts.push(reply.url()));
  page.on("console", (line) => line.type() === "error" && seen.refused.push(line.text()));
  page.on("pageerror", (error) => seen.refused.push(String(error)));
  if (!ownStreams) {
    // As in Firefox.
    await page.addInitScript(() => {
      const own = HTMLMediaElement.prototype.canPlayType;
      HTMLMediaElement.prototype.canPlayType = function (type) { return /mpegurl/i.test(type) ? "" : own.call(this, type); };
    });
  }
  await page.goto(link);
  return seen;
}

const state = (page) => page.evaluate(() => {
  const video = document.querySelector("video"), position = document.getElementById("position");
  return {
    note: document.getElementById("note").textContent, paused: video.paused, time: video.currentTime,
    width: video.videoWidth, length: video.duration, source: video.currentSrc.slice(0, 5), error: video.error?.message ?? null,
    controls: video.controls, bar: !document.getElementById("bar").hidden,
    position: Number(position.value), spoken: position.getAttribute("aria-valuetext"),
    clock: document.getElementById("clock").textContent,
  };
});
const ready = (page) => page.waitForFunction(() => document.querySelector("video").readyState >= 2);
const noted = (page, words) => page.waitForFunction((words) => document.getElementById("note").textContent.includes(words), words);
const slide = (page, to) => page.evaluate((to) => {
  const position = document.getElementById("position");
  position.value = to;
  position.dispatchEvent(new Event("change"));
}, to);

for (const { name, link, parts, ownStreams } of films) {
  const seen = await open(link, { ownStreams }), { page } = seen;
  await ready(page);
  tell(`${name}: begun`, await state(page));
  tell(`${name}: facts`, await page.locator("main > dl").innerText());
  tell(`${name}: chapters`, await page.locator(".chapters button").allInnerTexts());
  if (parts.length > 1) {
    const [first, second] = parts;
    await slide(page, second.starts_at - 0.5);
    await ready(page);
    await page.click("#play");
    await noted(page, `Part ${second.number} of`);
    await page.waitForFunction(() => !document.querySelector("video").paused && document.querySelector("video").currentTime > 0.2);
    tell(`${name}: next`, await state(page));
    await page.click("#play");
    // By keyboard: back into the first one, and play by the space bar.
    await page.focus("#position");
    await page.keyboard.press("ArrowLeft");
    await noted(page, `Part ${first.number} of`);
    await ready(page);
    tell(`${name}: back`, await state(page));
    await page.keyboard.press("Space");
    await page.waitForFunction(() => !document.querySelector("video").paused);
    await page.keyboard.press("Space");
    tell(`${name}: space`, (await state(page)).paused);
  } else {
    await page.evaluate(() => document.querySelector("video").play());
    await page.waitForFunction(() => document.querySelector("video").currentTime > 0.2);
    tell(`${name}: playing`, await state(page));
  }
  const chapters = page.locator(".chapters button");
  if (await chapters.count()) {
    const last = chapters.last();
    await last.click();
    await ready(page);
    await page.waitForFunction(() => !document.querySelector("video").seeking);
    tell(`${name}: chapter`, { at: Number(await last.getAttribute("value")), ...await state(page) });
  }
  if (await page.locator("#lanes").count()) {
    const select = page.locator("#lanes select");
    tell(`${name}: lanes`, await select.locator("option").allInnerTexts());
    await select.selectOption({ index: 1 });
    await page.waitForFunction(() => !document.getElementById("note").textContent.includes("Part 1 of"));
    await ready(page);
    tell(`${name}: lane`, await state(page));
  }
  const download = page.locator("a[download]").first();
  if (await download.count()) {
    const [saved] = await Promise.all([page.waitForEvent("download"), download.click()]);
    tell(`${name}: saved`, saved.suggestedFilename());
  }
  tell(`${name}: scripts`, seen.scripts);
  tell(`${name}: refused`, seen.refused);

  const { page: bare } = await open(`${link}&part=${parts.length}`, { javaScriptEnabled: false });
  tell(`${name}: without scripts`, {
    source: await bare.locator("video").getAttribute("src"), controls: await bare.locator("video[controls]").count(),
    links: await bare.locator("noscript a").count(), buttons: await bare.locator("button:visible").count(),
  });
}

// What does not play, and why: by whatever happens to its requests.
const ways = {
  offline: ({ context }) => context.setOffline(true),
  unreachable: ({ page }) => page.route(/part=2/, (route) => route.abort()),
  "no film": ({ page }) => page.route(/part=2/, (route) => route.fulfill({ contentType: "video/mp4", body: "no film" })),
  "too late": ({ page }) => page.route(/part=2/, (route) => route.fulfill({ status: 302, headers: { location: failing.expired } })),
};
for (const [name, break_] of Object.entries(ways)) {
  const seen = await open(failing.link), { page } = seen;
  await ready(page);
  await break_(seen);
  await slide(page, failing.second);
  await page.waitForFunction(() => document.getElementById("note").textContent.includes(": "));
  tell(`${name}: told`, await page.locator("#note").innerText());
}
// What the test does in between: the file is gone, then the link.
for (const name of ["missing", "ended"]) {
  const seen = await open(failing.link), { page } = seen;
  await ready(page);
  await (await fetch(`${hangUp}/${name}`)).text();
  await slide(page, failing.second);
  await page.waitForFunction(() => document.getElementById("note").textContent.includes(": "));
  tell(`${name}: told`, await page.locator("#note").innerText());
}
// A stream where neither the browser nor a script plays any.
const { page } = await open(films.find(({ ownStreams }) => !ownStreams).link, { ownStreams: false });
await page.addInitScript(() => { delete window.MediaSource; delete window.ManagedMediaSource; });
await page.reload();
await noted(page, "does not play");
tell("no streams: told", await page.locator("#note").innerText());
await page.route(/script=/, (route) => route.abort());
await page.reload();
await noted(page, "server cannot be reached");
tell("no script: told", await page.locator("#note").innerText());
await browser.close();
