-- What happens to a row of session_schedules, whoever writes it: every trigger, in the order in which they fire.
--
-- PostgreSQL fires them by name within each moment, so names carry numbers, with gaps between them. All but the audit's
-- and the baseline's begin with "session_schedules_". "of status" fires where the statement itself names the column,
-- not where an earlier trigger changed it.
--
-- i: on insert, u: on update, d: on delete. At the right the chapter in which the trigger's function stands.
--
--   before the statement
--     iud refuse_gone_caller                  refuses a caller whose account is gone       privacy/refuse_gone_callers
--     u   00_lock                             takes the locks that come before rows        sessions/cancelling
--
--   before each row: what is allowed, and what the row becomes
--     d   10_cancel_class_instead_of_deleting cancels a class in which somebody has a seat sessions/cancelling
--     i   10_make_class_seat                  turns a row that joins a class into a seat   sessions/group_classes
--     u   15_refuse_credit_lot_change         refuses another credit than that it spent    sessions/booking
--     iu  20_guard                            refuses what people may not write            sessions/session_schedules
--     d   20_settle                           cancels what is deleted before its time      sessions/cancelling
--     d   22_keep_for_events               copies it into events that are not told yet  messages/address_events
--     d   23_take_time_off                    makes its time off, if that was wished       series/time_off
--     u   25_status_moves_forward             refuses to take a status back                sessions/session_states
--     u   30_set_cancelled_at                 dates the cancellation                       sessions/cancelling
--     u   30_set_status_times                 dates the start and the completion           sessions/session_states
--     u   35_authorize_cancellation           applies the terms, decides about the grace   sessions/cancelling
--     u   35_authorize_reschedule             refuses by the rules for rescheduling        sessions/rescheduling
--     iu  40_set_class_placeholder            names the leader as a class's client         sessions/group_classes
--     iu  40_set_wall_time                    sets zone and local time beside the instant  sessions/wall_time
--     iu  42_set_place                        puts the place in words, finds its studio    sessions/session_schedules
--     u   44_raise_calendar_sequence          counts the changes that calendars show       sessions/rescheduling
--     iu  45_count_participants               counts a class's seats, refuses too few      sessions/group_classes
--     u   45_keep_class                       refuses to make a class with seats 1:1       sessions/group_classes
--     u   45_keep_one_to_one                  refuses to make a class of one person's      sessions/group_classes
--     i   45_refuse_large_online_class        refuses more people than a recording shows   sessions/group_classes
--     u   45_refuse_large_online_class_change the same, where one of the two is changed    sessions/group_classes
--     iu  99_refuse_unknown_client            refuses a client without an account          privacy/erased_rows
--     u   update_session_schedules_updated_at                                              (the baseline's)
--
--   after each row: what follows from it
--     iud audit_session_schedules             writes the audit log                         privacy/audit_log
--     u   05_update_recording                 stops the recording of what has ended        recordings/consent
--     u   45_settle                           returns credits, writes the cancellation     sessions/cancelling
--     i   47_refuse_overlap                   refuses two sessions of one person at once   calendars/people_time
--     u   47_refuse_overlap_of_change         the same                                     calendars/people_time
--     u   50_change_time                      frees or moves the practitioner's time       calendars/practitioner_time
--     i   50_take_time                        reserves the practitioner's time             calendars/practitioner_time
--     u   52_record_change                    keeps what the client had agreed to          sessions/agreements
--     u   53_close_questions                  ends proposals and offers about it           sessions/substitutes
--     u   54_move_payments                    gives what is unearned to who leads it       payments/session_payments
--     u   55_copy_schedule_to_seats           moves and renames seats with their class     sessions/rescheduling
--     i   60_spend_credit                     writes the line of the ledger                sessions/booking
--     u   65_count_left_seat                  counts the class's seats                     sessions/group_classes
--     d   65_count_lost_seat                  the same                                     sessions/group_classes
--     i   65_count_new_seat                   the same                                     sessions/group_classes
--     u   66_copy_status_to_seats             begins and completes seats with their class  sessions/session_states
--     i   70_publish_booked                   publishes session_booked or class_scheduled  sessions/booking
--     u   70_publish_change                   publishes session_rescheduled or _changed    sessions/changes
--     u   70_publish_completed                publishes session_completed                  sessions/session_states
--     u   72_settle_no_show_fee               a fee for not coming is owed, or not any more fees/no_shows
--     u   75_delete_observed_attendance       deletes presence at the time before          sessions/channel_events
--     u   77_update_rating                    counts its rating, or no longer              ratings/session_ratings
--
--   after the statement, when all its rows are done
--     u   90_earn                             records the earnings of what was completed   earnings/earning_triggers
--     i   95_limit_inserted_rows              refuses more rows an hour than one may write foundation/written_rows
--     u   95_limit_updated_rows               the same                                     foundation/written_rows
--
--   at the end of the transaction
--     nothing: whoever wrote the row learns at once what is refused.

-- Before the statement.

create trigger session_schedules_00_lock before update on public.session_schedules
  for each statement when (private.is_api_caller()) execute function private.lock_own_sessions();

-- Before each row.

-- The admin page knows no other way to cancel a class than to delete it.
create trigger session_schedules_10_cancel_class_instead_of_deleting before delete on public.session_schedules
  for each row when (old.max_participants > 1 and old.group_class_id is null and private.is_api_caller())
  execute function private.cancel_class_instead_of_deleting();

-- Before the guard: the guard and the policies check the row as it will be.
create trigger session_schedules_10_make_class_seat before insert on public.session_schedules
  for each row when (new.notes like 'Joined group class:%') execute function private.make_class_seat();

-- Not for null: that is the foreign key, when a lot is deleted.
create trigger session_schedules_15_refuse_credit_lot_change before update on public.session_schedules
  for each row when (new.credit_lot_id is not null and new.credit_lot_id is distinct from old.credit_lot_id)
  execute function private.refuse_credit_lot_change();

-- Before the triggers that fill columns in on an update: it checks only what people wrote themselves.
create trigger session_schedules_20_guard before insert or update on public.session_schedules
  for each row when (private.is_api_caller()) execute function private.guard_session_schedules();

-- Only a session still to come returns a credit, and a class's own row is nobody's booking.
create trigger session_schedules_20_settle before delete on public.session_schedules
  for each row when (old.status = 'scheduled' and old.scheduled_at > now()
                     and (old.max_participants = 1 or old.group_class_id is not null))
  execute function private.settle_deleted_session();

-- For whatever is deleted, its own cancellation included.
create trigger session_schedules_22_keep_for_events before delete on public.session_schedules
  for each row execute function private.keep_session_for_events();

create trigger session_schedules_23_take_time_off before delete on public.session_schedules
  for each row when (old.status in ('scheduled', 'in_progress') and old.group_class_id is null)
  execute function private.take_time_off_of_deleted();

-- For everybody, the service and admins included: a session that is scheduled again after its cancellation would be
-- without a credit.
create trigger session_schedules_25_status_moves_forward before update of status on public.session_schedules
  for each row when (
    old.status <> new.status and (old.status, new.status) not in (
      ('scheduled', 'in_progress'), ('scheduled', 'completed'), ('scheduled', 'cancelled'),
      ('in_progress', 'completed'), ('in_progress', 'cancelled')))
  execute function private.refuse_backward_status();

-- The frontend sends its own clock's time; what counts is the server's.
create trigger session_schedules_30_set_cancelled_at before update on public.session_schedules
  for each row when (new.status = 'cancelled' and old.status <> 'cancelled')
  execute function private.set_cancelled_at();

create trigger session_schedules_30_set_status_times before update of status on public.session_schedules
  for each row when (new.status in ('in_progress', 'completed') and old.status <> new.status)
  execute function private.set_status_times();

-- Before the row is written: whether the grace is used is a column of the row.
create trigger session_schedules_35_authorize_cancellation before update of status on public.session_schedules
  for each row when (new.status = 'cancelled' and old.status <> 'cancelled') execute function private.authorize_cancellation();

create trigger session_schedules_35_authorize_reschedule before update of scheduled_at on public.session_schedules
  for each row when (new.scheduled_at <> old.scheduled_at) execute function private.authorize_reschedule();

create trigger session_schedules_40_set_class_placeholder
  before insert or update of practitioner_id, client_id on public.session_schedules
  for each row when (new.group_class_id is null and new.max_participants > 1)
  execute function private.set_class_placeholder();

-- Of time_zone and local_start too: whatever else is written there is overwritten.
create trigger session_schedules_40_set_wall_time
  before insert or update of scheduled_at, practitioner_id, time_zone, local_start on public.session_schedules
  for each row execute function private.set_wall_time();

-- Not for a seat: its place and its studio are its class's. Nor where there is none to find or to take away.
create trigger session_schedules_42_set_place before insert or update of session_location, physical_location
  on public.session_schedules
  for each row when (new.group_class_id is null and (new.session_location = 'in_person' or new.studio_id is not null))
  execute function private.set_place();

-- Only for what calendars show: a note or a reminder does not raise it.
create trigger session_schedules_44_raise_calendar_sequence before update on public.session_schedules
  for each row when (
    (new.scheduled_at, new.duration_minutes, new.practitioner_id, new.session_location, new.physical_location,
     new.class_name, new.status = 'cancelled')
    is distinct from
    (old.scheduled_at, old.duration_minutes, old.practitioner_id, old.session_location, old.physical_location,
     old.class_name, old.status = 'cancelled'))
  execute function private.raise_calendar_sequence();

-- At every write: whatever other number is written there is overwritten.
create trigger session_schedules_45_count_participants before insert or update on public.session_schedules
  for each row when (new.group_class_id is null and new.max_participants > 1)
  execute function private.set_participant_count();

-- A class in which somebody has a seat does not become a session for one.
create trigger session_schedules_45_keep_class before update of max_participants on public.session_schedules
  for each row when (new.group_class_id is null and new.max_participants = 1 and old.max_participants > 1)
  execute function private.set_participant_count();

-- Whoever has booked it would no longer be its client.
create trigger session_schedules_45_keep_one_to_one before update of max_participants on public.session_schedules
  for each row when (new.group_class_id is null and new.max_participants > 1 and old.max_participants = 1
                     and private.is_api_caller())
  execute function private.refuse_class_of_session();

-- A larger one from before can still be moved, renamed and cancelled.
create trigger session_schedules_45_refuse_large_online_class before insert on public.session_schedules
  for each row when (new.session_location = 'online' and new.group_class_id is null and new.max_participants > 1)
  execute function private.refuse_large_online_class();
create trigger session_schedules_45_refuse_large_online_class_change
  before update of max_participants, session_location on public.session_schedules
  for each row when (new.session_location = 'online' and new.group_class_id is null
                     and (new.max_participants > old.max_participants or old.session_location <> 'online'))
  execute function private.refuse_large_online_class();

-- After the triggers that fill columns in. Not for whoever calls: their account this transaction has locked already.
create trigger session_schedules_99_refuse_unknown_client before insert or update of client_id on public.session_schedules
  for each row when (new.client_id::text is distinct from current_setting('private.known_caller', true))
  execute function private.refuse_unknown_account('client_id');

-- After each row.

create trigger audit_session_schedules after insert or update or delete on public.session_schedules
  for each row execute function private.write_audit_log();

-- However a session has ended, its recording stops; and goes on when it is reopened.
create trigger session_schedules_05_update_recording after update of status on public.session_schedules for each row
  when (old.status is distinct from new.status) execute function private.update_recording_of_session();

-- Before the practitioner's time is freed: whoever then reserves it has locked a credit, and must not wait for one that
-- this transaction has locked.
create trigger session_schedules_45_settle after update of status on public.session_schedules
  for each row when (new.status = 'cancelled' and old.status <> 'cancelled')
  execute function private.settle_cancelled_session();

-- After the policies have been asked: a stranger, whose row they refuse, must not learn when somebody is busy.
-- Nor is it called for the row that a booking has just checked, under the same locks (sessions/booking.sql).
create trigger session_schedules_47_refuse_overlap after insert on public.session_schedules
  for each row when (new.status in ('scheduled', 'in_progress')
                     and new.room_name is distinct from current_setting('private.checked_room', true))
  execute function private.refuse_overlap();
create trigger session_schedules_47_refuse_overlap_of_change
  after update of scheduled_at, duration_minutes, practitioner_id, client_id on public.session_schedules
  for each row when (new.status in ('scheduled', 'in_progress')) execute function private.refuse_overlap();

create trigger session_schedules_50_change_time
  after update of status, scheduled_at, duration_minutes, practitioner_id, session_location, max_participants,
                  group_class_id
  on public.session_schedules
  for each row when (
    private.occupies_time(old) <> private.occupies_time(new)
    or (old.scheduled_at, old.duration_minutes, old.practitioner_id, old.session_location, old.max_participants > 1)
       <> (new.scheduled_at, new.duration_minutes, new.practitioner_id, new.session_location, new.max_participants > 1))
  execute function private.reserve_session_time();

-- Not for a seat: its class reserves the time.
create trigger session_schedules_50_take_time after insert on public.session_schedules
  for each row when (new.group_class_id is null) execute function private.reserve_session_time();

-- Not for a name: nobody agrees to that.
create trigger session_schedules_52_record_change after update on public.session_schedules
  for each row when (
    (new.scheduled_at, new.duration_minutes, new.practitioner_id, new.session_location, new.physical_location)
    is distinct from
    (old.scheduled_at, old.duration_minutes, old.practitioner_id, old.session_location, old.physical_location))
  execute function private.record_session_change();

create trigger session_schedules_53_close_questions after update on public.session_schedules
  for each row when ((new.scheduled_at, new.practitioner_id, new.status)
                     is distinct from (old.scheduled_at, old.practitioner_id, old.status))
  execute function private.close_questions();

create trigger session_schedules_54_move_payments after update on public.session_schedules
  for each row when (new.practitioner_id <> old.practitioner_id) execute function private.move_unearned_payments();

-- After the class has its new time: a seat's is checked against that of its class.
create trigger session_schedules_55_copy_schedule_to_seats after update on public.session_schedules
  for each row when (
    new.max_participants > 1 and new.group_class_id is null
    and (new.practitioner_id, new.scheduled_at, new.duration_minutes, new.session_location, new.physical_location,
         new.studio_id, new.class_name)
        is distinct from
        (old.practitioner_id, old.scheduled_at, old.duration_minutes, old.session_location, old.physical_location,
         old.studio_id, old.class_name))
  execute function private.copy_class_schedule_to_seats();

-- After the time is reserved: in the order of locks credits come last.
create trigger session_schedules_60_spend_credit after insert on public.session_schedules
  for each row when (new.credit_lot_id is not null) execute function private.spend_credit();

-- A seat is taken by an insert, left by a cancellation and lost by a delete; each changes what the class shows.
create trigger session_schedules_65_count_left_seat after update of status on public.session_schedules
  for each row when (new.group_class_id is not null and new.status = 'cancelled' and old.status <> 'cancelled')
  execute function private.update_class_participant_count();
create trigger session_schedules_65_count_lost_seat after delete on public.session_schedules
  for each row when (old.group_class_id is not null) execute function private.update_class_participant_count();
create trigger session_schedules_65_count_new_seat after insert on public.session_schedules
  for each row when (new.group_class_id is not null) execute function private.update_class_participant_count();

-- Not for a cancellation: 45_settle cancels the seats, each with its credit.
create trigger session_schedules_66_copy_status_to_seats after update of status on public.session_schedules
  for each row when (new.max_participants > 1 and new.group_class_id is null
                     and new.status in ('in_progress', 'completed') and old.status <> new.status)
  execute function private.copy_class_status_to_seats();

create trigger session_schedules_70_publish_booked after insert on public.session_schedules
  for each row execute function private.publish_session_booked();

-- For whatever raises the calendar's sequence but a cancellation, which has an event of its own. For every row: the
-- event of a seat that changes with its class is for the seat's client.
create trigger session_schedules_70_publish_change after update on public.session_schedules
  for each row when (
    new.status = 'scheduled' and new.scheduled_at > now()
    and (new.scheduled_at, new.duration_minutes, new.practitioner_id, new.session_location, new.physical_location,
         new.class_name)
        is distinct from
        (old.scheduled_at, old.duration_minutes, old.practitioner_id, old.session_location, old.physical_location,
         old.class_name))
  execute function private.publish_session_change();

-- Not for a class's own row, and not for what ended long ago: before `advance-sessions`, sessions were never completed,
-- and its first runs complete years of them.
create trigger session_schedules_70_publish_completed after update of status on public.session_schedules
  for each row when (new.status = 'completed' and old.status <> 'completed'
                     and (new.max_participants = 1 or new.group_class_id is not null)
                     and new.scheduled_at > now() - interval '2 days')
  execute function private.publish_session_completed();

create trigger session_schedules_72_settle_no_show_fee after update of status on public.session_schedules
  for each row when (old.status <> new.status and 'completed' in (old.status, new.status))
  execute function private.settle_no_show_fee_of_session();

-- Whoever was early for the time before the change is not present at the new one.
create trigger session_schedules_75_delete_observed_attendance after update of scheduled_at on public.session_schedules
  for each row when (new.scheduled_at <> old.scheduled_at and new.status = 'scheduled')
  execute function private.delete_observed_attendance();

-- There is none before it was completed; a reopened one has some.
create trigger session_schedules_77_update_rating after update of status, practitioner_id on public.session_schedules
  for each row when ((old.status = 'completed' or new.status = 'completed')
                     and (old.status, old.practitioner_id) is distinct from (new.status, new.practitioner_id))
  execute function private.update_rating_of_session();

-- After the statement, so that the earnings of all rows it completed are recorded in one order.
create trigger session_schedules_90_earn after update on public.session_schedules
  referencing old table as undone new table as done
  for each statement execute function private.record_completed_sessions_earnings();

-- Last: whoever waits for this count keeps nobody waiting.
create trigger session_schedules_95_limit_inserted_rows after insert on public.session_schedules
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
create trigger session_schedules_95_limit_updated_rows after update on public.session_schedules
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
