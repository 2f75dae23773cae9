-- From sql/schemas: backfill/calendars, backfill/people, backfill/credits, backfill/earnings, backfill/privacy.

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
select
  u.id, u.email,
  u.raw_user_meta_data ->> 'full_name',
  u.raw_user_meta_data ->> 'avatar_url',
  u.raw_user_meta_data ->> 'phone_number',
  private.parse_date_or_null(u.raw_user_meta_data ->> 'date_of_birth'),
  u.raw_user_meta_data ->> 'address'
from auth.users u
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

select private.record_earned_seat(s.id) from public.session_schedules s
 where s.status = 'completed' and not private.is_class(s);

-- What was paid out gets a payout that is settled, or the next run would pay it again. Nobody is notified of it now.
alter table public.payouts disable trigger payouts_70_publish;
select private.create_manual_payouts(array(select p.id from public.session_payments p where p.paid_out_at is not null));
-- What is checked at the end of the transaction is checked now: a table with checks to come cannot be altered.
set constraints all immediate;
alter table public.payouts enable trigger payouts_70_publish;


-- backfill/privacy.sql

-- What is known of consents from before they had a history. The address in them came from a header that anybody could
-- write, so it is no evidence and is not taken over.

insert into public.consent_history (user_id, consent_type, consented, version, metadata, recorded_at)
select c.user_id, c.consent_type, c.consented and c.revoked_at is null, c.version, c.metadata,
       case when c.consented and c.revoked_at is null then c.consent_date
            else coalesce(c.revoked_at, c.consent_date) end
  from public.user_consents c
 -- A consent that was changed since has its line from the trigger.
 where not exists (select from public.consent_history h
                    where (h.user_id, h.consent_type) = (c.user_id, c.consent_type))
 order by c.created_at;
