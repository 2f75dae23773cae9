// What a frontend does: sign in, sign the waiver, choose a time, book it with a credit or pay for it, see it.
// `window.env` is a frontend's two lines of .env; `window.supabase` is supabase-js as it comes from npm.

const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY } = window.env;
const client = window.supabase.createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY);
const at = (id) => document.getElementById(id);
const say = (words) => { at("said").textContent = words; };

// An error of a function waits in its answer; that of a table or RPC is here, with its code in `details`.
async function result({ data, error }) {
  if (!error) return data;
  const said = error.context?.json ? await error.context.json().catch(() => error) : error;
  const code = /^PT\d/.test(said.code) ? said.details : said.code;
  throw Object.assign(new Error([said.message, said.hint].filter(Boolean).join(" ")), { code });
}
const call = async (name, body = {}) => result(await client.functions.invoke(name, { body }));
const read = async (query) => result(await query);

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const clock = new Intl.DateTimeFormat("en", { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const day = (ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
let kinds = [], packages = [];

async function showKinds() {
  kinds = await read(client.from("session_types").select("*").eq("is_active", true).eq("is_group", false).order("duration_minutes"));
  packages = await read(client.from("session_packages").select("session_type_id").eq("is_active", true).eq("session_count", 5));
  at("booking").elements.kind.replaceChildren(...kinds.map((kind) => new Option(`${kind.name}, ${kind.session_type}`, kind.id)));
}

async function showTimes() {
  const { kind, time } = at("booking").elements;
  at("booking").querySelector("[value=package]").hidden = !packages.some((each) => each.session_type_id === kind.value);
  const free = await call("get-available-slots", { session_type_id: kind.value, from_date: day(2), until_date: day(12), time_zone: zone });
  const slots = free.days.flatMap((each) => each.slots).slice(0, 60);
  time.replaceChildren(...slots.map((slot) => new Option(clock.format(new Date(slot.starts_at)), JSON.stringify(slot))));
}

async function showMine(user) {
  const [credits, sessions, waiver] = await Promise.all([
    call("check-session-credits"),
    read(client.from("session_history").select("*").order("scheduled_at", { ascending: false }).limit(8)),
    call("get-liability-waiver-status"),
  ]);
  at("who").textContent = user.email;
  at("credits").textContent = credits.total_credits === 1 ? "1 credit" : `${credits.total_credits} credits`;
  at("booking").querySelector("[value=credit]").disabled = !credits.total_credits;
  at("sessions").replaceChildren(...sessions.map((session) => {
    const line = document.createElement("li");
    line.textContent = `${clock.format(new Date(session.scheduled_at))}, with ${session.practitioner_name}: ${session.status.replace("_", " ")}`;
    return line;
  }));
  await showWaiver(waiver);
}

async function showWaiver(status) {
  at("waiver").hidden = status.has_signed;
  at("booking").hidden = !status.has_signed;
  if (status.has_signed) return;
  const [policy] = await read(client.from("waiver_policy").select("*").eq("is_active", true));
  at("waiver-text").textContent = policy.policy_text.replace("[Date of signing]", new Date().toLocaleDateString("en"));
}

const does = {
  async "sign-in"(form) {
    await read(client.auth.signInWithPassword({ email: form.email.value, password: form.password.value }));
  },
  async waiver(form) {
    await call("create-liability-waiver", { waiver_text: at("waiver-text").textContent, signature_name: form.signature_name.value });
    say("The waiver is signed.");
  },
  async booking(form, by) {
    const kind = kinds.find((each) => each.id === form.kind.value);
    const what = { session_type_id: kind.id, duration_minutes: kind.duration_minutes };
    if (by === "package") return pay({ ...what, payment_type: "package_5", currency: "cad" });
    const slot = JSON.parse(form.time.value);
    const [practitioner_id] = slot.practitioner_ids;
    const session = { ...what, practitioner_id, scheduled_at: slot.starts_at, session_type: kind.session_type, session_location: "online" };
    if (by === "payment") {
      const [policy] = await read(client.from("cancellation_policy").select("id").eq("is_active", true));
      const agreed = { cancellation_policy_agreed: true, cancellation_policy_version: policy.id };
      return pay({ ...session, ...agreed, payment_type: "single", currency: "cad" });
    }
    // Only this function says no with status 200: the pages that call it read nothing else.
    const booked = await call("book-session-with-credit", session);
    if (!booked.success) throw new Error(booked.message);
    say("It is booked. Both of you get a mail.");
  },
};

async function pay(body) {
  window.location.href = (await call("create-session-payment", body)).url; // Stripe's page, and then back to /dashboard
}

async function refresh() {
  const { data } = await client.auth.getSession();
  at("sign-in").hidden = Boolean(data.session);
  at("inside").hidden = !data.session;
  if (!data.session) return;
  await showMine(data.session.user);
  await showTimes();
}

let isBusy = false;

// One thing at a time: what is chosen from must not change under a second click.
async function attempt(work) {
  if (isBusy) return;
  isBusy = true;
  document.body.ariaBusy = "true";
  try {
    await work();
  } catch (error) {
    say(error.message);
  } finally {
    isBusy = false;
    document.body.ariaBusy = "false";
  }
}

for (const [id, act] of Object.entries(does)) {
  at(id).addEventListener("submit", (event) => {
    event.preventDefault();
    say("");
    attempt(async () => {
      await act(at(id).elements, event.submitter?.value);
      await refresh();
    });
  });
}
at("sign-out").addEventListener("click", () => attempt(async () => { await client.auth.signOut(); await refresh(); }));
at("booking").elements.kind.addEventListener("change", () => attempt(showTimes));

const back = new URL(window.location.href).searchParams;
if (back.get("session_booked")) say(back.get("payment_type") === "single" ? "It is paid and booked." : "It is paid. The credits are yours.");
if (back.get("cancelled")) say("Nothing was paid.");
attempt(async () => { await showKinds(); await refresh(); });
