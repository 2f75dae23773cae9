-- Retention: what has been kept as long as its policy says is deleted or blanked by a scheduled function, where the
-- policy says so (`auto_delete`).
--
--   meditation_memories, journal_entries, session_notes, user_notifications, email_logs, webhook_deliveries,
--   legacy_rows         deleted
--   waiting_list_entries  deleted once over
--   mails, outbox       deleted once sent or dropped; once addressed, with no mail left; who was welcomed stays known
--   channel_events      deleted: attendance is what was made of them
--   user_consents       deleted once withdrawn; their history stays
--   session_schedules   notes, room and place of ended sessions are blanked; the row is about money and evidence, and
--                       stays
--   audit_logs          lines lose their personal parts; their place in the chain stays
--   session_recordings  not here: purge-recordings deletes them with their files
--
-- Nothing else is touched, whatever a policy names: payments, ledgers, waivers and contracts are kept by law. Nor is
-- anything of a person or a session under a legal hold. One batch is one transaction with its receipt, so a run can be
-- killed anywhere.

-- One policy for all commands, which asks who is calling again for every row; below, one for each.
drop policy "Only admins can manage retention policies" on public.data_retention_policies;

create policy "admins read retention rules"
  on public.data_retention_policies for select to authenticated using ((select private.is_admin()));
create policy "admins add retention rules"
  on public.data_retention_policies for insert to authenticated with check ((select private.is_admin()));
create policy "admins change retention rules"
  on public.data_retention_policies for update to authenticated using ((select private.is_admin()));
create policy "admins remove retention rules"
  on public.data_retention_policies for delete to authenticated using ((select private.is_admin()));

alter table public.data_retention_policies
  add constraint data_retention_policies_table_name_is_short check (char_length(table_name) <= 63) not valid,
  add constraint data_retention_policies_retention_days_is_in_range check (
    retention_days between 0 and 36500) not valid,
  add constraint data_retention_policies_description_is_short check (char_length(description) <= 1000) not valid,
  add constraint data_retention_policies_times_are_in_range check (
    created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01') not valid;

revoke all on public.data_retention_policies from anon, authenticated, service_role;
grant select, insert, update, delete on public.data_retention_policies to authenticated, service_role;

insert into public.data_retention_policies (table_name, retention_days, auto_delete, description) values
  ('email_logs',         365, true, 'What became of mails, a year'),
  ('user_notifications', 365, true, 'Messages on the pages, a year'),
  ('legacy_rows',        365, true, 'Rows from before the adoption that could not be taken, a year'),
  ('webhook_deliveries',  90, true, 'What other systems were told, three months'),
  ('mails',              365, true, 'Mails that were sent, a year; those that failed stay until somebody looks at them'),
  ('waiting_list_entries', 365, true, 'Who waited for a seat in a class, a year after it was over'),
  ('outbox',             365, true, 'Events that mails and webhooks were made from, a year'),
  ('channel_events',      90, true, 'Who came and went in a video room, as Agora reported it, three months')
on conflict (table_name) do nothing;

create table public.retention_receipts (
  id         uuid        primary key default gen_random_uuid(),
  table_name text        not null,
  applied_on date        not null default current_date,
  rows       bigint      not null,
  before     timestamptz not null,

  constraint retention_receipts_one_per_day unique (table_name, applied_on),
  constraint retention_receipts_table_name_is_short check (char_length(table_name) <= 63)
);
comment on table public.retention_receipts is
  'How many rows of a table were deleted or blanked on a day. Names nobody.';
comment on column public.retention_receipts.before is 'Rows older than this were deleted or blanked.';
comment on column public.retention_receipts.id is 'Of the row; made here.';
comment on column public.retention_receipts.table_name is 'Of which table.';
comment on column public.retention_receipts.applied_on is 'On which day.';
comment on column public.retention_receipts.rows is 'How many went.';

alter table public.retention_receipts enable row level security;

create policy "admins read retention receipts"
  on public.retention_receipts for select to authenticated using ((select private.is_admin()));

revoke all on public.retention_receipts from anon, authenticated, service_role;
grant select on public.retention_receipts to authenticated, service_role;
-- No insert, update or delete for anybody: applying a policy writes it.

-- Retention asks by age.
create index session_notes_created_at_idx on public.session_notes (created_at);
create index meditation_memories_created_at_idx on public.meditation_memories (created_at);
create index journal_entries_created_at_idx on public.journal_entries (created_at);
create index user_notifications_created_at_idx on public.user_notifications (created_at);
create index email_logs_created_at_idx on public.email_logs (created_at);
create index mails_created_at_idx on private.mails (created_at);
create index outbox_created_at_idx on private.outbox (created_at);
create index user_consents_revoked_at_idx on public.user_consents (revoked_at) where revoked_at is not null;

create function private.user_ids_under_legal_hold() returns setof uuid
  language sql stable set search_path = ''
as $$
  select h.user_id from public.legal_holds h where h.user_id is not null and h.released_at is null;
$$;

create function private.session_ids_under_legal_hold() returns setof uuid
  language sql stable set search_path = ''
as $$
  select s.id from public.session_schedules s
    join public.legal_holds h on h.released_at is null and h.session_id in (s.id, s.group_class_id)
  union
  select s.id from public.session_schedules s where s.client_id in (select private.user_ids_under_legal_hold())
  union
  select s.id from public.session_schedules s join public.practitioners p on p.id = s.practitioner_id
   where p.user_id in (select private.user_ids_under_legal_hold());
$$;

create function private.apply_retention_policy(table_name text, older_than timestamptz, max_rows integer) returns integer
  language plpgsql volatile set search_path = ''
as $$
#variable_conflict use_column
declare
  v_where text := case apply_retention_policy.table_name
    when 'meditation_memories' then 'created_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'journal_entries'     then 'created_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'user_notifications'  then 'created_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'email_logs'          then 'created_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'session_notes'       then 'created_at < $1 and author_id not in (select private.user_ids_under_legal_hold())'
                                    ' and session_id not in (select private.session_ids_under_legal_hold())'
    when 'waiting_list_entries' then 'ended_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'user_consents'       then 'revoked_at < $1 and user_id not in (select private.user_ids_under_legal_hold())'
    when 'legacy_rows'         then 'created_at < $1 and (account_id is null'
                                    ' or account_id not in (select private.user_ids_under_legal_hold()))'
    when 'webhook_deliveries'  then 'created_at < $1 and status <> ''pending'''
    when 'mails'               then 'created_at < $1 and status in (''sent'', ''dropped'')'
                                    ' and (user_id is null or user_id not in (select private.user_ids_under_legal_hold()))'
    when 'outbox'              then 'created_at < $1 and kind <> ''welcome'' and addressed_at is not null'
                                    ' and not exists (select from private.mails m where m.outbox_id = o.id)'
                                    ' and (user_id is null or user_id not in (select private.user_ids_under_legal_hold()))'
    when 'channel_events'      then 'received_at < $1 and (session_id is null or session_id not in (select'
                                    ' private.session_ids_under_legal_hold()))' end;
  c_schema constant text := case when apply_retention_policy.table_name in ('legacy_rows', 'mails', 'outbox', 'channel_events')
                                 then 'private' else 'public' end;
  v_rows  integer := 0;
begin
  if v_where is not null then
    execute format('delete from %1$I.%2$I t where t.ctid = any (array('
                   'select o.ctid from %1$I.%2$I o where %3$s order by o.%4$I limit $2 for update skip locked))',
                   c_schema, apply_retention_policy.table_name, v_where,
                   split_part(v_where, ' ', 1))  -- the oldest first
      using older_than, max_rows;
    get diagnostics v_rows = row_count;
  elsif apply_retention_policy.table_name = 'session_schedules' then
    update public.session_schedules s
       set notes = null, host_room_url = null, location_coordinates = null
     where s.id in (
       select old.id from public.session_schedules old
        where old.scheduled_at < older_than and old.status in ('completed', 'cancelled')
          and num_nonnulls(old.notes, old.host_room_url, old.location_coordinates) > 0
          and old.id not in (select private.session_ids_under_legal_hold())
        order by old.scheduled_at limit max_rows for update skip locked);
    get diagnostics v_rows = row_count;
  elsif apply_retention_policy.table_name = 'audit_logs' then
    v_rows := private.redact_audit_lines(array(
      select l.id from public.audit_logs l
       where l.created_at < older_than and l.personal_salt is not null
         and (l.user_id is null or l.user_id not in (select private.user_ids_under_legal_hold()))
       order by l.created_at limit max_rows), 'retention');
  end if;
  return v_rows;
end
$$;

-- Definer: retention deletes rows that nobody else may delete.
create function private.apply_retention(max_rows integer) returns table (table_name text, rows integer)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_policy public.data_retention_policies;
  v_before timestamptz;
  v_rows   integer;
begin
  for v_policy in select * from public.data_retention_policies p where p.auto_delete order by p.table_name loop
    v_before := now() - make_interval(days => v_policy.retention_days);
    v_rows := 0;
    begin
      v_rows := private.apply_retention_policy(v_policy.table_name, v_before, max_rows);
    exception when query_canceled or others then
      raise warning 'retention of %: %', v_policy.table_name, sqlerrm;  -- the other tables are not kept for that
    end;
    if v_rows > 0 then
      insert into public.retention_receipts as r (table_name, rows, before) values (v_policy.table_name, v_rows, v_before)
      on conflict on constraint retention_receipts_one_per_day
      do update set rows = r.rows + excluded.rows, before = excluded.before;
      return query select v_policy.table_name, v_rows;
      return;
    end if;
  end loop;

  -- At the end of a run: log entries that the auth service wrote after deleting an account, and lines not yet sealed.
  perform private.delete_auth_log_entries(e.pseudonym) from public.erasure_receipts e
    where e.account_deleted_at > now() - interval '3 days';
  perform private.seal_audit_lines();
end
$$;

create function public.apply_retention(max_rows integer default 500) returns table (table_name text, rows integer)
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.apply_retention(max_rows);
$$;
comment on function public.apply_retention is 'Applies a retention policy to one batch of rows; no row: nothing is due.';

revoke execute on function private.user_ids_under_legal_hold, private.session_ids_under_legal_hold,
  private.apply_retention_policy, private.apply_retention, public.apply_retention from public, anon, authenticated, service_role;
grant execute on function private.apply_retention, public.apply_retention to service_role;
