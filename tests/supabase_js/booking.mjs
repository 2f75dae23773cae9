// Booking, joining and cancelling as the frontend does them: unmodified supabase-js, public key, direct writes of tables.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { createRequire } from "node:module";

const { createClient } = createRequire(process.env.NODE_FOLDER)("@supabase/supabase-js");
const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SCENE } = process.env;
const { access_token, user_id, practitioner_id, session_type_id, class_id, starts_at } = JSON.parse(SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const supabase = createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, {
  auth: { persistSession: false, autoRefreshToken: false },
  global: { headers: { Authorization: `Bearer ${access_token}` } },
});
const must = ({ data, error }) => {
  if (error) throw new Error(JSON.stringify(error));
  return data;
};
const usable = () =>
  supabase.from("user_session_credits").select("id, credits_remaining").eq("user_id", user_id)
    .is("session_type_id", null).gt("credits_remaining", 0).or("expires_at.is.null,expires_at.gt.now()").limit(1).maybeSingle();

// One to one, with a credit
const asked = {
  practitioner_id, session_type_id, scheduled_at: starts_at, duration_minutes: 45, session_type: "standing",
  is_group: false, session_location: "online", physical_location: null, notes: null,
};
tell("credits before", must(await supabase.functions.invoke("check-session-credits")));
tell("booked", must(await supabase.functions.invoke("book-session-with-credit", { body: asked })));
const late = { ...asked, scheduled_at: new Date(new Date(starts_at).getTime() + 30 * 60_000).toISOString() };
tell("taken", await supabase.functions.invoke("book-session-with-credit", { body: late }));

// A class: the list, the count, the seat, the credit; as the wizard does it, one request after the other
const classes = must(
  await supabase.from("session_schedules")
    .select("id, scheduled_at, duration_minutes, max_participants, current_participants, session_location, "
      + "physical_location, class_name, status, room_name, practitioner:practitioners(id, name, bio, specialization, avatar_url)")
    .gt("max_participants", 1).gte("scheduled_at", new Date().toISOString()).neq("status", "cancelled")
    .eq("session_location", "online").order("scheduled_at"),
);
const chosen = classes.find(({ id }) => id === class_id);
tell("class", chosen);
tell("counted", must(await supabase.rpc("increment_group_class_participants", { group_class_id: class_id, increment_by: 1 })));
const seat = () => ({
  practitioner_id, client_id: user_id, scheduled_at: chosen.scheduled_at, duration_minutes: chosen.duration_minutes,
  room_name: `${chosen.room_name || `group-${class_id}`}-${user_id.slice(0, 8)}-${Date.now()}`,
  max_participants: chosen.max_participants, current_participants: 1, session_location: chosen.session_location,
  physical_location: chosen.physical_location, status: "scheduled", notes: `Joined group class: ${class_id}`,
});
const [joined] = must(await supabase.from("session_schedules").insert(seat()).select());
tell("joined", joined);
const lot = must(await usable());
tell("deducted by the page", await supabase.from("user_session_credits")
  .update({ credits_remaining: lot.credits_remaining - 1 }).eq("id", lot.id).select());
tell("joined again", await supabase.from("session_schedules").insert(seat()).select());
tell("class after", must(await supabase.from("session_schedules").select("current_participants").eq("id", class_id).single()));
tell("credits after joining", must(await supabase.functions.invoke("check-session-credits")));

// Cancelled by updating the row
const { data: [own] } = await supabase.from("session_schedules").select("id").eq("client_id", user_id)
  .is("group_class_id", null).eq("status", "scheduled");
tell("cancelled", must(await supabase.from("session_schedules")
  .update({ status: "cancelled", notes: "Cancelled: ill", cancelled_at: new Date().toISOString() }).eq("id", own.id).select()));
tell("credits after cancelling", must(await supabase.functions.invoke("check-session-credits")));

// What the wallet and the history show
tell("wallet", must(await supabase.from("user_session_credits")
  .select("id, credits_remaining, grace_cancellation_used, metadata, session_type:session_types(name), package:session_packages(name)")));
tell("packages", must(await supabase.from("session_packages")
  .select("*, session_type:session_types(id, duration_minutes, session_type, is_group)").eq("is_active", true).order("session_count")));
tell("ledger", must(await supabase.from("credit_history").select("kind, change, session_id").order("created_at")));
tell("history", must(await supabase.from("session_history").select("*").gte("scheduled_at", new Date().toISOString())));
