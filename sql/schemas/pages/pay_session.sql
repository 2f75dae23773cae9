-- The page at which somebody pays for what they picked and had no fitting credit for, by the link that they are mailed.
--
-- The refusal names the page's short address; whoever opens it without a link is told to look into their mail. The link
-- leads to their last pick, so that one mail is enough for all that they try in a while. The page shows what it is and
-- leads on to the website's own checkout, where price and cancellation policy stand: it sells nothing itself.
--
-- The mail about a bank that did not pay leads here too, by a link to that one checkout, so that it can be paid again.

-- Definer: people may not publish events.
create function private.publish_session_to_pay() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from private.outbox o
                  where o.user_id = new.user_id and o.kind = 'session_to_pay' and o.created_at > now() - interval '15 minutes') then
    perform private.publish_event('session_to_pay', new.user_id);
  end if;
  return null;
end
$$;

create trigger refused_picks_70_publish after insert or update on public.refused_picks
  for each row execute function private.publish_session_to_pay();

-- What was picked, or not paid for by a bank (`has_failed`); and why it cannot be had any more, if there is a reason.
-- Definer: its callers are not signed in.
create function private.read_session_to_pay(token text)
  returns table (practitioner_id uuid, practitioner_name text, scheduled_at timestamptz, ends_at timestamptz,
                 time_zone text, session_type_id uuid, name text, session_type text, duration_minutes integer,
                 is_group boolean, session_location text, physical_location text, group_class_id uuid, has_failed boolean,
                 reason text)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_link private.page_links := private.open_page_link(read_session_to_pay.token, 'pay_session');
begin
  return query
    select k.practitioner_id, p.name, k.scheduled_at, k.scheduled_at + make_interval(mins => t.duration_minutes),
           coalesce(private.find_user_time_zone(k.user_id), c.time_zone, 'UTC'), t.id, coalesce(class.class_name, t.name),
           t.session_type, t.duration_minutes, t.is_group, k.session_location, k.physical_location, k.group_class_id,
           k.has_failed,
           case when k.group_class_id is null
                then (select s.reason from private.check_starts(k.practitioner_id, array[k.scheduled_at], t.duration_minutes,
                                                                k.user_id) s)
                when class.status is distinct from 'scheduled' then 'class_not_open'
                when class.scheduled_at <= now() then 'class_over'
                when private.count_taken_seats(class.id) + private.count_held_seats(class.id, k.user_id)
                     >= class.max_participants then 'class_full' end
      from (select r.user_id, r.practitioner_id, r.scheduled_at, r.session_type_id, r.session_location, r.physical_location,
                   r.group_class_id, false as has_failed
              from public.refused_picks r where v_link.subject is null and r.user_id = v_link.user_id
            union all
            select c.user_id, c.practitioner_id, c.scheduled_at, c.session_type_id, coalesce(c.session_location, 'online'),
                   c.physical_location, c.group_class_id, true
              from public.checkout_sessions c
             where c.id = v_link.subject::uuid and c.user_id = v_link.user_id and c.payment_type = 'single') k
      join public.practitioners p on p.id = k.practitioner_id
      join public.session_types t on t.id = k.session_type_id and t.is_active
      left join public.practitioner_calendars c on c.practitioner_id = k.practitioner_id
      left join public.session_schedules class on class.id = k.group_class_id;
  if not found then
    perform private.refuse(404, 'nothing_picked', 'There is nothing to pay for.', 'Choose a time on the website first.');
  end if;
end
$$;

create function public.read_session_to_pay(token text)
  returns table (practitioner_id uuid, practitioner_name text, scheduled_at timestamptz, ends_at timestamptz,
                 time_zone text, session_type_id uuid, name text, session_type text, duration_minutes integer,
                 is_group boolean, session_location text, physical_location text, group_class_id uuid, has_failed boolean,
                 reason text)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_session_to_pay(read_session_to_pay.token);
$$;
comment on function public.read_session_to_pay is 'By a link in a mail: what is to be paid, and until when.';

revoke execute on function private.publish_session_to_pay, private.read_session_to_pay, public.read_session_to_pay
  from public, anon, authenticated, service_role;
grant execute on function private.read_session_to_pay, public.read_session_to_pay to anon;
