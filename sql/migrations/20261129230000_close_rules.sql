-- Closing: rules and what follows from a row, on tables that were there; rows from before open the ledgers.
--
-- To be pushed when the functions have been switched (docs/runbook.md). The way back: sql/adoption/back/close_rules.sql.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- adoption/closing/begin_rules.sql

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


-- privacy/audit_log.sql

-- The audit log: who did what to which row. Triggers write what changes, record_audit_log what no trigger can see.
--
-- A line names the columns that changed, and gives a value only where it is of a kind that says nothing about a person:
-- an id, a time, a state, a number of minutes or cents. The log outlives the rows it is about: whole rows, as the
-- baseline's triggers kept them, would store notes, memories and bank names a second time where nobody may delete them.
--
-- Lines are only added; privacy/audit_chain.sql enforces that and makes it visible if one was changed or removed.

-- The id of who did it stays when their account is deleted; it then leads to nobody.
alter table public.audit_logs
  drop constraint if exists audit_logs_user_id_fkey;

-- The baseline's triggers kept whole rows, and went on without a line when it could not be written.
drop trigger if exists audit_session_schedules_insert on public.session_schedules;

drop trigger if exists audit_session_schedules_update on public.session_schedules;

drop trigger if exists audit_session_schedules_delete on public.session_schedules;

drop trigger if exists audit_session_notes_insert on public.session_notes;

drop trigger if exists audit_session_notes_update on public.session_notes;

drop trigger if exists audit_session_notes_delete on public.session_notes;

drop trigger if exists audit_meditation_memories_insert on public.meditation_memories;

drop trigger if exists audit_meditation_memories_update on public.meditation_memories;

drop trigger if exists audit_meditation_memories_delete on public.meditation_memories;

drop trigger if exists audit_session_payments_insert on public.session_payments;

drop trigger if exists audit_session_payments_update on public.session_payments;

-- Of the baseline's tables these and session_schedules are audited; tables of ours have their trigger in their own
-- chapter.
create trigger audit_session_notes after insert or update or delete on public.session_notes
  for each row execute function private.write_audit_log();

create trigger audit_meditation_memories after insert or update or delete on public.meditation_memories
  for each row execute function private.write_audit_log();

create trigger audit_session_payments after insert or update or delete on public.session_payments
  for each row execute function private.write_audit_log();

create trigger audit_user_roles after insert or update or delete on public.user_roles
  for each row execute function private.write_audit_log();


-- privacy/audit_chain.sql

-- The lines that the baseline wrote begin the chain. First their copies of rows are reduced to what a line holds today.
-- It is done here, because once the triggers exist nobody can change a line, and because the first new line follows on
-- them in the chain.
with salted as (
  update public.audit_logs l
     set personal_salt = uuid_send(gen_random_uuid()),
         metadata = case when l.metadata ?| array['data', 'old_data', 'new_data', 'deleted_data']
                          and l.action in ('INSERT', 'UPDATE', 'DELETE')
                         then (l.metadata - array['data', 'old_data', 'new_data', 'deleted_data'])
                              || private.build_audit_change(
                                   coalesce(l.metadata -> 'old_data', l.metadata -> 'deleted_data'),
                                   coalesce(l.metadata -> 'new_data', l.metadata -> 'data'))
                         else l.metadata end
   where l.personal_salt is null and l.personal_sha256 is null
  returning l.id)
insert into private.audit_seal_queue (line_id) select s.id from salted s;

update public.audit_logs l set personal_sha256 = private.hash_audit_personal_part(l) where l.personal_sha256 is null;

alter table public.audit_logs
  alter column personal_sha256 set not null;

select private.seal_audit_lines();

create trigger audit_logs_prepare before insert on public.audit_logs
  for each row execute function private.prepare_audit_line();

create constraint trigger audit_logs_seal after insert on public.audit_logs
  deferrable initially deferred for each row execute function private.seal_audit_lines_at_commit();

create trigger audit_logs_refuse_change before update or delete on public.audit_logs
  for each row execute function private.refuse_audit_log_change();

create trigger audit_logs_refuse_truncate before truncate on public.audit_logs
  for each statement execute function private.refuse_audit_log_change();

-- At the end: an older line beyond them would have stopped the updates above.
alter table public.audit_logs
  add constraint audit_logs_texts_are_short check ( char_length(table_name) <= 63 and char_length(ip_address) <= 100 and char_length(user_agent) <= 1000) not valid,
  add constraint audit_logs_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint audit_logs_hashes_are_whole check ( octet_length(personal_salt) <= 32 and octet_length(personal_sha256) = 32) not valid;


-- people/practitioners.sql

alter table public.practitioners
  add constraint practitioners_name_is_short check (char_length(name) <= 200) not valid,
  add constraint practitioners_bio_is_short check (char_length(bio) <= 10000) not valid,
  add constraint practitioners_specialization_is_short check (char_length(specialization) <= 500) not valid,
  add constraint practitioners_avatar_url_is_short check (char_length(avatar_url) <= 2000) not valid,
  add constraint practitioners_half_hour_rate_is_in_range check (half_hour_rate between 0 and 10000) not valid;

create trigger practitioners_refuse_nameless before insert or update of name on public.practitioners
  for each row execute function private.refuse_nameless_practitioner();

-- For people, who get a hint what to do instead. The foreign keys of both tables hold against everybody.
create trigger practitioners_refuse_removal before delete on public.practitioners
  for each row when (private.is_api_caller()) execute function private.refuse_practitioner_removal();


-- people/profiles.sql

alter table public.user_preferences
  add constraint user_preferences_country_is_short check (char_length(country) <= 100) not valid,
  add constraint user_preferences_timezone_is_short check (char_length(timezone) <= 100) not valid,
  add constraint user_preferences_language_is_short check (char_length(language) <= 35) not valid,
  add constraint user_preferences_detected_at_is_in_range check ( detected_at between '2000-01-01' and '2100-01-01') not valid,
  add constraint user_preferences_updated_at_is_in_range check ( updated_at between '2000-01-01' and '2100-01-01') not valid;


-- calendars/practitioner_hours.sql

create trigger practitioners_create_calendar after insert on public.practitioners
  for each row execute function private.create_calendar();

-- Here and not in the backfill: the wall time of each session, which is never null, is by its practitioner's calendar.
-- Whoever had no hours could be booked at any time, and stays so until they say otherwise.
insert into public.practitioner_calendars (practitioner_id, is_always_open)
select p.id, not exists (select from public.practitioner_availability a where a.practitioner_id = p.id)
  from public.practitioners p
on conflict (practitioner_id) do nothing;  -- the adoption makes them earlier

-- The baseline accepted hours that overlap; they are merged, as the constraint below requires.
with overlapping as (
  delete from public.practitioner_availability a
   where a.start_time < a.end_time
     and exists (
       select from public.practitioner_availability b
        where b.practitioner_id = a.practitioner_id and b.day_of_week = a.day_of_week and b.id <> a.id
          and b.start_time < b.end_time and b.start_time < a.end_time and a.start_time < b.end_time)
  returning a.practitioner_id, a.day_of_week, private.minutes_of_day(a.start_time, a.end_time) as minutes
),
merged as (
  select practitioner_id, day_of_week, unnest(range_agg(minutes)) as minutes
    from overlapping group by practitioner_id, day_of_week
)
insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time)
select practitioner_id, day_of_week, (lower(minutes) / 60 || ':' || lower(minutes) % 60)::time,
       (upper(minutes) / 60 || ':' || upper(minutes) % 60)::time
  from merged;

alter table public.practitioner_availability
  add constraint practitioner_availability_starts_before_it_ends check (start_time < end_time) not valid,
  add constraint practitioner_availability_never_overlaps exclude using gist ( practitioner_id with =, day_of_week with =, (private.minutes_of_day(start_time, end_time)) with &&) where (start_time < end_time);

create trigger practitioner_availability_check_added
  before insert or update of practitioner_id, day_of_week, start_time, end_time on public.practitioner_availability
  for each row when (new.start_time < new.end_time) execute function private.check_added_hours();


-- payments/catalogue.sql

alter table public.session_packages
  drop constraint if exists session_packages_session_count_key;

create unique index session_packages_one_per_type_and_size on public.session_packages (session_type_id, session_count)
  where is_active;  -- a checkout asks for the package of a type and size

-- Those of the baseline.
update public.session_packages set is_active = false where session_type_id is null and is_active;

insert into public.session_packages (name, session_count, price_cad, price_usd, session_type_id, is_group, session_type)
select p.session_count || ' Session Package - ' || t.name || case when t.is_group then ' Group' else ' 1:1' end
         || case when t.session_type = 'laying' then ' Laying' else '' end,
       p.session_count, p.price_cad, p.price_usd, t.id, t.is_group, t.session_type
  from (values
    (45, 'standing', false,  5,  470.00, 343.10),
    (45, 'standing', false, 10,  910.00, 664.30),
    (45, 'laying',   false,  5,  470.00, 343.10),
    (45, 'laying',   false, 10,  910.00, 664.30),
    (60, 'standing', false,  5,  590.00, 430.70),
    (60, 'standing', false, 10, 1150.00, 839.50),
    (45, 'standing', true,   5,  420.00, 306.60),
    (45, 'standing', true,  10,  810.00, 591.30),
    (45, 'laying',   true,   5,  420.00, 306.60),
    (45, 'laying',   true,  10,  810.00, 591.30),
    (60, 'standing', true,   5,  550.00, 401.50),
    (60, 'standing', true,  10, 1080.00, 788.40)
  ) p (duration_minutes, session_type, is_group, session_count, price_cad, price_usd)
  join public.session_types t using (duration_minutes, session_type, is_group)
 -- A platform in use may have them already, at prices of its own.
 where not exists (select from public.session_packages e
                    where (e.session_type_id, e.session_count) = (t.id, p.session_count));

-- At the end: an older row beyond them would have stopped the update above.
alter table public.session_types
  add constraint session_types_name_is_short check (char_length(name) <= 200) not valid,
  add constraint session_types_prices_are_in_range check ( price_cad between 0 and 100000 and price_usd between 0 and 100000) not valid,
  add constraint session_types_stripe_ids_are_short check ( char_length(stripe_price_id_cad) <= 255 and char_length(stripe_price_id_usd) <= 255) not valid,
  add constraint session_types_times_are_in_range check ( created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01') not valid;

alter table public.session_packages
  add constraint session_packages_name_is_short check (char_length(name) <= 200) not valid,
  add constraint session_packages_prices_are_in_range check ( price_cad between 0 and 100000 and price_usd between 0 and 100000) not valid,
  add constraint session_packages_stripe_ids_are_short check ( char_length(stripe_price_id_cad) <= 255 and char_length(stripe_price_id_usd) <= 255) not valid,
  add constraint session_packages_times_are_in_range check ( created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01') not valid;

alter table public.products
  add constraint products_name_is_short check (char_length(name) <= 200) not valid,
  add constraint products_slug_is_short check (char_length(slug) <= 200) not valid,
  add constraint products_description_is_short check (char_length(description) <= 10000) not valid,
  add constraint products_image_url_is_short check (char_length(image_url) <= 2000) not valid,
  add constraint products_prices_are_in_range check ( price_cad between 0 and 100000 and price_usd between 0 and 100000) not valid,
  add constraint products_stripe_ids_are_short check ( char_length(stripe_price_id_cad) <= 255 and char_length(stripe_price_id_usd) <= 255) not valid,
  add constraint products_inventory_count_is_in_range check (inventory_count between 0 and 1000000) not valid,
  add constraint products_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint products_times_are_in_range check ( created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01') not valid;


-- sessions/session_schedules.sql

alter table public.session_schedules
  drop constraint if exists session_schedules_client_id_fkey,
  add constraint session_schedules_have_seats check ( max_participants between 1 and 1000 and current_participants between 0 and 1000) not valid,
  add constraint session_schedules_class_is_not_in_itself check (group_class_id <> id) not valid,
  add constraint session_schedules_seat_is_for_one check (group_class_id is null or max_participants = 1) not valid;

-- The proof behind `already_joined`, whatever code comes later.
create unique index session_schedules_one_seat_per_person on public.session_schedules (group_class_id, client_id)
  where group_class_id is not null and status <> 'cancelled';


-- sessions/wall_time.sql

-- Older sessions, here and not in the backfill, because the columns are not null from here on. Nobody changed these
-- sessions, so no trigger fires: neither the audit log nor updated_at is to show a change.
alter table public.session_schedules
  disable trigger user;

update public.session_schedules s
   set time_zone = c.time_zone, local_start = s.scheduled_at at time zone c.time_zone
  from public.practitioner_calendars c
 where c.practitioner_id = s.practitioner_id
   and (s.time_zone, s.local_start) is distinct from (c.time_zone, s.scheduled_at at time zone c.time_zone);

alter table public.session_schedules
  enable trigger user;

alter table public.session_schedules
  alter column time_zone set not null,
  alter column local_start set not null;

-- Here and not beside the columns: an older row beyond them would have stopped the update above.
alter table public.session_schedules
  add constraint session_schedules_scheduled_at_is_in_range check ( scheduled_at between '2000-01-01' and '2100-01-01') not valid,
  add constraint session_schedules_duration_minutes_is_in_range check (duration_minutes between 1 and 1440) not valid,
  add constraint session_schedules_room_name_is_short check (char_length(room_name) <= 255) not valid,
  add constraint session_schedules_notes_is_short check (char_length(notes) <= 10000) not valid,
  add constraint session_schedules_host_room_url_is_short check (char_length(host_room_url) <= 2000) not valid,
  add constraint session_schedules_class_name_is_short check (char_length(class_name) <= 200) not valid,
  add constraint session_schedules_physical_location_is_short check (char_length(physical_location) <= 500) not valid,
  add constraint session_schedules_cancelled_at_is_in_range check ( cancelled_at between '2000-01-01' and '2100-01-01') not valid,
  add constraint session_schedules_time_zone_is_short check (char_length(time_zone) <= 100) not valid,
  add constraint session_schedules_local_start_is_in_range check ( local_start between '2000-01-01' and '2100-01-01') not valid;


-- sessions/notes_and_checklists.sql

alter table public.session_notes
  add constraint session_notes_content_is_short check (char_length(content) <= 10000) not valid;

alter table public.action_checklist
  add constraint action_checklist_title_is_short check (char_length(title) <= 500) not valid,
  add constraint action_checklist_description_is_short check (char_length(description) <= 10000) not valid,
  add constraint action_checklist_due_date_is_in_range check (due_date between '2000-01-01' and '2100-01-01') not valid,
  add constraint action_checklist_priority_is_in_range check (priority between -1000 and 1000) not valid;

create trigger action_checklist_guard before update on public.action_checklist
  for each row execute function private.guard_action_checklist();


-- credits/credit_lots.sql

alter table public.user_session_credits
  add constraint user_session_credits_owed_is_not_negative check (credits_owed >= 0) not valid,
  add constraint user_session_credits_have_length_and_form_or_neither check ( (duration_minutes is null) = (is_group is null)) not valid,
  add constraint user_session_credits_duration_is_in_range check (duration_minutes between 1 and 1440) not valid;

alter table public.user_session_credits
  add constraint user_session_credits_credits_are_in_range check ( credits_remaining <= 10000 and credits_owed <= 10000) not valid,
  add constraint user_session_credits_texts_are_short check ( char_length(stripe_payment_intent_id) <= 255 and char_length(order_id) <= 255) not valid,
  add constraint user_session_credits_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint user_session_credits_times_are_in_range check ( purchased_at between '2000-01-01' and '2100-01-01' and expires_at between '2000-01-01' and '2100-01-01' and created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01' and cancellation_policy_agreed_at between '2000-01-01' and '2100-01-01') not valid;

create trigger user_session_credits_set_form before insert or update of session_type_id on public.user_session_credits
  for each row when (new.session_type_id is not null) execute function private.set_lot_form();

-- Here and not in the backfill: before the ledger's triggers, for lots sold earlier.
update public.user_session_credits c set duration_minutes = t.duration_minutes, is_group = t.is_group
  from public.session_types t where t.id = c.session_type_id;


-- credits/credit_ledger.sql

create trigger user_session_credits_open after insert on public.user_session_credits for each row
  when (new.credits_remaining > 0) execute function private.record_opening_credits();

create trigger user_session_credits_check_against_ledger before update on public.user_session_credits for each row
  when (new.credits_remaining <> old.credits_remaining or new.id <> old.id or new.user_id <> old.user_id)
  execute function private.check_credits_against_ledger();


-- credits/credit_ends.sql

alter table public.user_session_credits
  add constraint user_session_credits_end_told_is_in_range check (end_told between '2000-01-01' and '2100-01-01') not valid;


-- payments/session_payments.sql

alter table public.session_payments
  add constraint session_payments_cents_add_up check ( checkout_id is null or practitioner_share + platform_share + refunded_amount = total_amount) not valid,
  add constraint session_payments_credits_add_up check ( credit_lot_id is null or practitioner_share + platform_share + refunded_amount = total_amount) not valid;

create unique index session_payments_one_per_credit_seat on public.session_payments (session_id)
  where credit_lot_id is not null;

alter table public.session_payments
  add constraint session_payments_texts_are_short check ( char_length(currency) <= 10 and char_length(status) <= 50 and char_length(stripe_payment_intent_id) <= 255) not valid,
  add constraint session_payments_paid_out_at_is_in_range check ( paid_out_at between '2000-01-01' and '2100-01-01') not valid,
  add constraint session_payments_earned_at_is_in_range check (earned_at between '2000-01-01' and '2100-01-01') not valid;


-- recordings/consent.sql

create trigger user_consents_40_stop_recordings after update on public.user_consents for each row
  when (old.consent_type = 'session_recording' and old.consented and old.revoked_at is null
        and (not new.consented or new.revoked_at is not null))
  execute function private.stop_recordings_without_consent();

create trigger user_consents_10_stop_recordings_on_delete after delete on public.user_consents for each row
  when (old.consent_type = 'session_recording' and old.consented and old.revoked_at is null)
  execute function private.stop_recordings_without_consent();


-- recordings/recording_erasure_queue.sql

insert into public.data_retention_policies (table_name, retention_days, auto_delete, description)
values ('session_recordings', 2555, true,
        'Recordings, seven years from their end; purge-recordings erases them with their files')
on conflict (table_name) do nothing;

-- Other triggers stop a recording that is still on (consent.sql); it is erased once it has ended.
create trigger user_consents_30_queue_recordings after update on public.user_consents for each row
  when (old.consent_type = 'session_recording' and old.consented and old.revoked_at is null
        and (not new.consented or new.revoked_at is not null))
  execute function private.queue_recordings_without_consent();

create trigger user_consents_30_queue_recordings_on_delete after delete on public.user_consents for each row
  when (old.consent_type = 'session_recording' and old.consented and old.revoked_at is null)
  execute function private.queue_recordings_without_consent();

create trigger user_consents_10_unqueue_recordings after insert or update on public.user_consents for each row
  when (new.consent_type = 'session_recording' and new.consented and new.revoked_at is null)
  execute function private.unqueue_recordings();


-- signatures/contract_lifecycle.sql

create trigger practitioners_withdraw_offers before delete on public.practitioners
  for each row execute function private.withdraw_unanswered_offers();

create trigger practitioners_offer_contract after insert on public.practitioners
  for each row execute function private.offer_newest_contract();

create trigger user_roles_offer_contract after insert or update of role, user_id on public.user_roles
  for each row when (new.role = 'practitioner') execute function private.offer_newest_contract();


-- earnings/earning_triggers.sql

create trigger session_payments_earn after insert or update of status on public.session_payments
  for each row when (new.checkout_id is null and new.credit_lot_id is null)
  execute function private.earn_late_paid_seat();


-- earnings/payments_page.sql

-- Order matters: the payouts lock is taken before the rows' own locks, and by writers of this column only. Whoever
-- changes what a payment is worth holds its row already, and never writes this column.
create trigger session_payments_10_lock_payouts before update of paid_out_at on public.session_payments
  for each statement execute function private.lock_payouts_first();

create trigger session_payments_15_skip_not_owed before update of paid_out_at on public.session_payments
  for each row when (old.paid_out_at is null and new.paid_out_at is not null and private.is_api_caller())
  execute function private.skip_payment_not_owed();

create trigger session_payments_20_guard_status before update of status, paid_out_at on public.session_payments
  for each row execute function private.guard_payment_status();

create trigger session_payments_30_settle_payouts after update on public.session_payments
  referencing old table as old_rows new table as new_rows
  for each statement execute function private.settle_payouts_of_marked_payments();

create trigger session_payments_40_refuse_nothing after update on public.session_payments
  referencing new table as new_rows
  for each statement when (private.is_api_caller() and private.is_admin())
  execute function private.refuse_nothing_to_pay_out();


-- messages/outbox.sql

-- Order matters: their names put them after users_create_profile, because a welcome names people by their profile.
create trigger users_welcome after insert on auth.users
  for each row execute function private.publish_welcome_of_account();

create trigger users_welcome_when_confirmed after update on auth.users
  for each row
  when (to_jsonb(old) ->> 'email_confirmed_at' is null and to_jsonb(new) ->> 'email_confirmed_at' is not null)
  execute function private.publish_welcome_of_account();


-- messages/user_notifications.sql

-- An open page shows a new one at once, by realtime. Where that is not installed, there is no such publication.
do $$
begin
  if exists (select from pg_catalog.pg_publication where pubname = 'supabase_realtime') then
    alter publication supabase_realtime add table public.user_notifications;
  end if;
end
$$;


-- privacy/consents.sql

alter table public.user_consents
  add constraint user_consents_version_is_short check (char_length(version) <= 100) not valid,
  add constraint user_consents_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint user_consents_texts_are_short check ( char_length(ip_address) <= 100 and char_length(user_agent) <= 1000 and char_length(revoked_ip_address) <= 100) not valid;

-- When somebody agreed or withdrew is the server's time, whoever writes.
create trigger user_consents_set_times before insert or update on public.user_consents
  for each row execute function private.set_consent_times();

create trigger user_consents_20_record_history after insert or update or delete on public.user_consents
  for each row execute function private.record_consent_history();


-- privacy/memories_and_access_grants.sql

alter table public.meditation_memories
  add constraint meditation_memories_content_is_short check (char_length(content) <= 50000) not valid,
  add constraint meditation_memories_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint meditation_memories_session_date_is_in_range check ( session_date between '2000-01-01' and '2100-01-01') not valid,
  add constraint meditation_memories_created_at_is_in_range check ( created_at between '2000-01-01' and '2100-01-01') not valid;

alter table public.access_grants
  add constraint access_grants_reason_is_short check (char_length(reason) <= 1000) not valid,
  add constraint access_grants_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint access_grants_expires_at_is_in_range check ( expires_at between '2000-01-01' and '2100-01-01') not valid,
  add constraint access_grants_revoked_at_is_in_range check ( revoked_at between '2000-01-01' and '2100-01-01') not valid;


-- privacy/erased_rows.sql

-- Erased rows: what is deleted with an account, what stays without the person, and how evidence loses what they wrote.
--
--   deleted   account, profile, preferences, roles, journal, memories, notes, recommendations, consents, notifications,
--             mails and their log, holds, links, room numbers, banking, answers under idempotency keys; recordings
--             through the erasure queue
--   kept      sessions, seats, attendance, credits and both ledgers, payments, refunds, cancellations, fees, waivers,
--             contracts and their signatures, consent history, audit log, ratings: ids, times, amounts, states, hashes,
--             stars. Names, addresses, agents, images and what people wrote are blanked. The id is the pseudonym: no
--             table leads from it to a person. Of who had a session or gave some, a profile without a name: pages join
--             it.
--
-- Which rows are deleted is read from the foreign keys on auth.users: a table that is added later and cascades is
-- covered.

-- Sessions, credits, cancellations and attendance are about money and about other people, so an account can be deleted
-- without them. They keep the id; it then leads to nobody. In the baseline these ids were foreign keys to
-- auth.users that cascaded: deleting an account deleted the practitioner's earnings with it. Payments, checkouts,
-- waivers and the ledgers have none either. That an account is there when the row is written is checked by trigger:
-- each column that names a person has a foreign key to auth.users or that trigger. tests/sql/test_people_columns.py
-- lists the few with neither, where the person follows from another row.
alter table public.practitioners
  drop constraint if exists practitioners_user_id_fkey;

alter table public.user_session_credits
  drop constraint if exists user_session_credits_user_id_fkey;

-- Those of tables that each booking writes are not called for whoever calls, whose account this transaction has locked
-- already (refuse_gone_callers.sql).

-- By name after the triggers that fill columns in. That of session_schedules stands with its others.
create trigger practitioners_99_refuse_unknown_account before insert or update of user_id on public.practitioners
  for each row execute function private.refuse_unknown_account('user_id');

create trigger user_session_credits_99_refuse_unknown_account
  before insert or update of user_id on public.user_session_credits
  for each row execute function private.refuse_unknown_account('user_id');

create trigger session_notes_99_refuse_unknown_account
  after insert or update of author_id on public.session_notes
  for each row execute function private.refuse_unknown_account('author_id');

create trigger meditation_memories_99_refuse_unknown_account
  after insert or update of user_id on public.meditation_memories
  for each row execute function private.refuse_unknown_account('user_id');

create trigger audit_logs_99_refuse_unknown_account
  after insert or update of user_id on public.audit_logs
  for each row when (new.user_id::text is distinct from current_setting('private.known_caller', true))
  execute function private.refuse_unknown_account('user_id');


-- privacy/erase_accounts.sql

create trigger users_erase_account before delete on auth.users
  for each row execute function private.erase_deleted_account();

create trigger users_record_erasure after delete on auth.users
  for each row execute function private.erase_deleted_account();


-- privacy/retention.sql

alter table public.data_retention_policies
  add constraint data_retention_policies_table_name_is_short check (char_length(table_name) <= 63) not valid,
  add constraint data_retention_policies_retention_days_is_in_range check ( retention_days between 0 and 36500) not valid,
  add constraint data_retention_policies_description_is_short check (char_length(description) <= 1000) not valid,
  add constraint data_retention_policies_times_are_in_range check ( created_at between '2000-01-01' and '2100-01-01' and updated_at between '2000-01-01' and '2100-01-01') not valid;

insert into public.data_retention_policies (table_name, retention_days, auto_delete, description) values
  ('email_logs',         365, true, 'What became of mails, a year'),
  ('user_notifications', 365, true, 'Messages on the pages, a year'),
  ('legacy_rows',        365, true, 'Rows from before the adoption that could not be taken, a year'),
  ('webhook_deliveries',  90, true, 'What other systems were told, three months'),
  ('mails',              365, true, 'Mails that were sent, a year; those that failed stay until somebody looks at them'),
  ('waiting_list_entries', 365, true, 'Who waited for a seat in a class, a year after it was over'),
  ('outbox',             365, true, 'Events that mails and webhooks were made from, a year'),
  ('channel_events',      90, true, 'Who came and went in a video room, as Agora reported it, three months')
on conflict (table_name) do nothing;


-- foundation/written_rows.sql

create trigger limit_inserted_rows after insert on public.access_grants
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_inserted_rows after insert on public.action_checklist
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_inserted_rows after insert on public.meditation_memories
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_inserted_rows after insert on public.practitioner_availability
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_inserted_rows after insert on public.session_notes
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_inserted_rows after insert on public.user_consents
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_updated_rows after update on public.session_notes
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();

create trigger limit_updated_rows after update on public.user_consents
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();


-- sessions/session_schedules_triggers.sql

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


-- privacy/refuse_gone_callers.sql

do $$
declare
  v_table regclass;
begin
  for v_table in
    select c.oid::regclass from pg_catalog.pg_class c
     where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
     order by c.oid::regclass::text
  loop
    execute format('create trigger refuse_gone_caller before insert or update or delete on %s'
                   ' for each statement when ((current_setting(''request.jwt.claims'', true)'
                   '                           = current_setting(''private.known_claims'', true)) is not true)'
                   ' execute function private.refuse_gone_caller()', v_table);
  end loop;
end
$$;


-- backfill/calendars.sql

-- The time of sessions booked earlier. The one booked first gets it; sessions that are over reserve none, and one that
-- overlaps an earlier one gets none: `private.practitioner_time_conflicts` lists those.
--
-- Order matters: it stands before whatever changes old sessions. A change reserves time through the trigger, in the
-- order of the changes, and is refused where two overlap.

-- Nothing, unless the rules did not hold for a while since they first did.
delete from private.practitioner_time t where t.session_id is not null;
insert into private.practitioner_time (practitioner_id, during, session_id, occasion, location_kind)
select s.practitioner_id, private.add_buffers(s.scheduled_at, s.duration_minutes, c), s.id,
       private.get_occasion(s), s.session_location
  from public.session_schedules s join public.practitioner_calendars c on c.practitioner_id = s.practitioner_id
 where private.occupies_time(s) and s.duration_minutes > 0
   and s.scheduled_at + make_interval(mins => s.duration_minutes) > now()
 order by s.created_at, s.id
on conflict do nothing;


-- backfill/credits.sql

-- Opening balances: a lot of an existing installation opens with the credits it has.
--
-- The lots have these numbers already, so nothing is posted to them and their rows are not touched. Order matters:
-- until a lot has its opening line, any other line of it gives a wrong sum.

alter table public.credit_ledger disable trigger credit_ledger_post;
insert into public.credit_ledger (lot_id, user_id, change, kind, reason, actor, created_at)
select c.id, c.user_id, c.credits_remaining - private.sum_credit_ledger(c.id), 'purchase', 'Opening balance', null, c.purchased_at
  from public.user_session_credits c where c.credits_remaining > private.sum_credit_ledger(c.id);
-- Credits that were spent by hand while the rules did not hold, after they first did.
insert into public.credit_ledger (lot_id, user_id, change, kind, reason, actor)
select c.id, c.user_id, c.credits_remaining - private.sum_credit_ledger(c.id), 'adjustment', 'Spent before the rules held', null
  from public.user_session_credits c where c.credits_remaining < private.sum_credit_ledger(c.id);
alter table public.credit_ledger enable trigger credit_ledger_post;

-- What was booked with one of these credits while no trigger spent it: where functions were switched before the rules
-- held. A lot without credits is nobody's any more, and the session counts as not booked with it.
with unspent as (
  select s.id, s.client_id, s.credit_lot_id, s.status, c.credits_remaining,
         row_number() over (partition by s.credit_lot_id order by s.created_at, s.id) as number
    from public.session_schedules s join public.user_session_credits c on c.id = s.credit_lot_id and c.user_id = s.client_id
   where s.status <> 'cancelled'
     and not exists (select from public.credit_ledger l where l.session_id = s.id and l.kind = 'spend'))
insert into public.credit_ledger (lot_id, user_id, change, kind, session_id, actor)
select u.credit_lot_id, u.client_id, -1, 'spend', u.id, null from unspent u where u.number <= u.credits_remaining;


-- backfill/privacy.sql

-- What is known of consents from before they had a history. The address in them came from a header that anybody could
-- write, so it is no evidence and is not taken over. Nor is more than a line of the history holds.

insert into public.consent_history (user_id, consent_type, consented, version, metadata, recorded_at)
select c.user_id, c.consent_type, c.consented and c.revoked_at is null, left(c.version, 100),
       case when char_length(c.metadata::text) <= 10000 then c.metadata end,
       case when c.consented and c.revoked_at is null then c.consent_date
            else coalesce(c.revoked_at, c.consent_date) end
  from public.user_consents c
 -- A consent that was changed since has its line from the trigger.
 where not exists (select from public.consent_history h
                    where (h.user_id, h.consent_type) = (c.user_id, c.consent_type))
 order by c.created_at;


-- adoption/closing/end_rules.sql

-- The moment: what ended before it earns nothing, mails nobody and makes nobody a no-show. Where nothing had happened yet
-- there is no such moment.
update private.adoption a set adopted_at = now()
 where exists (select from public.session_schedules);
call legacy.keep_state('close_rules', true);
