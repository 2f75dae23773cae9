// functions/get_liability_waiver_status as one would write it for the platform's own runtime.
import { createClient } from "@supabase/supabase-js";
import { jwtVerify } from "jose";

const env = Deno.env.toObject();
const secret = new TextEncoder().encode(env.SUPABASE_JWT_SECRET);

// Straight to PostgREST, as ours is told by SUPABASE_REST_URL: neither race measures the gateway.
const direct: typeof fetch = (input, init) =>
  fetch(String(input).replace(`${env.SUPABASE_URL}/rest/v1`, env.SUPABASE_REST_URL), init);

async function answer(request: Request): Promise<Response> {
  const authorization = request.headers.get("authorization") ?? "";
  try {
    await jwtVerify(authorization.replace("Bearer ", ""), secret, { audience: "authenticated" });
  } catch {
    return Response.json({ code: "not_signed_in", message: "Please sign in first." }, { status: 401 });
  }
  const { session_id = null } = await request.json();
  const supabase = createClient(env.SUPABASE_URL, env.SUPABASE_PUBLISHABLE_KEY, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { headers: { Authorization: authorization }, fetch: direct },
  });
  const { data, error } = await supabase.rpc("get_liability_waiver_status", { session_id }).single();
  if (error) return Response.json(error, { status: 500 });
  return Response.json(data);
}

Deno.serve({ hostname: "127.0.0.1", port: Number(env.PORT), onListen() {} }, async (request) => {
  const started = performance.now();
  const response = await answer(request);
  response.headers.set("access-control-allow-origin", "*");
  console.log(JSON.stringify({ function: "twin", status: response.status, ms: performance.now() - started }));
  return response;
});
