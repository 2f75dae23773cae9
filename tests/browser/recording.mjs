// A opens a shared recording with its password and watches it; B is sent every address that A's browser has loaded.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { launch } from "./launch.mjs";

const { links, password } = JSON.parse(process.env.SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const browser = await launch();

async function person() {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return { context, page };
}

const video = (page) => page.evaluate(() => {
  const { videoWidth, currentTime, duration, error } = document.querySelector("video");
  return { videoWidth, currentTime, duration, error: error?.message };
});

for (const [name, link] of Object.entries(links)) {
  const a = await person();
  const loaded = new Map([[link, 200]]);
  a.page.on("response", (reply) => loaded.set(reply.url(), reply.status()));
  await a.page.goto(link);
  await a.page.fill("input[type=password]", password);
  await a.page.click("button");
  await a.page.waitForSelector("video");
  tell(`${name}: address`, a.page.url());
  tell(`${name}: cookies`, await a.context.cookies());
  tell(`${name}: seen by scripts`, await a.page.evaluate(() => document.cookie));
  await a.page.waitForFunction(() => document.querySelector("video").readyState >= 1);
  tell(`${name}: begun`, await video(a.page));
  await a.page.evaluate(() => { const video = document.querySelector("video"); video.currentTime = video.duration / 2; });
  await a.page.waitForFunction(() => document.querySelector("video").readyState >= 2);
  await a.page.reload();
  await a.page.waitForFunction(() => document.querySelector("video").readyState >= 1);
  tell(`${name}: again`, await video(a.page));
  tell(`${name}: loaded`, [...loaded].filter(([address]) => address.includes("/open-recording")));

  const b = await person();
  const shown = [];
  for (const [address] of loaded) {
    if (!address.includes("/open-recording")) continue;
    const reply = await b.page.goto(address);
    shown.push([address, reply.status(), await b.page.locator("video").count()]);
  }
  tell(`${name}: shown to another`, shown);
  tell(`${name}: cookies of another`, await b.context.cookies());
}
await browser.close();
