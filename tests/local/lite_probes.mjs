// What @supabase/lite does of each thing that local/node and local/sql mend. Asked of lite as it comes, without a line of
// ours; or, where STACK is set, of the stack. Prints one object: by the names of test_lite.py, whether it is amiss.

import { readFileSync } from "node:fs";
import { App, SmtpEmailDriver } from "../../local/node/node_modules/@supabase/lite/dist/index.js";
import { createPostgresConnection } from "../../local/node/node_modules/@supabase/lite/dist/db/postgres/PostgresConnection.js";
import { SignJWT } from "../../local/node/node_modules/jose/dist/webapi/index.js";
import postgres from "../../local/node/node_modules/postgres/src/index.js";

const { DATABASE_URL, STACK, SECRET_KEY, MAIL, SITE } = process.env;
const LITE = new URL("../../local/node/node_modules/@supabase/lite/", import.meta.url);
const LITE_SECRET = "a secret of at least thirty-two bytes";
const PASSWORD = "long enough";
const BODY = "0123456789";
const email = `${crypto.randomUUID()}@demo.test`;
const bucket = `files-${crypto.randomUUID()}`;
const quiet = { onnotice: () => {} };
const sql = postgres(DATABASE_URL, { ...quiet, max: 2 });
const mails = [];

await sql`create schema lite_probe`;
await sql`create table lite_probe.kept (id int)`;
await sql`alter table lite_probe.kept enable row level security`;

async function asItComes() {
  class Mailer extends SmtpEmailDriver {
    send = async (message) => mails.push(message);
  }
  const app = new App({
    connection: createPostgresConnection({ url: DATABASE_URL, postgresOptions: { ...quiet, max: 4 } }),
    db: { migrations: { enabled: false } },
    auth: {
      enabled: true,
      jwt_secret: LITE_SECRET,
      site_url: SITE,
      email: { enable_signup: true, enable_confirmations: false },
    },
    storage: { enabled: true, file_size_limit: "5GiB" },
    options: {
      server: { admin: false, apiKeys: false, disableStudio: true },
      drivers: { email: new Mailer({ host: "127.0.0.1", port: 9, from: "us@demo.test" }) },
    },
  });
  // lite's own store is in no export of the package. This one holds one file, and gives the part that it is told of.
  const metadata = { mimetype: "text/plain", eTag: '"one"', size: 10, contentLength: 10, lastModified: new Date() };
  const part = { contentLength: 2, contentRange: "bytes 2-3/10" };
  app._storageAdapter = {
    async getObject(...told) {
      const isPart = JSON.stringify(told).includes("bytes=2-3");
      const body = new TextEncoder().encode(isPart ? BODY.slice(2, 4) : BODY);
      return { metadata: { ...metadata, ...(isPart ? part : {}) }, body };
    },
    headObject: async () => metadata,
    uploadObject: async () => metadata,
  };
  await app.ensureSystemSchema();
  const token = await new SignJWT({ role: "service_role" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(LITE_SECRET));
  return { token, answer: (request) => app.fetch(request), origin: "http://lite.test" };
}

const { token, answer, origin } = STACK ? { token: SECRET_KEY, answer: fetch, origin: STACK } : await asItComes();

function ask(method, path, { json, ...more } = {}) {
  const headers = { ...(STACK && { apikey: token }), authorization: `Bearer ${token}`, ...more.headers };
  if (json) headers["content-type"] = "application/json";
  const body = json ? JSON.stringify(json) : more.body;
  return answer(new Request(`${origin}${path}`, { method, headers, body }));
}

async function must(reply) {
  if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
  return reply.json();
}

const person = { email, password: PASSWORD, data: { full_name: "Somebody" } };
const session = await must(await ask("POST", "/auth/v1/signup", { json: person }));
await must(await ask("POST", "/storage/v1/bucket", { json: { id: bucket, name: bucket, public: false } }));
const file = { body: BODY, headers: { "content-type": "text/plain" } };
await must(await ask("POST", `/storage/v1/object/${bucket}/a/one.txt`, file));

const sign = (path, json = { expiresIn: 60 }) => ask("POST", `/storage/v1/object/${path}`, { json });

const amiss = {
  async "JSON twice"() {
    const [row] = await sql`select jsonb_typeof(raw_user_meta_data) as kind from auth.users where id = ${session.user.id}`;
    return row.kind === "string";
  },
  async grants() {
    const [row] = await sql`select has_table_privilege('anon', 'lite_probe.kept', 'select') as may`;
    return row.may;
  },
  async "signing keys"() {
    const [head] = session.access_token.split(".");
    const knowsOthers = readFileSync(new URL("dist/index.js", LITE), "utf8").includes("ES256");
    return JSON.parse(Buffer.from(head, "base64url")).alg === "HS256" && !knowsOthers;
  },
  async dates() {
    const found = await must(await ask("GET", `/storage/v1/bucket/${bucket}`));
    return [session.user.created_at, found.created_at].some((moment) => moment.includes(" "));
  },
  async "mail links"() {
    await ask("POST", "/auth/v1/recover", { json: { email } });
    const caught = STACK ? (await must(await fetch(`${MAIL}/messages`))).filter(({ To }) => To === email) : mails;
    return JSON.stringify(caught.at(-1)).includes(`${SITE}/auth/v1/verify`);
  },
  async "accounts deleted"() {
    const reply = await ask("DELETE", "/auth/v1/admin/users/00000000-0000-4000-8000-000000000001");
    return (await reply.json().catch(() => ({}))).error_code !== "user_not_found";
  },
  async "browsers let in"() {
    const wanted = "apikey, x-client-info, x-supabase-api-version";
    const asks = { "access-control-request-method": "POST", "access-control-request-headers": wanted };
    const reply = await ask("OPTIONS", "/auth/v1/token", { headers: { origin: SITE, ...asks } });
    const allowed = (reply.headers.get("access-control-allow-headers") ?? "").toLowerCase();
    return !wanted.split(", ").every((name) => allowed.includes(name));
  },
  async "second factors"() {
    const [row] = await sql`select to_regclass('auth.mfa_factors') is null as missing`;
    return row.missing;
  },
  async "who asks"() {
    const claims = JSON.stringify({ sub: session.user.id, role: "authenticated" });
    const [row] = await sql.begin(async (tx) => {
      await tx`select set_config('request.jwt.claims', ${claims}, true)`;
      return tx`select auth.uid()::text as id, auth.role() as role`;
    });
    return row.id !== session.user.id || row.role !== "authenticated";
  },
  async ranges() {
    const reply = await ask("GET", `/storage/v1/object/${bucket}/a/one.txt`, { headers: { range: "bytes=2-3" } });
    return !(reply.status === 206 && (await reply.text()) === BODY.slice(2, 4));
  },
  async "resumable uploads"() {
    const metadata = `bucketName ${btoa(bucket)},objectName ${btoa("b.txt")}`;
    const headers = { "tus-resumable": "1.0.0", "upload-length": "10", "upload-metadata": metadata };
    return (await ask("POST", "/storage/v1/upload/resumable", { headers })).status !== 201;
  },
  async "names in a folder"() {
    const [one] = await must(await ask("POST", `/storage/v1/object/list/${bucket}`, { json: { prefix: "a" } }));
    return one.name !== "one.txt";
  },
  async "signed addresses"() {
    const one = await must(await sign(`sign/${bucket}/a/one.txt`));
    const upload = await must(await sign(`upload/sign/${bucket}/c.txt`));
    return !one.signedURL?.startsWith("/object/sign/") || !upload.url?.startsWith("/object/upload/sign/");
  },
  async "many signed addresses"() {
    const reply = await sign(`sign/${bucket}`, { paths: ["a/one.txt"], expiresIn: 60 });
    const signed = await reply.json().catch(() => null);
    return !(Array.isArray(signed) && signed[0].signedURL?.startsWith("/object/sign/"));
  },
  async "refused addresses"() {
    return (await ask("GET", `/storage/v1/object/sign/${bucket}/a/one.txt?token=no.token.it`)).status !== 400;
  },
  async "saved names"() {
    const { signedURL, signedUrl } = await must(await sign(`sign/${bucket}/a/one.txt`));
    const path = (signedURL ?? signedUrl).replace(/^(\/storage\/v1)?/, "/storage/v1");
    const reply = await ask("GET", `${path}&download=kept.txt`);
    return reply.headers.get("content-disposition") !== 'attachment; filename="kept.txt"';
  },
};
if (!STACK) {
  amiss["store of files"] = async () => {
    const { exports } = JSON.parse(readFileSync(new URL("package.json", LITE), "utf8"));
    return !Object.keys(exports).some((path) => path.startsWith("./storage")); // where its documentation has it
  };
}

const found = {};
for (const [name, probe] of Object.entries(amiss)) {
  found[name] = await probe().catch((error) => `could not be asked: ${error}`);
}
await sql`drop schema lite_probe cascade`;
console.log(JSON.stringify(found));
process.exit(0);
