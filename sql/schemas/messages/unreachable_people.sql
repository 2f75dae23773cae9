-- People whom mails do not reach: their address has refused one for good, and no other is sent there.
--
-- It lasts until they have another address, or an operator queues the failed mail again (`resolve_mail`). Whoever leads
-- a session of theirs that is to come sees it, and can say so when they meet; admins see all of them. Not the address:
-- that is in `email_logs`, for admins and its owner.

create index mails_refused_user_id_idx on private.mails (user_id)
  where status = 'failed' and status_reason = 'inactive_recipient';

-- Since when; null: mails arrive, as far as is known.
create function private.find_unreachable_since(user_id uuid) returns timestamptz
  language sql stable set search_path = ''
as $$
  select min(m.ended_at) from private.mails m join auth.users u on u.id = m.user_id
   where m.user_id = find_unreachable_since.user_id and m.status = 'failed' and m.status_reason = 'inactive_recipient'
     and m.recipient_email = u.email;
$$;

-- Definer: nobody reads mails, or everybody's sessions. So it checks who is calling.
create function private.list_unreachable_people() returns table (user_id uuid, since timestamptz, meets_at timestamptz)
  language sql stable security definer set search_path = ''
as $$
  select refused.user_id, refused.since, next.meets_at
    from (select m.user_id, private.find_unreachable_since(m.user_id) as since
            from private.mails m where m.status = 'failed' and m.status_reason = 'inactive_recipient'
           group by m.user_id) refused
    cross join lateral (
      select min(s.scheduled_at) as meets_at from public.session_schedules s
       where s.client_id = refused.user_id and s.status = 'scheduled' and s.scheduled_at > now()
         -- A class's own row names an admin; its seats name the participants.
         and (s.max_participants = 1 or s.group_class_id is not null)
         and ((select private.is_admin()) or s.practitioner_id = any (array(select private.my_practitioner_ids())))) next
   where refused.since is not null
     and ((select private.is_admin()) or next.meets_at is not null or refused.user_id = (select auth.uid()));
$$;

create view public.unreachable_people with (security_invoker = true) as
  select l.user_id, f.full_name as name, l.since, l.meets_at
    from private.list_unreachable_people() l
    left join lateral (select x.full_name from public.profiles x where x.id = l.user_id limit 1) f on true;
comment on view public.unreachable_people is
  'Whom mails do not reach: for admins all, for a practitioner the clients of sessions to come, and oneself.';
comment on column public.unreachable_people.user_id is 'Whose it is.';
comment on column public.unreachable_people.name is 'Of whom.';
comment on column public.unreachable_people.since is 'When mail to them first came back.';
comment on column public.unreachable_people.meets_at is 'When their next session begins.';

revoke all on public.unreachable_people from anon, authenticated, service_role;
grant select on public.unreachable_people to authenticated;
revoke execute on function private.find_unreachable_since, private.list_unreachable_people
  from public, anon, authenticated, service_role;
grant execute on function private.list_unreachable_people to authenticated;
