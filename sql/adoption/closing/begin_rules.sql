-- Everything that follows happens at one moment for whoever writes: all tables are locked before the first is changed, in
-- one order, so that nobody who holds one of them and wants another stands in the way.
do $$
begin
  lock table public.session_schedules, public.practitioners, public.practitioner_availability, public.practitioner_assignments,
    public.user_session_credits, public.session_payments, public.session_notes,
    public.action_checklist, public.session_types, public.session_packages, public.products, public.user_roles,
    public.user_consents, public.user_preferences, public.access_grants, public.meditation_memories,
    public.data_retention_policies, public.audit_logs in access exclusive mode;
end
$$;

-- For the way back.
call legacy.keep_state('close_rules', false);
call legacy.take_up_parked_functions();

-- Seats: the text "Joined group class: <id>" becomes a link. Whoever joined a class twice has one seat, the first; the
-- second is cancelled. A row whose class is gone, or none, is a session for one, as which it was counted.
do $$
begin
  create temporary table joined on commit drop as
    select s.id, s.client_id, class.id as class_id,
           row_number() over (partition by class.id, s.client_id, s.status = 'cancelled' order by s.created_at, s.id) as number,
           s.status = 'cancelled' as is_cancelled
      from public.session_schedules s
      left join public.session_schedules class
        on class.id::text = lower(substring(s.notes from '^Joined group class: ([0-9A-Fa-f-]{36})'))
       and class.id <> s.id and class.max_participants > 1
       and class.notes is distinct from s.notes and coalesce(class.notes, '') not like 'Joined group class:%'
     where s.notes like 'Joined group class:%' and s.group_class_id is null;

  insert into private.legacy_rows (table_name, row_id, reason, row_data, account_id)
  select 'session_schedules', s.id,
         case when j.class_id is null then 'joined a class that is gone' else 'a second seat of one person in a class' end,
         legacy.shorten(to_jsonb(s)), u.id
    from joined j join public.session_schedules s on s.id = j.id left join auth.users u on u.id = s.client_id
   where j.class_id is null or (j.number > 1 and not j.is_cancelled);

  alter table public.session_schedules disable trigger user;
  update public.session_schedules s
     set group_class_id = j.class_id, max_participants = 1, current_participants = 1,
         status = case when j.class_id is not null and j.number > 1 and s.status <> 'completed' then 'cancelled' else s.status end,
         cancelled_at = case when j.class_id is not null and j.number > 1 and s.status in ('scheduled', 'in_progress')
                             then coalesce(s.cancelled_at, now()) else s.cancelled_at end
    from joined j where j.id = s.id and not (j.class_id is not null and j.number > 1 and s.status = 'completed');
  -- Held twice by one person: one of them is evidence enough.
  update public.session_schedules s set max_participants = 1, current_participants = 1
    from joined j where j.id = s.id and j.class_id is not null and j.number > 1 and s.status = 'completed';

  -- Of a class its leader is the client, and its seats are counted.
  update public.session_schedules s
     set client_id = p.user_id,
         current_participants = least((select count(*) from public.session_schedules seat
                                        where seat.group_class_id = s.id and seat.status <> 'cancelled'), 1000)
    from public.practitioners p
   where p.id = s.practitioner_id and s.max_participants > 1 and s.group_class_id is null;

  -- A grace that was used is told by the note alone: nobody gets it again.
  insert into public.session_cancellations (session_id, user_id, cancelled_at, cancellation_type, reason)
  select s.id, s.client_id, coalesce(s.cancelled_at, s.updated_at), 'grace', left(s.notes, 10000)
    from public.session_schedules s
   where s.status = 'cancelled' and (s.grace_cancellation_used or s.notes like '%(Grace cancellation used)%')
     and not exists (select from public.session_cancellations c where c.session_id = s.id)
     and exists (select from legacy.homes);
  alter table public.session_schedules enable trigger user;
end
$$;
