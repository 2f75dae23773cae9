-- Joining and leaving a waiting list, and the classes to come with their seats and lists.

-- Definer: people may not write entries, nor read those of others.
create function private.join_waiting_list(class_id uuid) returns public.waiting_list_entries
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_user  constant uuid := (select auth.uid());
  v_class public.session_schedules;
  v_entry public.waiting_list_entries;
  v_rules private.waiting_list_rules;
begin
  perform private.refuse_anonymous_caller(), private.lock_client(v_user);
  perform private.limit_use('waiting lists', v_user);
  v_class := private.lock_class(join_waiting_list.class_id);
  -- A second click finds what the first one made.
  select * into v_entry from public.waiting_list_entries e
   where e.class_id = v_class.id and e.user_id = v_user and e.status in ('waiting', 'kept');
  if found then
    return v_entry;
  end if;
  perform private.refuse_unfit_class(v_class, v_user);
  select * into v_rules from private.waiting_list_rules r
   where r.is_newcomer = (private.get_hold_rules(v_user)).is_newcomer;
  if not private.takes_bookings(v_class) then
    perform private.refuse(409, 'practitioner_unavailable', 'This practitioner takes no bookings at the moment.',
                           'Please choose another practitioner.');
  elsif private.get_keeping_end(v_class.scheduled_at, v_rules.is_newcomer) is null then
    perform private.refuse(409, 'waiting_list_over', 'It is too late to wait for a seat: the class begins soon.',
                           'What comes free now can be booked by whoever comes first.');
  elsif private.count_taken_seats(v_class.id) + private.count_held_seats(v_class.id, v_user) < v_class.max_participants then
    perform private.refuse(409, 'seats_are_free', 'There is a free seat in this class.', 'Take it, before somebody else does.');
  elsif v_rules.per_class <= (select count(*) from public.waiting_list_entries e
                               where e.class_id = v_class.id and e.status in ('waiting', 'kept')) then
    perform private.refuse(409, 'waiting_list_full', 'So many wait for this class that its list is full.',
                           'Please choose another class.');
  elsif v_rules.at_once <= (select count(*) from public.waiting_list_entries e
                             where e.user_id = v_user and e.status in ('waiting', 'kept')) then
    perform private.refuse(409, 'too_many_waiting_lists', format('You wait for %s classes already.', v_rules.at_once),
                           'Leave one of their lists first.');
  end if;
  insert into public.waiting_list_entries as e (class_id, user_id, told)
  values (v_class.id, v_user, private.describe_told_class(v_class))
  returning e.* into v_entry;
  perform private.publish_event('waiting_list_joined', v_user, v_class.id, jsonb_build_object(
    'entry_id', v_entry.id, 'practitioner_id', v_class.practitioner_id, 'scheduled_at', v_class.scheduled_at));
  return v_entry;
end
$$;

-- Definer: as above. Leaving again, or where one is not on the list, changes nothing.
create function private.leave_waiting_list(class_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user constant uuid := (select auth.uid());
begin
  perform private.lock_client(v_user);
  perform private.limit_use('waiting lists', v_user);
  perform private.lock_class(leave_waiting_list.class_id);
  update public.waiting_list_entries e set status = 'left', ended_at = now()
   where e.class_id = leave_waiting_list.class_id and e.user_id = v_user and e.status in ('waiting', 'kept');
end
$$;

-- The way to the list for whoever wants a seat in a full class: one mail, however often they try in a while.
create function private.publish_full_class(class public.session_schedules) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  if private.get_keeping_end(class.scheduled_at, false) is not null
     and not exists (select from public.waiting_list_entries e
                      where e.class_id = class.id and e.user_id = auth.uid() and e.status in ('waiting', 'kept'))
     and not exists (select from public.session_schedules seat
                      where seat.group_class_id = class.id and seat.client_id = auth.uid() and seat.status <> 'cancelled')
     -- Of the outbox: the mail is written later.
     and not exists (select from private.outbox o
                      where o.user_id = auth.uid() and o.kind = 'class_full' and o.session_id = class.id
                        and o.created_at > now() - interval '1 hour') then
    perform private.limit_use('picks kept', auth.uid());
    perform private.publish_event('class_full', auth.uid(), class.id, jsonb_build_object(
      'practitioner_id', class.practitioner_id, 'scheduled_at', class.scheduled_at));
  end if;
end
$$;

create type public.coming_class as (
  class_id uuid, class_name text, practitioner_name text, scheduled_at timestamptz, ends_at timestamptz, time_zone text,
  session_location text, physical_location text, max_participants integer, free_seats integer, waiting integer,
  takes_waiting boolean, is_joined boolean, my_status text, my_place integer, kept_until timestamptz
);
comment on type public.coming_class is 'A class to come, its seats and its list, and what of them is the reader''s.';
comment on column public.coming_class.free_seats is 'What the reader can still have: neither taken, held, nor waited for.';
comment on column public.coming_class.takes_waiting is 'Whether it is early enough to wait for a seat.';
comment on column public.coming_class.my_status is 'waiting or kept; null: not on the list.';
comment on column public.coming_class.my_place is 'Of those who wait: 1 is the next for whom a seat is kept.';

-- Those of the next ninety days. Where somebody waits, whoever leads it may have stopped taking bookings.
-- Definer: seats and lists are of many people, of whom it says only how many there are.
create function private.list_coming_classes(at_most integer, only_class uuid default null) returns setof public.coming_class
  language sql stable security definer set search_path = ''
as $$
  select c.id, c.class_name, p.name, c.scheduled_at, c.scheduled_at + make_interval(mins => c.duration_minutes),
         coalesce(c.time_zone, 'America/Toronto'), c.session_location,
         case when c.session_location = 'in_person' then private.describe_location(c) end, c.max_participants,
         greatest(0, c.max_participants - private.count_taken_seats(c.id) - private.count_held_seats(c.id, auth.uid())),
         (select count(*)::integer from public.waiting_list_entries e where e.class_id = c.id and e.status = 'waiting'),
         private.get_keeping_end(c.scheduled_at, false) is not null,
         exists (select from public.session_schedules seat
                  where seat.group_class_id = c.id and seat.client_id = auth.uid() and seat.status <> 'cancelled'),
         mine.status, case when mine.status = 'waiting' then private.count_waiting_before(c.id, auth.uid()) + 1 end,
         mine.kept_until
    from (select s.* from public.session_schedules s
           where s.max_participants > 1 and s.group_class_id is null and s.status = 'scheduled'
             and s.scheduled_at > now()
             and case when list_coming_classes.only_class is not null then s.id = list_coming_classes.only_class
                      -- Before they are counted: what is not shown takes nobody's place.
                      else s.scheduled_at < now() + interval '90 days' and (
                        private.takes_bookings(s) or exists (
                          select from public.waiting_list_entries e
                           where e.class_id = s.id and e.user_id = auth.uid()
                             and (e.status = 'waiting' or e.status = 'kept' and e.kept_until > now()))) end
           order by s.scheduled_at, s.id limit least(greatest(coalesce(list_coming_classes.at_most, 50), 1), 100)) c
    join public.practitioners p on p.id = c.practitioner_id
    left join public.waiting_list_entries mine
      on mine.class_id = c.id and mine.user_id = auth.uid() and mine.status in ('waiting', 'kept')
     and (mine.status = 'waiting' or mine.kept_until > now())
   order by c.scheduled_at, c.id;
$$;

create function public.list_coming_classes(at_most integer default 50) returns setof public.coming_class
  language sql stable security invoker set search_path = ''
as $$
  select * from private.list_coming_classes(list_coming_classes.at_most);
$$;
comment on function public.list_coming_classes is
  'The classes to come, with their seats and waiting lists, and where the caller stands on them.';

create function public.join_waiting_list(class_id uuid)
  returns table (entry_id uuid, status text, kept_until timestamptz)
  language sql volatile security invoker set search_path = ''
as $$
  select e.id, e.status, e.kept_until from private.join_waiting_list(join_waiting_list.class_id) e;
$$;
comment on function public.join_waiting_list is 'Waits for a seat in a full class. Joining again finds the first entry.';

create function public.leave_waiting_list(class_id uuid) returns table (success boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select private.leave_waiting_list(leave_waiting_list.class_id);
  select true;
$$;
comment on function public.leave_waiting_list is 'Waits no longer, and gives back a seat that is kept.';

revoke execute on function private.join_waiting_list, private.leave_waiting_list, private.publish_full_class,
  private.list_coming_classes, public.list_coming_classes, public.join_waiting_list, public.leave_waiting_list
  from public, anon, authenticated, service_role;
grant execute on function private.join_waiting_list, private.leave_waiting_list, private.list_coming_classes,
  public.list_coming_classes, public.join_waiting_list, public.leave_waiting_list to authenticated;
