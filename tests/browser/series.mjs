// Books a session every week on a phone, moves all that follow, and cancels them: as a person does, by the pages' links.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { launch } from "./launch.mjs";

const { SHOTS } = process.env; // a folder for screenshots, to look at
const { book, manage, practitioner, kind, start, sessions, moved } = JSON.parse(process.env.SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false })).newPage();
page.setDefaultTimeout(20_000);

async function look(name) {
  tell(name, (await page.innerText("main")).replace(/\s+/g, " "));
  const { width } = await page.locator("main").boundingBox();
  if (width > 360) tell(`${name} is too wide`, width);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/series, ${name}.png`, fullPage: true });
}

// A time within a day that is folded in.
async function choose(radio) {
  const details = page.locator("details", { has: page.locator(radio) });
  if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
  await page.check(radio);
}

if (book) {
  await page.goto(book);
  await page.selectOption("select[name=practitioner]", practitioner);
  await page.selectOption("select[name=kind]", kind);
  await page.click("text=Show the free times");
  await choose(`input[value="${start}"]`);
  await page.selectOption("[name=sessions]", String(sessions));
  await look("choices");
  await page.click("text=See each date");
  await page.locator("select[name=instead]").selectOption({ index: 1 });
  await look("dates");
  await page.click("button");
  await look("booked");
}
if (manage) {
  await page.goto(manage);
  await look("series");
  await page.locator("form[method=get] select").selectOption({ index: 1 });
  await page.click("text=See the free times");
  await choose(`input[value="${moved}"]`);
  await page.click("text=See each date");
  await look("dates to move to");
  await page.click("button");
  await look("moved");
  await page.locator("form[method=post] select").selectOption({ index: 1 });
  await page.click("text=Cancel this one and all that follow");
  await look("cancelled");
}
await browser.close();
