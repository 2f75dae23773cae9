// Two minutes of a visitor: the front page, its buttons, the sample page on its own origin, paying, a mail, the reference.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { launch } from "./launch.mjs";

const { SHOTS } = process.env; // a folder for screenshots, to look at
const { home, sample, mail, ours } = JSON.parse(process.env.SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const foreign = [];
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"] });
await context.route("**", (route) => {
  const url = new URL(route.request().url());
  if (ours.includes(url.origin)) return route.continue();
  foreign.push(url.href);
  return route.abort();
});
const page = await context.newPage();
page.setDefaultTimeout(90_000); // the doctor asks every function
const errors = [];
page.on("pageerror", (error) => errors.push(String(error)));
const shot = async (name) => SHOTS && page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
const text = (selector) => page.innerText(selector);
const told = async () => { await page.waitForSelector("#told"); return text("#told"); };

await page.goto(home);
await shot("front");
await page.click("[data-copies=publishable]");
tell("copied", await page.evaluate(() => navigator.clipboard.readText()));
for (const name of ["Run now: check-invariants", "Skip an hour", "Ask the doctor"]) {
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name, exact: true }).click()]);
  tell(name, await told());
}
for (const who of ["Stripe", "Agora"]) {
  const form = page.locator(`form[action$=${who.toLowerCase()}]`);
  await Promise.all([page.waitForEvent("load"), form.getByRole("button").click()]);
  tell(who, await told());
}
await shot("told");

for (const who of ["practitioner", "admin", "client"]) {
  await page.goto(home);
  await page.getByRole("button", { name: `${who === "admin" ? "As an" : "As the"} ${who}` }).click();
  await page.waitForURL(`${sample}/**`);
  await page.waitForSelector("#who:not(:empty)");
  tell(`signed in as ${who}`, await text("#who"));
  await page.waitForSelector("body[aria-busy=false]");
  if (who !== "client") await page.click("#sign-out");
}
await page.fill("[name=signature_name]", "Demo client");
await page.click("#waiver button");

const atRest = () => page.waitForSelector("body[aria-busy=false]");
async function choose() {
  await atRest();
  await page.selectOption("[name=kind]", { label: "45min Standard, standing" });
  await atRest();
}
async function pay(button, fact) {
  await choose();
  await page.click(`#booking [value=${button}]`);
  await page.waitForURL("**/checkout/**");
  await page.fill("input[type=email]", "client@demo.test");
  await page.click("button[type=submit]");
  await page.waitForURL(`${sample}/dashboard?**`);
  await page.waitForSelector("#who:not(:empty)");
  tell(fact, await text("#said"));
}
await pay("package", "package");
tell("credits", await text("#credits"));
await choose();
await page.click("#booking [value=credit]");
await atRest();
tell("credit", await text("#said"));
await pay("payment", "payment");
await atRest();
tell("sessions", await page.locator("#sessions li").allInnerTexts());
await shot("sample");
// What a page does with a refusal: the same time once more, from a page that was open before.
await page.evaluate(() => { const time = document.querySelector("[name=time]"); time.options[0].value = JSON.stringify({ ...JSON.parse(time.options[0].value), starts_at: "2020-01-01T00:00:00Z" }); });
await page.selectOption("[name=time]", { index: 0 });
await page.click("#booking [value=credit]");
await atRest();
tell("refused", await text("#said"));

await page.goto(home);
await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Run now: send-notifications" }).click()]);
await page.goto(`${mail}/`);
await page.locator("a", { hasText: "Booked:" }).first().click();
tell("mail", await text("main"));
await shot("mail");
const [calendar] = await Promise.all([page.waitForEvent("download"), page.getByText("Open the calendar entry").click()]);
tell("calendar", { name: calendar.suggestedFilename(), path: await calendar.failure() });
tell("mail's own page", await page.frameLocator("iframe").locator("body").innerText());

await page.goto(`${home}/_front/reference`);
await page.getByText("/book-session-with-credit").first().waitFor();
tell("reference", await page.innerText("body"));
await page.waitForTimeout(1500); // it would have told its makers by now
await page.goto(`${sample}/journal/entries?of=today`);
tell("nowhere", await text("main"));
tell("asked elsewhere", foreign);
tell("errors", errors);
await browser.close();
