// Pays as a person does: a page of another origin with unmodified supabase-js in it, in a browser; Stripe's page; and back.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { once } from "node:events";
import { createServer } from "node:http";

import { launch } from "./launch.mjs";

const { SUPABASE_JS, SCENE } = process.env;
const { purchases, ...person } = JSON.parse(SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));

const browser = await launch();
const page = await browser.newPage();
page.setDefaultTimeout(20_000);

// Our site has an address of this machine, as the stack has: a page from elsewhere may not call what is only here.
const site = createServer((_request, reply) => reply.end("<!doctype html><title>Ours</title>")).listen(0, "127.0.0.1");
await once(site, "listening");

async function onOurSite() {
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  await page.addScriptTag({ path: SUPABASE_JS });
  await page.evaluate(async ({ url, key, email, password }) => {
    window.client = window.supabase.createClient(url, key);
    const { data } = await window.client.auth.getSession(); // kept by the browser from the page before
    if (!data.session) await window.client.auth.signInWithPassword({ email, password });
  }, person);
}

for (const [name, body] of Object.entries(purchases)) {
  await onOurSite();
  const opened = page.waitForURL((url) => url.pathname.startsWith("/checkout/"));
  await page.evaluate(async (body) => {
    const { data, error } = await window.client.functions.invoke("create-session-payment", { body });
    if (error) throw error;
    window.location.href = data.url;
  }, body);
  await opened;
  tell(`${name}: to pay`, await page.innerText("body"));
  await page.fill("input[type=email]", person.email);
  await page.click("button[type=submit]");
  await page.waitForURL((url) => url.pathname === "/dashboard");
  tell(`${name}: sent back to`, page.url());

  await onOurSite();
  const seen = await page.evaluate(async () => {
    const of = async (asked) => (await asked).data;
    return {
      sessions: await of(window.client.from("session_history").select("*")),
      purchases: await of(window.client.from("past_purchases").select("*").order("purchased_at")),
      credits: await of(window.client.functions.invoke("check-session-credits")),
    };
  });
  tell(`${name}: seen`, seen);
}
await browser.close();
site.close();
