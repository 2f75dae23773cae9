// Forwards {{name}} to where it runs. Raw bytes, status and headers go through unchanged; who may call, it says itself.
// It stands in the place of the project's function of this name: deploying that one again is the way back.
const TARGET = "{{target}}";
const OF_ONE_CONNECTION = ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

Deno.serve(async (request: Request): Promise<Response> => {
  const headers = new Headers(request.headers);
  // An answer that was packed would be unpacked here, and its bytes changed.
  headers.set("accept-encoding", "identity");
  for (const name of ["host", "content-length", ...OF_ONE_CONNECTION]) headers.delete(name);
  // What the platform's own proxies wrote about the caller stays in x-forwarded-for: TRUSTED_PROXIES counts this hop too.
  // A gateway believes it from whoever shows this key.
  headers.set("x-forwarder-key", Deno.env.get("FORWARDER_KEY") ?? "");
  const here = new URL(request.url);
  const below = here.pathname.split("/{{name}}")[1] ?? "";
  let reply: Response;
  try {
    reply = await fetch(TARGET + below + here.search, {
      method: request.method,
      headers,
      body: request.body,
      redirect: "manual",
      signal: request.signal,
    });
  } catch (error) {
    console.error(JSON.stringify({ function: "{{name}}", severity: "ERROR", message: `not forwarded: ${error}` }));
    return Response.json(
      {
        error: "This is not reachable. Please try again in a moment.",
        code: "unavailable",
        message: "This is not reachable. Please try again in a moment.",
        details: null,
        hint: null,
      },
      { status: 503, headers: { "access-control-allow-origin": "*", "retry-after": "10" } },
    );
  }
  const answered = new Headers(reply.headers);
  for (const name of OF_ONE_CONNECTION) answered.delete(name);
  const isEmpty = [101, 204, 205, 304].includes(reply.status);
  return new Response(isEmpty ? null : reply.body, { status: reply.status, headers: answered });
});
