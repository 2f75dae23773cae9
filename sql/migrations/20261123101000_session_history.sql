-- Session history: everybody's own sessions, past and to come, with what belongs to each; filtered as any table is.
--
-- A client's are those they booked and their seats; a practitioner's those they lead, a class once; an admin's all. What the
-- caller may not read (another's recording) is null, as the tables beneath decide.

create view public.session_history with (security_invoker = true) as
  select s.id, s.scheduled_at, s.duration_minutes, s.time_zone, s.local_start, s.status, s.cancelled_at,
         s.client_id, s.practitioner_id, p.name as practitioner_name, p.avatar_url as practitioner_avatar_url,
         s.session_type_id, t.name as session_type_name, t.session_type,
         s.max_participants > 1 as is_group, s.class_name, s.group_class_id, s.current_participants, s.max_participants,
         s.session_location, s.physical_location,
         case when s.credit_lot_id is not null then 'credit' when paid.id is not null then 'payment' end as paid_with,
         c.cancellation_type, c.credit_returned,
         r.id as recording_id, r.status as recording_status, r.recording_url,
         case when s.status = 'completed' then '/journal?session_id=' || s.id end as journal_path
    from public.session_schedules s
    left join public.practitioners p on p.id = s.practitioner_id
    left join public.session_types t on t.id = s.session_type_id
    left join public.session_recordings r on r.session_id = s.id and r.status <> 'failed'
    left join lateral (select x.id from public.session_payments x where x.session_id = s.id limit 1) paid on true
    left join lateral (select x.cancellation_type, x.credit_returned from public.session_cancellations x
                        where x.session_id = s.id order by x.cancelled_at limit 1) c on true
   -- Everybody sees open classes in the table; in a history they have no place before one has a seat.
   where (s.client_id = (select auth.uid()) and (s.max_participants = 1 or s.group_class_id is not null))
      or (s.practitioner_id = any (array(select private.my_practitioner_ids())) and s.group_class_id is null)
      or (select private.is_admin());
comment on view public.session_history is 'One''s own sessions. Filter by session_type, is_group, scheduled_at, practitioner_id, status.';

revoke all on public.session_history from anon, authenticated, service_role;
grant select on public.session_history to authenticated;
