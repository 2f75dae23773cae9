// Switches a page to French at its foot and back, on a phone without scripts, as a person does.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { launch } from "./launch.mjs";

const { SHOTS } = process.env; // a folder for screenshots, to look at
const { link, from, to } = JSON.parse(process.env.SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false, locale: from });
const page = await context.newPage();
page.setDefaultTimeout(20_000);

async function look(name) {
  tell(`${name}: language`, await page.getAttribute("html", "lang"));
  tell(`${name}: address`, page.url());
  tell(`${name}: foot`, (await page.innerText("footer")).trim());
  const { width } = await page.locator("main").boundingBox();
  if (width > 360) tell(`${name} is too wide`, width);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/language, ${name}.png`, fullPage: true });
}

await page.goto(link);
await look("as it was");
await page.click(`footer button[value="${to}"]`);
await look("chosen");
await page.goto(link); // on another day
await look("again");
await browser.close();
