// Auth, storage and resumable uploads on one port: @supabase/lite, with what it answers differently put right.

import { App, SmtpEmailDriver } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import { getRequestListener } from "@hono/node-server";
import { createServer } from "node:http";
import postgres from "postgres";

import { withDates, writeDates } from "./dates.mjs";
import { Files, hint } from "./files.mjs";
import { inward, outward, verify } from "./tokens.mjs";
import { resumableUploads, UPLOADS } from "./uploads.mjs";

const { DATABASE_URL, LITE_SECRET, ORIGIN, PORT, REDIRECT_URLS, SENDER_EMAIL, SITE_URL, SMTP_PORT, STORAGE, UPLOADED } = process.env;
const quiet = { onnotice: () => {} };
// lite hands over JSON as text, which the driver would wrap a second time: triggers on auth.users would read a string.
const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
const json = { to: 114, from: [114], serialize: text, parse: JSON.parse };
const jsonb = { to: 3802, from: [3802], serialize: text, parse: JSON.parse };

const connection = createPostgresConnection({
  url: DATABASE_URL,
  postgresOptions: { ...quiet, types: { json, jsonb }, max: 10 },
});
// With its first request lite would grant everything in every schema to everybody, undoing what migrations revoke.
connection.rlsState = "active";

// lite takes the website's origin for its own: a website elsewhere has no address that verifies.
class Mailer extends SmtpEmailDriver {
  send({ text, html, ...message }) {
    const verify = new URL("/auth/v1/verify", SITE_URL).href;
    const here = (words) => words?.replaceAll(verify, `${ORIGIN}/auth/v1/verify`);
    return super.send({ ...message, text: here(text), html: here(html) });
  }
}

const app = new App({
  connection,
  db: { migrations: { enabled: false } },
  auth: {
    enabled: true,
    jwt_secret: LITE_SECRET,
    jwt_expiry: 3600,
    site_url: SITE_URL,
    additional_redirect_urls: JSON.parse(REDIRECT_URLS),
    email: { enable_signup: true, enable_confirmations: false },
  },
  storage: { enabled: true, file_size_limit: "5GiB" },
  options: {
    server: { admin: false, apiKeys: false, disableStudio: true }, // keys are the gateway's business
    drivers: { email: new Mailer({ host: "127.0.0.1", port: Number(SMTP_PORT), from: SENDER_EMAIL }) },
  },
});
app._storageAdapter = new Files(STORAGE);
await app.ensureSystemSchema();

const sql = postgres(DATABASE_URL, { ...quiet, max: 2 });
const uploads = await resumableUploads({
  lite: app.fetch,
  async buckets(id) {
    return (await sql`select file_size_limit, allowed_mime_types from storage.buckets where id = ${id}`)[0];
  },
  jwtSecret: LITE_SECRET,
  directory: UPLOADED,
});

async function answer(request) {
  const { pathname, searchParams } = new URL(request.url);
  const { headers, method } = request;
  const account = /^\/auth\/v1\/admin\/users\/([0-9a-f-]{36})$/.exec(pathname)?.[1];
  if (account && method === "DELETE") return deleteAccount(account, headers.get("authorization"));
  const signing = /^\/storage\/v1\/object\/(upload\/)?sign\//.test(pathname);
  if (signing && method === "POST") return sign(request, pathname);
  if (pathname.startsWith("/storage/v1/object/list/") && method === "POST") return list(request);

  const wanted = { range: headers.get("range"), ifRange: headers.get("if-range") };
  const reply = await hint.run(wanted, () => app.fetch(request));
  if (pathname.startsWith("/auth/v1/")) return outward(reply);
  if (method === "DELETE" || /^\/storage\/v1\/(bucket|object\/info)(\/|$)/.test(pathname)) return withDates(reply);
  if (!pathname.startsWith("/storage/v1/object/")) return reply;
  if (signing && reply.status === 500) return refusal("InvalidJWT", "The signed address is not valid, or no longer");
  if (method === "HEAD") await reply.body?.cancel();
  if (searchParams.has("download")) reply.headers.set("content-disposition", attachment(searchParams.get("download")));
  const range = reply.headers.get("content-range");
  if (!range) return reply;
  return new Response(reply.body, { status: range.startsWith("bytes */") ? 416 : 206, headers: reply.headers });
}

// lite has no admin interface; this is the part of it that the functions call, in the hosted service's words.
async function deleteAccount(id, authorization) {
  if ((await verify(authorization))?.role !== "service_role") return authError(403, "not_admin", "User not allowed");
  const deleted = await sql`delete from auth.users where id = ${id} returning id`;
  return deleted.length ? Response.json({}) : authError(404, "user_not_found", "User not found");
}

function authError(code, error_code, msg) {
  return Response.json({ code, error_code, msg }, { status: code });
}

// The hosted service names what is in a folder by what comes after the folder.
async function list(request) {
  const { prefix = "" } = await request.clone().json();
  const reply = await app.fetch(request);
  if (!reply.ok) return reply;
  const folder = prefix && !prefix.endsWith("/") ? `${prefix}/` : prefix;
  const found = (await reply.json()).filter(({ name }) => name.startsWith(folder));
  const named = found.map((one) => ({ ...one, name: one.name.slice(folder.length) }));
  return Response.json(writeDates(named), { headers: { "access-control-allow-origin": "*" } });
}

// Clients join what they get to ".../storage/v1", so the prefix must not be in it, and the hosted names are these.
async function sign(request, pathname) {
  const path = ({ signedUrl }) => signedUrl.replace("/storage/v1", "");
  const [, bucket, key] = /^\/storage\/v1\/object\/sign\/([^/]+)\/?(.*)$/.exec(pathname) ?? [];
  if (bucket && !key) {
    const { paths, expiresIn } = await request.json();
    return Response.json(await Promise.all(paths.map((one) => signOne(request, bucket, one, expiresIn))));
  }
  const reply = await app.fetch(request);
  if (!reply.ok) return reply;
  const signed = await reply.json();
  const body = bucket ? { signedURL: path(signed) } : { url: path(signed), token: signed.token };
  return Response.json(body, { headers: { "access-control-allow-origin": "*" } });
}

async function signOne(request, bucket, path, expiresIn) {
  const url = new URL(`/storage/v1/object/sign/${bucket}/${encodeURI(path)}`, request.url);
  const headers = { "content-type": "application/json", authorization: request.headers.get("authorization") ?? "" };
  const single = new Request(url, { method: "POST", headers, body: JSON.stringify({ expiresIn }) });
  const reply = await sign(single, url.pathname);
  const answer = await reply.json();
  return { path, signedURL: answer.signedURL ?? null, error: answer.signedURL ? null : answer.message };
}

function refusal(error, message) {
  const headers = { "access-control-allow-origin": "*" };
  return Response.json({ statusCode: "400", error, message }, { status: 400, headers });
}

function attachment(name) {
  return name ? `attachment; filename="${encodeURIComponent(name)}"` : "attachment";
}

// Who answers before the whole request has come in, and then hangs up, takes the answer with them.
function hearOut(request, response) {
  const end = response.end.bind(response);
  response.end = (...last) => {
    if (request.complete || request.destroyed) return end(...last);
    request.once("close", () => end(...last));
    request.removeAllListeners("data").resume();
    return response;
  };
}

const listen = getRequestListener(answer);
const server = createServer(async (request, response) => {
  hearOut(request, response);
  await inward(request);
  return request.url.startsWith(UPLOADS) ? uploads.handle(request, response) : listen(request, response);
});
server.requestTimeout = 0; // a large upload takes the time it takes
server.keepAliveTimeout = 75_000; // the gateway closes idle connections first
server.listen(Number(PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
