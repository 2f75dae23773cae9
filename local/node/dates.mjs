// lite writes moments as PostgreSQL prints them (2026-01-31 10:00:00.5+00), the hosted services as RFC 3339. Some
// browsers, and supabase-py, read only that.

const PRINTED = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[+-]\d\d(:\d\d)?$/;
const THEIRS = new Set(["app_metadata", "identity_data", "metadata", "user_metadata"]);

// Everywhere in an answer but in what people wrote themselves.
export function writeDates(answer) {
  for (const [name, value] of Object.entries(answer ?? {})) {
    if (typeof value === "string" && PRINTED.test(value)) answer[name] = new Date(value).toISOString();
    if (typeof value === "object" && !THEIRS.has(name)) writeDates(value);
  }
  return answer;
}

// The same for a whole reply.
export async function withDates(reply) {
  if (!reply.headers.get("content-type")?.includes("json")) return reply;
  const headers = new Headers(reply.headers);
  headers.delete("content-length");
  return Response.json(writeDates(await reply.json()), { status: reply.status, headers });
}
