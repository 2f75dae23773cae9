-- All at one moment, as in the closing file before.
do $$
begin
  lock table public.session_schedules, public.practitioners, public.practitioner_availability, public.practitioner_assignments,
    public.user_session_credits, public.session_payments, public.session_notes,
    public.action_checklist, public.session_types, public.session_packages, public.products, public.user_roles,
    public.user_consents, public.user_preferences, public.access_grants, public.meditation_memories,
    public.data_retention_policies, public.audit_logs,
    public.action_recommendations, public.cancellation_policy, public.email_logs, public.liability_waivers,
    public.practitioner_banking, public.practitioner_contracts, public.profiles, public.session_cancellations,
    public.session_recordings, public.studio_locations, public.user_notifications, public.waiver_policy
    in access exclusive mode;
end
$$;

-- For the way back.
call legacy.keep_state('close_rights', false);

-- What went on until now ends: the policies of pages and functions that have been switched, and what received their rows.
do $$
declare
  v_thing record;
begin
  for v_thing in select p.* from legacy.policies p where p.until_closing and to_regclass(p.table_name) is not null loop
    execute format('drop policy if exists %I on %s', v_thing.name, v_thing.table_name);
  end loop;
  for v_thing in select t.tgrelid::regclass::text as table_name from pg_catalog.pg_trigger t where t.tgname = 'legacy_receive' loop
    execute format('drop trigger legacy_receive on %s', v_thing.table_name);
  end loop;
end
$$;
drop function if exists public.increment_group_class_participants(uuid, integer);
revoke execute on function private.is_drawing from authenticated;
