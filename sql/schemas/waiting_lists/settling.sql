-- Settling: each minute, lists get what they are due. Seats that came free are kept for whoever has waited longest,
-- what was not taken in time goes to the next, and all are told, once, of what became of their class.
--
-- A seat may come free in many ways, some of them by the clock alone, so nothing here hangs on an event: what is, is
-- compared with what should be. Until then nobody else gets the seat (private.count_held_seats). What somebody was told
-- of the class is kept with their entry: of two moves in a minute they hear once, and not of one that was undone.

-- Whoever is paying at the deadline has until the payment ends, one way or the other.
create function private.has_lapsed(entry public.waiting_list_entries) returns boolean
  language sql stable set search_path = ''
as $$
  select (entry).status = 'kept' and (entry).kept_until <= now()
     and not exists (select from public.session_holds h
                      where h.group_class_id = (entry).class_id and h.user_id = (entry).user_id and h.status = 'held'
                        and h.expires_at > now());
$$;

create function private.count_seats_to_keep(class public.session_schedules) returns integer
  language sql stable set search_path = ''
as $$
  select case when private.get_keeping_end(class.scheduled_at, false) is null or not private.takes_bookings(class) then 0
              else class.max_participants - private.count_taken_seats(class.id)
                   - (select count(*)::integer from private.list_seat_keepers(class.id)) end;
$$;

-- The classes whose lists are due, the nearest first.
create function private.list_classes_to_settle(at_most integer) returns setof uuid
  language sql stable set search_path = ''
as $$
  select c.id
    from public.session_schedules c
   where c.id in (select e.class_id from public.waiting_list_entries e where e.status in ('waiting', 'kept'))
     and (c.status <> 'scheduled' or c.scheduled_at <= now() or not private.is_class(c)
          or exists (select from public.waiting_list_entries e
                      where e.class_id = c.id and e.status in ('waiting', 'kept')
                        and (e.told <> private.describe_told_class(c) or private.has_lapsed(e)))
          or (exists (select from public.waiting_list_entries e where e.class_id = c.id and e.status = 'waiting')
              and private.count_seats_to_keep(c) > 0))
   order by c.scheduled_at, c.id limit list_classes_to_settle.at_most;
$$;

-- Gives the number of entries that changed. The caller has locked the class.
create function private.settle_waiting_list(class public.session_schedules) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  v_entry   public.waiting_list_entries;
  v_told    public.session_schedules;
  v_facts   constant jsonb := jsonb_build_object(
    'practitioner_id', class.practitioner_id, 'scheduled_at', class.scheduled_at);
  v_is_over constant boolean := class.status <> 'scheduled' or class.scheduled_at <= now() or not private.is_class(class);
  v_until   timestamptz;
  v_changed integer := 0;
begin
  for v_entry in
    select e.* from public.waiting_list_entries e
     where e.class_id = class.id and e.status in ('waiting', 'kept') order by e.place for update
  loop
    if v_is_over then
      update public.waiting_list_entries e set status = 'closed', ended_at = now() where e.id = v_entry.id;
      -- Of a class that has begun they need not hear: no seat came free, or they did not take it.
      if class.status = 'cancelled' or not private.is_class(class) then
        perform private.publish_event('waiting_class_cancelled', v_entry.user_id, class.id, v_facts
          || private.snapshot_session(class));
      end if;
    elsif private.has_lapsed(v_entry) then
      update public.waiting_list_entries e set status = 'lapsed', ended_at = now() where e.id = v_entry.id;
      perform private.publish_event('kept_seat_lapsed', v_entry.user_id, class.id, v_facts);
    elsif v_entry.told <> private.describe_told_class(class) then
      v_told := jsonb_populate_record(class, v_entry.told);
      update public.waiting_list_entries e
         set told = private.describe_told_class(class), kept_until = least(e.kept_until, class.scheduled_at)
       where e.id = v_entry.id;
      perform private.publish_event('waiting_class_changed', v_entry.user_id, class.id, v_facts || jsonb_build_object(
        'by', 'platform', 'previous', private.list_previous_values(v_told, class)));
    else
      continue;
    end if;
    v_changed := v_changed + 1;
  end loop;

  for v_entry in
    select e.* from public.waiting_list_entries e
     where e.class_id = class.id and e.status = 'waiting' and not v_is_over order by e.place
     limit greatest(0, private.count_seats_to_keep(class))
  loop
    v_until := date_trunc('second', coalesce(
      private.get_keeping_end(class.scheduled_at, (private.get_hold_rules(v_entry.user_id)).is_newcomer),
      private.get_keeping_end(class.scheduled_at, false)));
    update public.waiting_list_entries e set status = 'kept', kept_until = v_until where e.id = v_entry.id;
    perform private.publish_event('seat_kept', v_entry.user_id, class.id, v_facts || jsonb_build_object(
      'entry_id', v_entry.id, 'answer_until', v_until));
    v_changed := v_changed + 1;
  end loop;
  return v_changed;
end
$$;

-- Definer: the service runs it, and may write none of this by itself. A class that somebody is just booking has its
-- turn a minute later; one that fails does not hold up the others.
create function private.settle_waiting_lists() returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_class   public.session_schedules;
  v_id      uuid;
  v_changed integer := 0;
begin
  for v_id in select c from private.list_classes_to_settle(50) c loop
    begin
      select s.* into v_class from public.session_schedules s where s.id = v_id for update skip locked;
      if found then
        v_changed := v_changed + private.settle_waiting_list(v_class);
      end if;
    exception when others then
      raise warning 'waiting list of class %: %', v_id, sqlerrm;
    end;
  end loop;
  return v_changed;
end
$$;

revoke execute on function private.list_classes_to_settle, private.has_lapsed, private.count_seats_to_keep,
  private.settle_waiting_list, private.settle_waiting_lists from public, anon, authenticated, service_role;
grant execute on function private.settle_waiting_lists to service_role;
