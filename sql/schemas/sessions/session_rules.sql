-- Session rules: how long a session waits for people, and what follows from a no-show.
--
-- One row, which an admin changes. It applies from the next minute on, also to sessions that were booked before.

create table public.session_rules (
  id                         uuid primary key default gen_random_uuid(),
  practitioner_grace_minutes integer     not null default 15,
  client_grace_minutes       integer     not null default 15,
  client_no_show_forfeits    boolean     not null default true,
  completion_grace_minutes   integer     not null default 15,
  empty_minutes              integer     not null default 5,
  client_days                integer     not null default 90,
  waiver_required_to_enter   boolean     not null default false,
  delay_notice_minutes       integer     not null default 60,
  answer_hours               integer     not null default 48,
  credit_notice_days         integer     not null default 7,
  updated_at                 timestamptz not null default now(),

  constraint session_rules_minutes_are_in_range check (
    practitioner_grace_minutes between 1 and 60 and client_grace_minutes between 1 and 60
    and completion_grace_minutes between 0 and 60 and empty_minutes between 1 and 60),
  constraint session_rules_client_days_are_in_range check (client_days between 1 and 3650),
  constraint session_rules_answer_hours_are_in_range check (answer_hours between 1 and 336),
  constraint session_rules_credit_notice_days_are_in_range check (credit_notice_days between 0 and 365),
  constraint session_rules_delay_notice_is_in_range check (delay_notice_minutes between 0 and 1440)
);
comment on column public.session_rules.practitioner_grace_minutes is
  'So long after the start an absent practitioner is a no-show: the session is cancelled and credits are returned.';
comment on column public.session_rules.client_grace_minutes is
  'So long after the start an absent client may be marked as a no-show.';
comment on column public.session_rules.client_no_show_forfeits is
  'True: a session is completed although its client is a no-show, and the credit is used.'
  ' False: it is cancelled and the credit is returned.';
comment on column public.session_rules.completion_grace_minutes is
  'So long after its scheduled end a session is completed, whoever is still present.';
comment on column public.session_rules.empty_minutes is
  'A channel that has been empty for so long is recorded no more, until people meet in it again. The session goes on.';
comment on column public.session_rules.client_days is
  'So long after their last session somebody is still a client, for whom the practitioner books and writes.';
comment on column public.session_rules.waiver_required_to_enter is
  'True: no room and no token for whoever has not signed the current waiver. Who leads a session is not asked.';
comment on column public.session_rules.delay_notice_minutes is
  'From so long before the start a practitioner can tell that they are late.';
comment on column public.session_rules.answer_hours is
  'So long a client may answer a proposed time, and a practitioner an offer; never longer than until the session.';
comment on column public.session_rules.credit_notice_days is
  'So many days before credits end, their owner is told. 0: not at all.';
comment on table public.session_rules is 'How sessions are booked, held and ended, for all of them. One row.';
comment on column public.session_rules.id is 'Of the row; made here.';
comment on column public.session_rules.updated_at is 'When the row was last changed.';

create unique index session_rules_are_one_row on public.session_rules ((true));

alter table public.session_rules enable row level security;

create policy "people who are signed in read the session rules"
  on public.session_rules for select to authenticated using (true);
create policy "admins change the session rules"
  on public.session_rules for update to authenticated using ((select private.is_admin()));

revoke all on public.session_rules from anon, authenticated, service_role;
grant select on public.session_rules to authenticated, service_role;
grant update (practitioner_grace_minutes, client_grace_minutes, client_no_show_forfeits, completion_grace_minutes,
              empty_minutes, client_days, waiver_required_to_enter, delay_notice_minutes, answer_hours,
              credit_notice_days)
  on public.session_rules to authenticated;
-- No insert and no delete: there is always one row.

create trigger update_session_rules_updated_at before update on public.session_rules
  for each row execute function public.update_updated_at_column();
create trigger audit_session_rules after update on public.session_rules
  for each row execute function private.write_audit_log();

insert into public.session_rules default values;
