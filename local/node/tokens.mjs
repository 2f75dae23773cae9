// People's tokens are ES256, as a hosted project's are, with a key id. lite knows HS256 alone, so what it hands out is
// signed anew on its way out and, coming back, on its way in; its own secret is known to nobody else.

import { decodeJwt, importJWK, jwtVerify, SignJWT } from "jose";

import { writeDates } from "./dates.mjs";

const { LITE_SECRET, SIGNING_KEY } = process.env;
const ofLite = new TextEncoder().encode(LITE_SECRET);
const { d, ...published } = JSON.parse(SIGNING_KEY);
const [signing, publishedKey] = await Promise.all([importJWK(JSON.parse(SIGNING_KEY)), importJWK(published)]);

const forPeople = (claims) =>
  new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: published.kid, typ: "JWT" }).sign(signing);
const forLite = (claims) => new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(ofLite);

// The claims of a good token between us and lite; nothing for any other.
export async function verify(authorization) {
  const token = authorization?.startsWith("Bearer ") ? authorization.slice("Bearer ".length) : "";
  return (await jwtVerify(token, ofLite).catch(() => null))?.payload;
}

// Both forms of the headers, because one listener reads this and the other that.
export async function inward(request) {
  const { headers, rawHeaders } = request;
  if (!headers.authorization?.startsWith("Bearer ")) return;
  const token = headers.authorization.slice("Bearer ".length);
  const claims = (await jwtVerify(token, publishedKey, { algorithms: ["ES256"], currentDate: new Date(0) }).catch(() => null))
    ?.payload;
  // One that is not good stays what it is, which lite refuses; so does what has ended, in lite's own words.
  if (!claims) return;
  headers.authorization = `Bearer ${await forLite(claims)}`;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at].toLowerCase() === "authorization") rawHeaders[at + 1] = headers.authorization;
  }
}

// In the body of a session, or in the address that a link in a mail leads back to.
export async function outward(reply) {
  const headers = new Headers(reply.headers);
  const [, led] = /[#&]access_token=([^&]+)/.exec(headers.get("location") ?? "") ?? [];
  if (led) headers.set("location", headers.get("location").replace(led, await forPeople(decodeJwt(led))));
  if (!headers.get("content-type")?.includes("json")) return new Response(reply.body, { status: reply.status, headers });
  const answer = await reply.json();
  if (answer?.access_token) answer.access_token = await forPeople(decodeJwt(answer.access_token));
  writeDates(answer);
  headers.delete("content-length");
  return Response.json(answer, { status: reply.status, headers });
}
