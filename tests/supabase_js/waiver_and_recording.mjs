// A waiver, a room and a recording as in the frontend: unmodified supabase-js, public key, signed up and signed in.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { createRequire } from "node:module";

// The library lives with the stack's other node packages, not beside this file.
const { createClient } = createRequire(process.env.NODE_FOLDER)("@supabase/supabase-js");
const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY } = process.env;
const options = { auth: { persistSession: false, autoRefreshToken: false } };
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const service = createClient(SUPABASE_URL, SUPABASE_SECRET_KEY, options);

async function signUp(role) {
  const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, options);
  const email = `${role}-${Date.now()}@recording.test`;
  const { data, error } = await supabase.auth.signUp({ email, password: "a long enough password" });
  if (error) throw error;
  return { supabase, id: data.user.id };
}

const must = ({ data, error }) => {
  if (error) throw new Error(JSON.stringify(error));
  return data;
};

// What supabase-js hands to the page of a refusal: a fixed text, and the response to read.
async function invoke(person, name, body) {
  const { data, error } = await person.supabase.functions.invoke(name, body && { body });
  if (!error) return { status: 200, body: data };
  return { status: error.context.status, body: await error.context.json(), name: error.name };
}

const client = await signUp("client");
const host = await signUp("practitioner");
const nobody = { supabase: createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, options) };

tell("nobody asks", await invoke(nobody, "get-liability-waiver-status", {}));
tell("status before", await invoke(client, "get-liability-waiver-status", {}));
const policy = must(await client.supabase.from("waiver_policy").select("*").eq("is_active", true).single());
const waiver = {
  waiver_text: policy.policy_text.replaceAll("[Date of signing]", new Date().toLocaleDateString("en-CA")),
  waiver_policy_id: policy.id,
  waiver_policy_version: policy.version,
  ip_address: "unknown",
  user_agent: "Story",
};
tell("signed", await invoke(client, "create-liability-waiver", waiver));
tell("signed again", await invoke(client, "create-liability-waiver", waiver));
tell("waivers", must(await client.supabase.from("liability_waivers").select("id")));
tell("evidence", must(await service.from("liability_waivers").select("ip_address, user_agent").eq("user_id", client.id)));
tell("status after", await invoke(client, "get-liability-waiver-status"));
tell("other text", await invoke(client, "create-liability-waiver", { ...waiver, waiver_text: "I sign nothing." }));

const [practitioner] = must(
  await service.from("practitioners").insert({ user_id: host.id, name: "Story practitioner" }).select(),
);
must(await service.from("practitioner_assignments").insert({ practitioner_id: practitioner.id, client_id: client.id }));
for (const person of [client, host]) {
  const consent = { user_id: person.id, consent_type: "session_recording", consented: true };
  must(await person.supabase.from("user_consents").upsert(consent, { onConflict: "user_id,consent_type" }).select("id"));
}
const [session] = must(
  await host.supabase
    .from("session_schedules")
    .insert({
      practitioner_id: practitioner.id,
      client_id: client.id,
      scheduled_at: new Date().toISOString(),
      duration_minutes: 30,
      room_name: `session-${practitioner.id.slice(0, 8)}-${client.id.slice(0, 8)}-${Date.now()}`,
      host_room_url: null,
      notes: null,
      status: "scheduled",
    })
    .select(),
);

const room = await invoke(client, "create-agora-room", {
  channelName: session.room_name,
  isGroup: false,
  sessionId: session.id,
});
tell("room", room);
tell("token", await invoke(client, "create-agora-token", { channelName: room.body.channelName, role: "publisher" }));
tell("nobody's token", await invoke(nobody, "create-agora-token", { channelName: room.body.channelName }));

tell("client records", await invoke(client, "start-agora-recording", { session_id: session.id }));
const started = await invoke(host, "start-agora-recording", { session_id: session.id });
tell("host records", started);

async function reach(wanted) {
  for (let waited = 0; waited < 300; waited += 1) {
    const { body } = await invoke(host, "get-recording-status", { session_id: session.id });
    if (wanted.includes(body.recording.status)) return body.recording;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the recording never became ${wanted}`);
}

await reach(["recording"]);
await new Promise((resolve) => setTimeout(resolve, 2000));
tell("host stops", await invoke(host, "stop-agora-recording", { session_id: session.id }));
must(await service.from("session_schedules").update({ status: "completed" }).eq("id", session.id));  // its time is over
tell("finished", await reach(["completed", "failed"]));

// The page opens recording_url in a new tab: no headers, redirects followed.
const row = must(
  await client.supabase.from("session_recordings").select("id, recording_url, status")
    .eq("session_id", session.id).eq("status", "completed").maybeSingle(),
);
const tab = await fetch(row.recording_url);
const film = new Uint8Array(await tab.arrayBuffer());
tell("played", { status: tab.status, type: tab.headers.get("content-type"), bytes: film.length,
  brand: String.fromCharCode(...film.slice(4, 8)) });
