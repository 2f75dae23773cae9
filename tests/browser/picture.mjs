// A picture of the front page for the README: the upper part, with keys that nobody can read.
import { launch } from "./launch.mjs";

const { OUT } = process.env;
const { home } = JSON.parse(process.env.SCENE);
const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 1240, height: 800 } })).newPage();
await page.goto(home);
await page.evaluate(() => {
  for (const each of document.querySelectorAll(".keys dd code")) {
    if (!each.textContent.startsWith("http")) each.textContent = each.textContent.replace(/^(\w+?[_:])?.*/, "$1…");
  }
  document.querySelectorAll(".told").forEach((each) => each.remove());
});
await page.screenshot({ path: OUT });
await browser.close();
