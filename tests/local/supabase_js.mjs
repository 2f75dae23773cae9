// The unmodified client: signs up, signs in again, stores a file, signs an address, calls functions.

import assert from "node:assert/strict";
import { createClient } from "../../local/node/node_modules/@supabase/supabase-js/dist/index.mjs";

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY, EMAIL } = process.env;
const password = "a long enough password";
const quiet = { auth: { persistSession: false, autoRefreshToken: false } };
const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, quiet);
const service = createClient(SUPABASE_URL, SUPABASE_SECRET_KEY, quiet);

async function given({ data, error }) {
  assert.equal(error, null);
  return data;
}

const anonymous = await supabase.from("profiles").select("*");
assert.deepEqual(anonymous.data ?? [], []);

const signedUp = await given(
  await supabase.auth.signUp({ email: EMAIL, password, options: { data: { full_name: "Somebody" } } }),
);
await supabase.auth.signOut();
const signedIn = await given(await supabase.auth.signInWithPassword({ email: EMAIL, password }));
assert.equal(signedIn.user.id, signedUp.user.id);
assert.equal((await given(await supabase.auth.getUser())).user.user_metadata.full_name, "Somebody");
const refreshed = await given(await supabase.auth.refreshSession());
assert.ok(refreshed.session.access_token);

const [profile] = await given(await supabase.from("profiles").select("id, full_name"));
assert.deepEqual([profile.id, profile.full_name], [signedIn.user.id, "Somebody"]);

const refused = await supabase.auth.signInWithPassword({ email: EMAIL, password: "not the password" });
assert.equal(refused.error.code, "invalid_credentials");

const bucket = `bucket-${Date.now()}`;
await given(await service.storage.createBucket(bucket, { public: false }));
const bytes = crypto.getRandomValues(new Uint8Array(50_000));
const contentType = "application/octet-stream";
await given(await service.storage.from(bucket).upload("a/file.bin", bytes, { contentType }));
const { signedUrl } = await given(await service.storage.from(bucket).createSignedUrl("a/file.bin", 60));
const many = await given(await service.storage.from(bucket).createSignedUrls(["a/file.bin"], 60));
for (const url of [signedUrl, many[0].signedUrl]) {
  const reply = await fetch(url);
  assert.deepEqual(new Uint8Array(await reply.arrayBuffer()), bytes);
}
const upload = await given(await service.storage.from(bucket).createSignedUploadUrl("b/file.bin"));
await given(await supabase.storage.from(bucket).uploadToSignedUrl("b/file.bin", upload.token, bytes));
const downloaded = await given(await service.storage.from(bucket).download("b/file.bin"));
assert.equal(downloaded.size, bytes.length);
const foreign = await supabase.storage.from(bucket).download("a/file.bin");
assert.equal(foreign.data, null);

const nowhere = await supabase.functions.invoke("there-is-no-such-function", { body: {} });
assert.equal(nowhere.error.name, "FunctionsHttpError");
assert.equal(nowhere.error.context.status, 404);
assert.equal((await nowhere.error.context.json()).code, "NOT_FOUND");

const status = await given(await supabase.functions.invoke("get-liability-waiver-status", { body: {} }));
assert.equal(status.has_signed, false);

console.log(signedIn.user.id);
