// Every download as a page fetches it: unmodified supabase-js, by invoke. A line for each, as JSON: what supabase-js made
// of it, its bytes, and the name under which a page may save it, if a browser lets it read that header.
import { createRequire } from "node:module";

const { createClient } = createRequire(process.env.NODE_FOLDER)("@supabase/supabase-js");
const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SCENE } = process.env;

// What a browser shows of an answer: these, and what the answer exposes.
const SHOWN = ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"];
const readable = (response, name) => {
  const exposed = (response.headers.get("access-control-expose-headers") ?? "").toLowerCase().split(/\s*,\s*/);
  return [...SHOWN, ...exposed].includes(name) ? response.headers.get(name) : null;
};

for (const { name, token, ...options } of JSON.parse(SCENE)) {
  const client = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { headers: { Authorization: `Bearer ${token}` } },
  });
  const { data, error, response } = await client.functions.invoke(name, options);
  if (error) throw new Error(`${name}: ${await error.context?.text?.() ?? error}`);
  const isBlob = data instanceof Blob;
  console.log(JSON.stringify({
    name, isBlob, type: readable(response, "content-type"), disposition: readable(response, "content-disposition"),
    bytes: Buffer.from(isBlob ? await data.arrayBuffer() : String(data)).toString("base64"),
  }));
}
