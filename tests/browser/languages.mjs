// Switches the language of a page and back, as people do who have a keyboard, no mouse, and scripts off.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { launch } from "./launch.mjs";

const { visits } = JSON.parse(process.env.SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const browser = await launch();

async function shown(page) {
  return {
    language: await page.locator("html").getAttribute("lang"),
    heading: await page.locator("h1").innerText(),
    path: new URL(page.url()).pathname,
    query: Object.fromEntries(new URL(page.url()).searchParams),
  };
}

// The last stop of the keyboard on each page; a form's button and a link are pressed alike.
async function switchByKeyboard(page) {
  const offered = page.locator("main footer").locator("a, button");
  const before = await offered.evaluate((each) => ({ tag: each.tagName, words: each.innerText, lang: each.closest("[lang]").lang }));
  await page.locator("body").focus();
  for (let press = 0; press < 200; press += 1) {
    await page.keyboard.press("Tab");
    if (await page.locator("main footer :focus").count()) break;
  }
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  return before;
}

for (const [name, url] of Object.entries(visits)) {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "en-CA", viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  tell(`${name}: first`, await shown(page));
  tell(`${name}: offered`, await switchByKeyboard(page));
  tell(`${name}: switched`, await shown(page));
  await page.goto(url);
  tell(`${name}: opened again`, await shown(page));
  await switchByKeyboard(page);
  tell(`${name}: the other way`, await shown(page));
  await context.close();
}
await browser.close();
