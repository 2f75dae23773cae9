// Rates a session on a phone, by the link in its mail, and changes the rating: as a person does.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { launch } from "./launch.mjs";

const { SHOTS } = process.env; // a folder for screenshots, to look at
const { links, stars, words } = JSON.parse(process.env.SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const browser = await launch();

async function look(page, name) {
  tell(name, (await page.innerText("main")).replace(/\s+/g, " "));
  const { width } = await page.locator("main").boundingBox();
  if (width > 360) tell(`${name} is too wide`, width);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/rating, ${name}.png`, fullPage: true });
}

for (const colorScheme of ["light", "dark"]) {
  const phone = { viewport: { width: 360, height: 740 }, javaScriptEnabled: false, colorScheme };
  const page = await (await browser.newContext(phone)).newPage();
  page.setDefaultTimeout(20_000);
  for (const [number, link] of links[colorScheme].entries()) {
    await page.goto(link);
    await look(page, `${colorScheme} ${number}`);
    await page.check(`input[name=stars][value="${stars[number]}"]`);
    await page.fill("textarea", words);
    await page.click("text=Save the rating");
    await look(page, `${colorScheme} ${number} rated`);
  }
  if (links[colorScheme].length === 0) continue;
  await page.check("input[name=stars][value='5']");
  await page.click("text=Change the rating");
  await look(page, `${colorScheme} changed`);
}
await browser.close();
