-- A room is found by its name, or by the id in it, whatever plan the server chooses.
--
-- Once there are many sessions and a connection has asked a few times, the server looks in both indexes at once, and then it
-- reads every name as if it ended in an id: `invalid input syntax for type uuid`, and nobody gets a token. An `and` does not
-- keep its second half from being computed; a `case` does.

-- Definer: the class's row is not the participant's own, and the seat must not depend on who may read it.
create or replace function private.my_seat(channel_name text, session_id uuid) returns private.seat
  language plpgsql stable security definer set search_path = ''
as $$
declare
  v_caller uuid := (select auth.uid());
  v_named  public.session_schedules;
  v_class  public.session_schedules;
  v_host   boolean;
begin
  if session_id is not null then
    select * into v_named from public.session_schedules s where s.id = my_seat.session_id;
  else
    select * into v_named from public.session_schedules s
     where s.room_name = my_seat.channel_name
        or s.id = case when my_seat.channel_name ~ '^session-[0-9a-f]{32}$' then right(my_seat.channel_name, 32)::uuid end;
  end if;
  if v_named.id is null then
    return null;
  end if;

  v_class := v_named;
  if v_named.group_class_id is not null then
    select * into v_class from public.session_schedules s where s.id = v_named.group_class_id;
  end if;
  v_host := exists (select from public.practitioners p where p.id = v_class.practitioner_id and p.user_id = v_caller);
  if v_host
     -- One to one: the client's own row. A class's own row names an administrator there, who has no seat by that.
     or (v_class.group_class_id is null and coalesce(v_class.max_participants, 1) <= 1 and v_class.client_id = v_caller)
     or exists (select from public.session_schedules mine
                 where mine.group_class_id = v_class.id and mine.client_id = v_caller and mine.status <> 'cancelled') then
    return row (v_class, v_host)::private.seat;
  end if;
  return null;
end;
$$;
