-- from restate_sessions.sql
-- Triggers fire in the order of their names; the numbers leave room for what comes before and after the guard.
create trigger session_schedules_20_guard before insert or update on public.session_schedules
  for each row execute function private.guard_session_schedules();

-- from close_what_is_open.sql
create trigger audit_session_schedules after insert or update or delete on public.session_schedules
  for each row execute function private.write_audit_log();

-- from cancellation_policy.sql
-- The frontend sends its own clock's time along; what counts is when we heard of it.
create trigger session_schedules_30_date_cancellation before update on public.session_schedules
  for each row when (new.status = 'cancelled' and old.status <> 'cancelled')
  execute function private.date_cancellation();

-- from add_in_person_sessions.sql
-- Before the guard: what the guard and the policies judge is the row as it will be.
create trigger session_schedules_10_link_group_class before insert on public.session_schedules
  for each row when (new.notes like 'Joined group class:%') execute function private.link_group_class();

-- from recording_needs_consent.sql
create trigger ending_a_session_stops_its_recording after update of status on public.session_schedules for each row
  when (new.status in ('cancelled', 'completed') and old.status is distinct from new.status)
  execute function private.stop_recording_of_ended_session();

-- from sessions_keep_wall_time.sql
create trigger session_schedules_40_keep_wall_time
  before insert or update of scheduled_at, practitioner_id, time_zone, local_start on public.session_schedules
  for each row execute function private.keep_wall_time();

-- from practitioner_time.sql
create trigger session_schedules_50_take_time after insert on public.session_schedules
  for each row when (new.group_class_id is null) execute function private.take_session_time();

-- from practitioner_time.sql
create trigger session_schedules_50_take_other_time
  after update of status, scheduled_at, duration_minutes, practitioner_id, session_location, max_participants, group_class_id
  on public.session_schedules
  for each row when (
    private.takes_time(old) <> private.takes_time(new)
    or (old.scheduled_at, old.duration_minutes, old.practitioner_id, old.session_location, old.max_participants > 1)
       <> (new.scheduled_at, new.duration_minutes, new.practitioner_id, new.session_location, new.max_participants > 1))
  execute function private.take_session_time();

-- from book_sessions.sql
create trigger session_schedules_60_spend_credit after insert on public.session_schedules
  for each row when (new.credit_lot_id is not null) execute function private.spend_credit();

-- from book_sessions.sql
-- Erasing a person takes their credits away, and only that sets it to null.
create trigger session_schedules_15_keep_credit_lot before update on public.session_schedules
  for each row when (new.credit_lot_id is not null and new.credit_lot_id is distinct from old.credit_lot_id)
  execute function private.keep_credit_lot();

-- from book_sessions.sql
-- Not for a class's own row: nobody is booked by that.
create trigger session_schedules_70_tell_of_booking after insert on public.session_schedules
  for each row when (new.max_participants = 1 or new.group_class_id is not null) execute function private.tell_of_booking();

-- from join_classes.sql
create trigger session_schedules_45_count_participants before insert or update on public.session_schedules
  for each row when (new.group_class_id is null and new.max_participants > 1) execute function private.count_participants();

-- from join_classes.sql
-- Somebody in it makes a class of what is made a session for one.
create trigger session_schedules_45_keep_class before update of max_participants on public.session_schedules
  for each row when (new.group_class_id is null and new.max_participants = 1 and old.max_participants > 1)
  execute function private.count_participants();

-- from join_classes.sql
create trigger session_schedules_65_count_new_seat after insert on public.session_schedules
  for each row when (new.group_class_id is not null) execute function private.recount_class();

-- from join_classes.sql
create trigger session_schedules_65_count_left_seat after update of status on public.session_schedules
  for each row when (new.group_class_id is not null and new.status = 'cancelled' and old.status <> 'cancelled')
  execute function private.recount_class();

-- from join_classes.sql
create trigger session_schedules_65_count_lost_seat after delete on public.session_schedules
  for each row when (old.group_class_id is not null) execute function private.recount_class();

-- from cancel_sessions.sql
create trigger session_schedules_00_lock before update on public.session_schedules
  for each statement when (private.is_person()) execute function private.lock_own_sessions();

-- from cancel_sessions.sql
-- For everybody, the service and admins included: a session taken up again would be one whose credit was given back.
create trigger session_schedules_25_status_moves_forward before update of status on public.session_schedules
  for each row when (
    old.status <> new.status and (old.status, new.status) not in (
      ('scheduled', 'in_progress'), ('scheduled', 'completed'), ('scheduled', 'cancelled'),
      ('in_progress', 'completed'), ('in_progress', 'cancelled')))
  execute function private.refuse_backward_status();

-- from cancel_sessions.sql
create trigger session_schedules_35_agree_to_cancel before update of status on public.session_schedules
  for each row when (new.status = 'cancelled' and old.status <> 'cancelled') execute function private.agree_to_cancel();

-- from cancel_sessions.sql
-- Before the practitioner's time is free: who then takes it holds a credit, and must not wait for one that we hold.
create trigger session_schedules_45_settle after update of status on public.session_schedules
  for each row when (new.status = 'cancelled' and old.status <> 'cancelled')
  execute function private.settle_cancelled_session();

-- from cancel_sessions.sql
-- The admin page knows no other way to cancel a class than to delete it.
create trigger session_schedules_10_cancel_class_instead before delete on public.session_schedules
  for each row when (old.max_participants > 1 and old.group_class_id is null and private.is_person())
  execute function private.cancel_class_instead();

-- from cancel_sessions.sql
create trigger session_schedules_20_settle before delete on public.session_schedules
  for each row when (old.status = 'scheduled' and old.scheduled_at > now()
                     and (old.max_participants = 1 or old.group_class_id is not null))
  execute function private.settle_deleted_session();

-- from reschedule_sessions.sql
create trigger session_schedules_35_agree_to_move before update of scheduled_at on public.session_schedules
  for each row when (new.scheduled_at <> old.scheduled_at) execute function private.agree_to_move();

-- from reschedule_sessions.sql
create trigger session_schedules_55_move_seats after update on public.session_schedules
  for each row when (
    new.max_participants > 1 and new.group_class_id is null
    and (new.practitioner_id, new.scheduled_at, new.duration_minutes, new.session_location, new.physical_location,
         new.class_name, new.max_participants)
        is distinct from
        (old.practitioner_id, old.scheduled_at, old.duration_minutes, old.session_location, old.physical_location,
         old.class_name, old.max_participants))
  execute function private.move_seats();

-- from reschedule_sessions.sql
create trigger session_schedules_70_tell_of_move after update of scheduled_at on public.session_schedules
  for each row when (new.scheduled_at <> old.scheduled_at) execute function private.tell_of_move();

-- from earned_seats.sql
create trigger session_schedules_47_earn after update on public.session_schedules
  referencing old table as undone new table as done
  for each statement execute function private.earn_completed_sessions();

-- from sessions_move.sql
create trigger session_schedules_30_date_move before update of status on public.session_schedules
  for each row when (new.status in ('in_progress', 'completed') and old.status <> new.status)
  execute function private.date_move();

-- from sessions_move.sql
create trigger session_schedules_65_move_seats_along after update of status on public.session_schedules
  for each row when (new.max_participants > 1 and new.group_class_id is null
                     and new.status in ('in_progress', 'completed') and old.status <> new.status)
  execute function private.move_seats_along();

-- from session_attendance.sql
-- Not for a class's own row, and not of what ended long ago: before there was a driver, sessions were never completed, and
-- its first rounds tidy up years of them.
create trigger session_schedules_70_tell_of_completion after update of status on public.session_schedules
  for each row when (new.status = 'completed' and old.status <> 'completed'
                     and (new.max_participants = 1 or new.group_class_id is not null)
                     and new.scheduled_at > now() - interval '2 days')
  execute function private.tell_of_completion();

-- from channel_events.sql
-- Who was early for the time it was moved away from is not there at the new one.
create trigger session_schedules_75_forget_attendance after update of scheduled_at on public.session_schedules
  for each row when (new.scheduled_at <> old.scheduled_at and new.status = 'scheduled')
  execute function private.forget_attendance();

-- from calendar_sequence.sql
create trigger session_schedules_44_raise_calendar_sequence before update on public.session_schedules
  for each row when (
    (new.scheduled_at, new.duration_minutes, new.practitioner_id, new.session_location, new.physical_location, new.class_name,
     new.status = 'cancelled')
    is distinct from
    (old.scheduled_at, old.duration_minutes, old.practitioner_id, old.session_location, old.physical_location, old.class_name,
     old.status = 'cancelled'))
  execute function private.raise_calendar_sequence();

-- from accounts_can_go.sql
-- After the triggers that fill columns in.
create trigger session_schedules_99_client_is_there before insert or update of client_id on public.session_schedules
  for each row execute function private.refuse_unknown_account('client_id');
