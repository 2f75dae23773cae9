// Sends reads as the frontend does, through unmodified supabase-js, and prints what each was answered, in their order.
// Standard input is a JSON array of {token, table, select, query, one}; the query is written as PostgREST's.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const { createClient } = createRequire(process.env.NODE_FOLDER)("@supabase/supabase-js");
const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY } = process.env;
const clients = new Map();
const signedIn = (token) => {
  if (!clients.has(token)) {
    clients.set(token, createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, {
      auth: { persistSession: false, autoRefreshToken: false },
      global: { headers: { Authorization: `Bearer ${token}` } },
    }));
  }
  return clients.get(token);
};

// "status=in.(a,b)&order=name.desc" as the calls of the builder that send it.
const apply = (builder, term) => {
  const [name, value] = [term.slice(0, term.indexOf("=")), term.slice(term.indexOf("=") + 1)];
  if (name === "order") {
    const [column, direction] = value.split(".");
    return builder.order(column, { ascending: direction !== "desc" });
  }
  if (name === "limit") return builder.limit(Number(value));
  if (name === "or") return builder.or(value.slice(1, -1));
  const negated = value.startsWith("not.") ? "not." : "";
  const rest = value.slice(negated.length);
  const dot = rest.indexOf(".");
  return builder.filter(name, negated + rest.slice(0, dot), rest.slice(dot + 1));
};

const send = async ({ token, table, select, query, one }) => {
  const built = query.split("&").filter(Boolean).reduce(apply, signedIn(token).from(table).select(select));
  const { status, data, error } = await (one ? built[one]() : built);
  return { status, data, error };
};

const asked = JSON.parse(await text(process.stdin));
const told = [];
for (let at = 0; at < asked.length; at += 8) told.push(...(await Promise.all(asked.slice(at, at + 8).map(send))));
console.log(JSON.stringify(told));
