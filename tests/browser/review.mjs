// Lets somebody off a fee and hides a rating, on a phone: as an admin does, from the page that mails links.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { launch } from "./launch.mjs";

const { SHOTS } = process.env; // a folder for screenshots, to look at
const { mails, address, links, name, word } = JSON.parse(process.env.SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const browser = await launch();
const phone = { viewport: { width: 360, height: 740 }, javaScriptEnabled: false };
const context = await browser.newContext(phone);
context.setDefaultTimeout(20_000);
let page = await context.newPage();

async function look(shown) {
  tell(shown, (await page.innerText("main")).replace(/\s+/g, " "));
  const { width } = await page.locator("main").boundingBox();
  if (width > 360) tell(`${shown} is too wide`, width);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/review, ${shown}.png`, fullPage: true });
}

async function find(words) {
  await page.fill("input[name=find]", words);
  await page.click("button:has-text('Find')");
}

// What is folded in is opened, given a reason, and done.
async function decide(opens, reason, does) {
  await page.click(`summary:has-text('${opens}')`);
  await page.fill("details[open] input[name=reason]", reason);
  await look(`${does}?`);
  await page.click(`button:has-text('${does}')`);
  await look(does);
}

await page.goto(links);
await page.fill("input[type=email]", address);
await page.click("button:has-text('Send me my links')");
for (let mail, tries = 0; !mail && tries < 120; tries++) {
  await new Promise((next) => setTimeout(next, 500)); // whoever sends mails is beside us
  const caught = await (await fetch(`${mails}/messages`)).json();
  mail = caught.findLast((each) => each.To === address && each.TextBody.includes("/review-fees-and-ratings?"));
  if (mail) await page.goto(`${mails}/messages/${mail.id}/html`);
}
[page] = await Promise.all([page.waitForEvent("popup"), page.click("a:has-text('See fees and ratings')")]);
await page.waitForLoadState();
await find(name);
await decide("Let them off", "A hard week", "Forgive the fee");
await find(word);
await decide("Hide it", "It names a person", "Hide the rating");
await decide("Show it again", "It does not", "Show the rating");
await browser.close();
