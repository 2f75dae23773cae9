-- From sql/schemas: backfill/calendars, backfill/people, backfill/credits, backfill/earnings, backfill/privacy, backfill/validate_constraints.

-- Functions name what later chapters make.
set check_function_bodies = off;


-- backfill/calendars.sql

-- The time of sessions booked earlier. The one booked first gets it; sessions that are over reserve none, and one that
-- overlaps an earlier one gets none: `private.practitioner_time_conflicts` lists those.
--
-- Order matters: it stands before whatever changes old sessions. A change reserves time through the trigger, in the
-- order of the changes, and is refused where two overlap.

insert into private.practitioner_time (practitioner_id, during, session_id, occasion, location_kind)
select s.practitioner_id, private.add_buffers(s.scheduled_at, s.duration_minutes, c), s.id,
       private.get_occasion(s), s.session_location
  from public.session_schedules s join public.practitioner_calendars c on c.practitioner_id = s.practitioner_id
 where private.occupies_time(s) and s.duration_minutes > 0
   and s.scheduled_at + make_interval(mins => s.duration_minutes) > now()
 order by s.created_at, s.id
on conflict do nothing;


-- backfill/people.sql

-- Everybody who signed up before there were profiles has one, from what they said at sign-up. From then on the triggers
-- on auth.users keep it.

insert into public.profiles (id, email, full_name, avatar_url, phone_number, date_of_birth, address)
select p.id, p.email, p.full_name, p.avatar_url, p.phone_number, p.date_of_birth, p.address
  from auth.users u cross join private.read_profile(u) p
on conflict (id) do nothing;  -- who signed up since has one by now


-- backfill/credits.sql

-- Opening balances: a lot of an existing installation opens with the credits it has.
--
-- The lots have these numbers already, so nothing is posted to them and their rows are not touched. Order matters:
-- until a lot has its opening line, any other line of it gives a wrong sum.

alter table public.credit_ledger disable trigger credit_ledger_post;
insert into public.credit_ledger (lot_id, user_id, change, kind, reason, actor, created_at)
select c.id, c.user_id, c.credits_remaining, 'purchase', 'Opening balance', null, c.purchased_at
  from public.user_session_credits c where c.credits_remaining > 0;
alter table public.credit_ledger enable trigger credit_ledger_post;


-- backfill/earnings.sql

-- Earnings of an existing installation: the ledger opens with what is owed for sessions that were held and paid, and
-- with what was paid out of it by hand.
--
-- After the backfills of sessions and credits, whose rows it reads. On an empty database it does nothing.

-- Nobody has changed these payments, so no trigger fires: neither the audit log nor updated_at is to show a change.
alter table public.session_payments disable trigger user;
select private.record_earned_seat(s.id) from public.session_schedules s
 where s.status = 'completed' and not private.is_class(s);
alter table public.session_payments enable trigger user;

-- What was paid out gets a payout that is settled, or the next run would pay it again. Nobody is notified of it now.
alter table public.payouts disable trigger payouts_70_publish;
select private.create_manual_payouts(array(select p.id from public.session_payments p where p.paid_out_at is not null));
-- What is checked at the end of the transaction is checked now: a table with checks to come cannot be altered.
set constraints all immediate;
alter table public.payouts enable trigger payouts_70_publish;


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


-- backfill/validate_constraints.sql

-- Rules added to tables that had rows already: each is checked against them now, so that what is listed as valid is.
--
-- Older rows that break one stay as they are, because only their owners know what was meant, and stop no migration: the
-- rule then stays `not valid` (docs/runbook.md lists those). Such a row can be read and deleted, and is changed only by
-- a change that mends it.

do $$
declare
  v_rule record;
begin
  for v_rule in select conrelid::regclass as table_name, conname as name from pg_catalog.pg_constraint
                 where contype = 'c' and not convalidated and connamespace = 'public'::regnamespace
                 order by 1, 2
  loop
    begin
      execute format('alter table %s validate constraint %I', v_rule.table_name, v_rule.name);
    exception when check_violation then
      raise warning 'older rows of % break %: it holds for new ones', v_rule.table_name, v_rule.name;
    end;
  end loop;
end
$$;
