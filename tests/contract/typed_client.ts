// What a frontend writes with both files, compiled strictly; what must not compile is marked.
import { createClient } from "@supabase/supabase-js";
import type { Database } from "../../docs/api/database.types.js";
import type { FunctionBody, FunctionName, FunctionReply, FunctionRefusal } from "../../docs/api/functions.types.js";

const supabase = createClient<Database>("http://127.0.0.1:54321", "sb_publishable_");

export async function upcoming(): Promise<string[]> {
  const { data } = await supabase.from("session_schedules").select("id, scheduled_at, status").eq("status", "scheduled");
  // @ts-expect-error there is no such column
  data?.map((row) => row.starts_at);
  return data?.map((row) => row.scheduled_at) ?? [];
}

export async function invoke<Name extends FunctionName>(name: Name, body: FunctionBody<Name>): Promise<FunctionReply<Name>> {
  const { data, error } = await supabase.functions.invoke(name, { body: body as never });
  if (error) throw ((await error.context.json()) as FunctionRefusal).code;
  return data as FunctionReply<Name>;
}

export async function sign(): Promise<boolean> {
  const status = await invoke("get-liability-waiver-status", {});
  // @ts-expect-error there is no such field
  void status.signed_yesterday;
  // @ts-expect-error nor such a function
  await invoke("get-liability-waiver-state", {});
  // @ts-expect-error which session is not said
  await invoke("cancel-session", { reason: "ill" });
  return status.has_signed;
}
