// A practitioner's money as the frontend handles it: unmodified supabase-js, public key, the pages' own statements.
// Each line on standard output is one fact, as JSON; the Python test beside it says what must be true of them.
import { createRequire } from "node:module";

const { createClient } = createRequire(process.env.NODE_FOLDER)("@supabase/supabase-js");
const { SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SCENE } = process.env;
const { practitioner_id, client_id, tokens } = JSON.parse(SCENE);
const tell = (fact, value) => console.log(JSON.stringify({ fact, value }));
const signedIn = (token) => createClient(SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, {
  auth: { persistSession: false, autoRefreshToken: false },
  global: { headers: { Authorization: `Bearer ${token}` } },
});
const practitioner = signedIn(tokens.practitioner);
const admin = signedIn(tokens.admin);
const client = signedIn(tokens.client);
const must = ({ data, error }) => {
  if (error) throw new Error(JSON.stringify(error));
  return data;
};

// Earnings, tab banking: nothing there, a typing error, then the account
const banking = () => practitioner.from("practitioner_banking").select("*").eq("practitioner_id", practitioner_id).maybeSingle();
const account = {
  practitioner_id, bank_name: "Bank", account_holder_name: "Practitioner", account_number: "7305214",
  routing_number: "20481-004", account_type: "checking", country: "CA",
};
const save = (changes) => practitioner.functions.invoke("encrypt-banking-data", { body: { ...account, ...changes } });
tell("no account", must(await banking()));
tell("typing error", await save({ routing_number: "20481" }));
tell("saved", await save({}));
tell("account", must(await banking()));

// Contracts: one is issued; the page finds the newest that is pending, signs it by an update, and shows the newest that is signed
const newest = (status) =>
  practitioner.from("practitioner_contracts").select("*").eq("practitioner_id", practitioner_id).eq("status", status)
    .order("created_at", { ascending: false }).limit(1).single();
tell("no contract", await newest("pending"));
tell("issued", must(await admin.functions.invoke("issue-practitioner-contract", { body: { practitioner_id } })));
const offered = must(await newest("pending"));
tell("offered", offered);
const signs = { signed_at: "2020-01-01T00:00:00Z", status: "signed", ip_address: "203.0.113.4", user_agent: "Browser" };
tell("signed", await practitioner.from("practitioner_contracts").update(signs).eq("id", offered.id));
tell("contract", must(await newest("signed")));
tell("rewritten", await practitioner.from("practitioner_contracts").update({ status: "revoked" }).eq("id", offered.id).select());

// Earnings, tab overview: the page's own sum over payments, and the platform's
const payments = () =>
  practitioner.from("session_payments").select("*, session:session_schedules(scheduled_at, duration_minutes)")
    .eq("practitioner_id", practitioner_id).gte("created_at", new Date(Date.now() - 365 * 86_400_000).toISOString())
    .order("created_at", { ascending: false });
const overview = async () => must(await practitioner.rpc("earnings_overview"));
tell("payments", must(await payments()));
tell("overview", await overview());

// The admin's pages: the gate, the lists, the payout, first of one payment, then of the others
tell("is admin", must(await admin.rpc("has_role", { _user_id: tokens.admin_id, _role: "admin" })));
const orders = must(await admin.functions.invoke("list-payments", { body: { status: "completed", currency: "all" } })).payments;
const owed = orders.filter((payment) => payment.practitioner_id === practitioner_id);
tell("orders", owed);
const { users } = must(await admin.functions.invoke("list-users"));
tell("user", users.find(({ practitioner: own }) => own?.id === practitioner_id));
const pay = (person, ids) =>
  person.from("session_payments").update({ paid_out_at: new Date().toISOString(), status: "paid_out" }).in("id", ids).select("id");
const ids = owed.map(({ id }) => id);
tell("paid by the practitioner", await pay(practitioner, ids));
const payable = must(await admin.from("session_payments").select("*").eq("practitioner_id", practitioner_id));
tell("payable", payable);
tell("purchases", must(await client.from("session_payments")
  .select("id, total_amount, currency, status, created_at, session:session_schedules(id, scheduled_at, duration_minutes)")
  .eq("client_id", client_id)));
const notEarned = ids.filter((id) => !payable.some((payment) => payment.id === id));
tell("not earned", await Promise.all(notEarned.map((id) => pay(admin, [id]))));
tell("paid one", must(await pay(admin, [payable[0].id])).length);
tell("paid all", must(await pay(admin, ids)).length);

// And what the practitioner sees of it
tell("payments after", must(await payments()));
tell("overview after", await overview());
tell("payouts", must(await practitioner.from("payouts").select("currency, amount_minor, status")));
tell("looked through", {
  banking: must(await admin.from("admin_banking").select("verification, account_last4").eq("practitioner_id", practitioner_id)),
  contracts: must(await admin.from("admin_contracts").select("is_live, is_observed").eq("practitioner_id", practitioner_id)),
  by_others: must(await practitioner.from("admin_contracts").select("id")),
});
