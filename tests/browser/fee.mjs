// Cancels late on a phone, and pays what that costs: from mail to mail, by their links, as a person does.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { launch } from "./launch.mjs";

const { SHOTS } = process.env; // a folder for screenshots, to look at
const { mails, address } = JSON.parse(process.env.SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const browser = await launch();
const phone = { viewport: { width: 360, height: 740 }, javaScriptEnabled: false };
const context = await browser.newContext(phone);
context.setDefaultTimeout(20_000);

async function look(page, name) {
  tell(name, (await page.innerText("body")).replace(/\s+/g, " "));
  const { width } = await page.locator("body").boundingBox();
  if (width > 360) tell(`${name} is too wide`, width);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/fee, ${name}.png`, fullPage: true });
}

// The newest mail whose subject says so, once it is there; whoever sends mails is beside us.
async function open(subject) {
  for (let tries = 0; tries < 120; tries++) {
    const caught = await (await fetch(`${mails}/messages`)).json();
    const mail = caught.findLast((each) => each.To === address && each.Subject.includes(subject));
    if (mail) {
      const page = await context.newPage();
      await page.goto(`${mails}/messages/${mail.id}/html`);
      await look(page, `mail: ${subject}`);
      return page;
    }
    await new Promise((next) => setTimeout(next, 500));
  }
  throw new Error(`no mail says: ${subject}`);
}

// A link of a mail opens beside it, as in a mail program.
async function follow(mail, words) {
  const [page] = await Promise.all([mail.waitForEvent("popup"), mail.click(`a:has-text("${words}")`)]);
  await page.waitForLoadState();
  return page;
}

let page = await follow(await open("Booked: "), "Move or cancel");
await look(page, "the session");
await page.uncheck("input[name=use_grace]"); // which would make it free, once
await page.click("button:has-text('Cancel this session')");
await look(page, "cancelled");

const mail = await open("Cancelled: ");
page = await follow(mail, "See and pay it");
await look(page, "what is owed");
await page.click("button:has-text('Pay US$25.00')");
await look(page, "to the payment");

// Somebody thinks it over, goes back, and comes again: it is the same payment.
await page.click("text=Go to the payment");
await page.waitForURL((url) => url.pathname.startsWith("/checkout/"));
const first = page.url();
await page.close();
page = await follow(mail, "See and pay it");
await page.click("button:has-text('Pay US$25.00')");
await page.click("text=Go to the payment");
await page.waitForURL((url) => url.pathname.startsWith("/checkout/"));
tell("the same payment", page.url() === first);
await look(page, "at Stripe");
await page.fill("input[type=email]", address);
await page.click("button[type=submit]");
await page.waitForURL((url) => url.pathname.endsWith("/pay-fee"));
tell("sent back to", page.url());
await look(page, "back");

await open("Receipt: ");
page = await follow(mail, "See and pay it");
await look(page, "nothing owed");
await browser.close();
