-- Exporting data: everything that is known of a person, each row that is theirs and where their files are.
--
-- Which tables are read follows from the foreign keys on auth.users, as for erasing; tables without one are named. Of
-- other people there is the practitioner's name and nothing else: a practitioner's export has nothing about their
-- clients, a participant's has no recording in which others are seen. Technical columns (hashes of links, leases) are
-- left out.

create function private.exported_row(whole_row jsonb) returns jsonb
  language sql stable set search_path = ''
as $$
  select whole_row
       - array['token_sha256', 'key_sha256', 'password_scrypt', 'embedding', 'signature_image', 'lease_id', 'lease_until', 'host_room_url',
               'practitioner_share', 'platform_share', 'revenue_share_id', 'approved_by', 'decided_by', 'requested_by', 'placed_by',
               'verified_by', 'actor', 'grantee_id', 'account_number_encrypted', 'routing_number_encrypted']
      || coalesce((select jsonb_build_object('practitioner_name', p.name) from public.practitioners p
                    where (whole_row ->> 'practitioner_id')::uuid in (p.id, p.user_id) limit 1), '{}');
$$;

-- Definer: people may not read all that is about them in the tables, such as the address they signed from.
create function private.export_rows(user_id uuid) returns table (name text, rows jsonb)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  c_user        constant uuid := export_rows.user_id;
  -- As arrays, which lead into an index; of a list the planner expects much, and reads everybody's rows for it.
  c_mine        constant uuid[] := array(select s.id from public.session_schedules s
                                          where s.client_id = c_user and not private.is_class(s));
  c_checkouts   constant uuid[] := array(select c.id from public.checkout_sessions c where c.user_id = c_user);
  v_foreign_key record;
begin
  for v_foreign_key in
    select t.relname as name, c.conrelid::regclass as "table", a.attname as "column"
      from pg_catalog.pg_constraint c
      join pg_catalog.pg_class t on t.oid = c.conrelid
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
     where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'c' and cardinality(c.conkey) = 1
       and t.relnamespace = 'public'::regnamespace
       -- The other end of a relation is somebody else's row.
       and a.attname in ('id', 'user_id', 'client_id', 'grantor_id', 'created_by')
       and t.relname <> 'user_notifications'
  loop
    return query execute format(
      'select %L::text, jsonb_agg(private.exported_row(to_jsonb(t))) from %s t where t.%I = $1',
      v_foreign_key.name, v_foreign_key."table", v_foreign_key."column") using c_user;
  end loop;

  return query
    with mine as (
      select s.* from public.session_schedules s where s.client_id = c_user and not private.is_class(s)
    ), hosting as (
      select p.* from public.practitioners p where p.user_id = c_user
    ), led as (
      select s.* from public.session_schedules s where s.practitioner_id in (select h.id from hosting h)
    ), exported (name, exported_row) as (
      select 'account', jsonb_build_object('id', u.id, 'email', u.email, 'created_at', u.created_at,
                                           'last_sign_in_at', u.last_sign_in_at, 'metadata', u.raw_user_meta_data)
        from auth.users u where u.id = c_user
      union all select 'profiles', to_jsonb(p) from public.profiles p where p.id = c_user
      union all select 'chosen_language', to_jsonb(c) - 'user_id' from private.chosen_languages c where c.user_id = c_user
      union all select 'sessions', to_jsonb(s) - 'correlated_session_id' from mine s
      union all select 'session_series', to_jsonb(r) || jsonb_build_object('session_ids', (
               select coalesce(jsonb_agg(l.session_id order by l.on_date), '[]') from public.session_series_sessions l
                where l.series_id = r.id))
        from public.session_series r where r.client_id = c_user
      -- A private note is its author's; a shared one is for both.
      union all select 'session_notes', to_jsonb(n) - 'author_id' || jsonb_build_object('is_mine', n.author_id = c_user)
        from public.session_notes n
       where n.session_id = any (c_mine) and (n.author_id = c_user or n.visibility = 'shared')
      union all select 'session_cancellations', to_jsonb(c) from public.session_cancellations c
       where c.user_id = c_user or c.session_id = any (c_mine)
      union all select 'session_attendance', to_jsonb(a) from public.session_attendance a where a.user_id = c_user
      union all select 'session_recordings', jsonb_build_object(
               'id', r.id, 'session_id', r.session_id, 'status', r.status, 'started_at', r.started_at,
               'ended_at', r.ended_at, 'duration_seconds', r.duration_seconds)
        from public.session_recordings r where r.session_id = any (c_mine)
      union all select 'recording_views', jsonb_build_object(
               'recording_id', v.recording_id, 'viewed_at', v.viewed_at, 'link_kind', v.link_kind, 'from', v.masked_address)
        from public.recording_views v
       where v.recording_id = any (array(select r.id from public.session_recordings r where r.session_id = any (c_mine)))
      union all select 'session_ratings', to_jsonb(r) - array['decision_reason', 'is_counted']
        from public.session_ratings r where r.session_id = any (c_mine)
      union all select 'memories', to_jsonb(m) from public.meditation_memories m where m.user_id = c_user
      union all select 'notifications', to_jsonb(n) - case when n.related_id in (select l.id from led l)
                                                           then array['title', 'message'] else '{}' end
        from public.user_notifications n where n.user_id = c_user
      union all select 'consent_history', to_jsonb(h) from public.consent_history h where h.user_id = c_user
      union all select 'waivers', to_jsonb(w) from public.liability_waivers w where w.user_id = c_user
      union all select 'credits', to_jsonb(c) from public.user_session_credits c where c.user_id = c_user
      union all select 'credit_ledger', to_jsonb(l) from public.credit_ledger l where l.user_id = c_user
      union all select 'checkouts', to_jsonb(c) from public.checkout_sessions c where c.user_id = c_user
      union all select 'fees', to_jsonb(f) - 'forgiven_by' from public.owed_fees f where f.user_id = c_user
      union all select 'payments', to_jsonb(p) from public.session_payments p where p.client_id = c_user
      union all select 'refunds', to_jsonb(r) from private.payment_refunds r
       where r.checkout_id = any (c_checkouts)
      union all select 'refunds_at_stripe', to_jsonb(r) from private.stripe_refunds r
       where r.checkout_id = any (c_checkouts)
      union all select 'disputes', to_jsonb(d) from private.payment_disputes d
       where d.checkout_id = any (c_checkouts)
      union all select 'calendar_addresses', jsonb_build_object('created_at', f.created_at, 'fetched_at', f.fetched_at)
        from private.calendar_feeds f where f.user_id = c_user
      union all select 'audit_log', jsonb_build_object(
               'created_at', l.created_at, 'action', l.action, 'table_name', l.table_name, 'record_id', l.record_id,
               'ip_address', l.ip_address, 'user_agent', l.user_agent)
        from public.audit_logs l where l.user_id = c_user
      -- A practitioner
      union all select 'practitioner', to_jsonb(h) from hosting h
      union all select 'led_sessions', jsonb_build_object(
               'id', l.id, 'scheduled_at', l.scheduled_at, 'duration_minutes', l.duration_minutes, 'status', l.status,
               'session_location', l.session_location, 'class_name', l.class_name) from led l
      -- The words are their clients'; whoever is rated reads them by list_my_ratings.
      union all select 'ratings_received', jsonb_build_object('stars', r.stars, 'month', r.month)
        from private.list_received_ratings(c_user, '-infinity', 500) r
      union all select 'availability', to_jsonb(a) from public.practitioner_availability a join hosting h on h.id = a.practitioner_id
      union all select 'time_off', to_jsonb(t) from public.practitioner_time_off t join hosting h on h.id = t.practitioner_id
      -- Of the addresses only where they lead: whoever has one reads all of that calendar.
      union all select 'other_calendars', jsonb_build_object(
               'host', private.get_host(b.address), 'read_at', b.read_at, 'entries', b.entries, 'created_at', b.created_at)
        from private.busy_calendars b join hosting h on h.id = b.practitioner_id
      union all select 'banking', to_jsonb(b) from public.practitioner_banking b join hosting h on h.id = b.practitioner_id
      union all select 'contracts', to_jsonb(c) from public.practitioner_contracts c join hosting h on h.id = c.practitioner_id
      union all select 'contract_signatures', to_jsonb(s) from public.contract_signatures s where s.user_id = c_user
      union all select 'payouts', to_jsonb(p) from public.payouts p join hosting h on h.id = p.practitioner_id
      union all select 'earnings', to_jsonb(t) - 'reason' || jsonb_build_object('amount_minor', (
               select sum(p.amount_minor) from public.ledger_postings p
                where p.transaction_id = t.id and p.account = 'practitioner_payable'))
        from public.ledger_transactions t join hosting h on h.id = t.practitioner_id
    )
    select t.name, jsonb_agg(private.exported_row(t.exported_row)) from exported t group by t.name;
end
$$;

-- Definer: files are listed in schema private, which people do not read.
create function private.export_files(user_id uuid) returns table (name text, content bytea, storage_path text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select 'signatures/waiver-' || w.id || '.png', w.signature_image, null::text
      from public.liability_waivers w where w.user_id = export_files.user_id and w.signature_image is not null
    union all
    select 'signatures/contract-' || s.contract_id || '.png', s.signature_image, null
      from public.contract_signatures s where s.user_id = export_files.user_id and s.signature_image is not null
    union all
    -- Of sessions of two, as the client may watch them. In a class others are seen, and a practitioner sees clients.
    (select 'recordings/' || r.id || '/' || regexp_replace(f.storage_path, '^.*/', ''), null, f.storage_path
       from public.session_schedules s
      cross join lateral (select x.id from public.session_recordings x
                           where x.session_id = s.id and x.class_recording_id is null and x.completed_at is not null limit 1) r
       join private.recording_takes t on t.recording_id = r.id and t.status = 'completed'
       join private.recording_files f on f.take_id = t.id
      where s.client_id = export_files.user_id and not private.is_class(s)
        and r.id not in (select private.closed_recording_ids())
      order by r.id, t.number, f.position);
end
$$;

create function public.export_my_data(user_id uuid, ip_address text default null, user_agent text default null)
  returns table (name text, rows jsonb, content bytea, storage_path text)
  language plpgsql volatile security invoker set search_path = '' set statement_timeout = '60s'
as $$
#variable_conflict use_column
declare
  c_function constant text := 'export_my_data';
begin
  perform private.limit_use('data exports', export_my_data.user_id);
  insert into public.audit_logs (user_id, action, table_name, record_id, ip_address, user_agent)
  values (export_my_data.user_id, 'EXPORT', c_function, export_my_data.user_id, export_my_data.ip_address,
          export_my_data.user_agent);
  return query
    select r.name, r.rows, null::bytea, null::text from private.export_rows(export_my_data.user_id) r where r.rows is not null
    union all
    select f.name, null, f.content, f.storage_path from private.export_files(export_my_data.user_id) f;
end
$$;
comment on function public.export_my_data is
  'All that is known of a person, and their files. How often is limited; each export is in the audit log.';

revoke execute on function private.exported_row, private.export_rows, private.export_files, public.export_my_data
  from public, anon, authenticated, service_role;
-- Not granted to authenticated: the address and agent are what the server saw.
grant execute on function private.export_rows, private.export_files, public.export_my_data
  to service_role;
