// Bank numbers sealed as a browser would, before they leave it: supabase-js, and WebCrypto, which every browser has.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { createRequire } from "node:module";

const { createClient } = createRequire(process.env.NODE_FOLDER)("@supabase/supabase-js");
const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SCENE } = process.env;
const { practitioner_id, token, numbers } = JSON.parse(SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, {
  auth: { persistSession: false, autoRefreshToken: false },
  global: { headers: { Authorization: `Bearer ${token}` } },
});
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const utf8 = (text) => new TextEncoder().encode(text);

// RFC 7516: header, wrapped key, nonce, ciphertext, tag
async function seal(words, { key, enc }) {
  const header = base64url(utf8(JSON.stringify({ alg: key.alg, enc, kid: key.kid })));
  const wrapping = await crypto.subtle.importKey("jwk", key, { name: "RSA-OAEP", hash: "SHA-256" }, false, ["wrapKey"]);
  const content = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const wrapped = await crypto.subtle.wrapKey("raw", content, wrapping, { name: "RSA-OAEP" });
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const aes = { name: "AES-GCM", iv, additionalData: utf8(header) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(aes, content, utf8(JSON.stringify(words))));
  return [header, ...[wrapped, iv, sealed.slice(0, -16), sealed.slice(-16)].map(base64url)].join(".");
}

const { data: key } = await supabase.functions.invoke("get-banking-key");
tell("key", key);
const body = {
  practitioner_id, bank_name: "Bank", account_holder_name: "Practitioner", account_type: "checking", country: "CA",
  sealed: await seal({ practitioner_id, ...numbers }, key),
};
tell("sent", body);
tell("saved", await supabase.functions.invoke("encrypt-banking-data", { body }));
