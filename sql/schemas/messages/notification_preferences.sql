-- Notification preferences: which optional mails somebody does not want. Without a row, they get all of them.
--
-- Optional are reminders and what follows a session. What somebody booked, paid or signed is confirmed in any case.
-- Each optional mail has a link that unsubscribes whoever holds it: one request, no sign-in (RFC 8058).

create table public.notification_preferences (
  user_id           uuid        primary key references auth.users on delete cascade,
  session_reminders boolean     not null default true,
  follow_ups        boolean     not null default true,
  updated_at        timestamptz not null default now()
);
comment on column public.notification_preferences.session_reminders is 'The mail on the day before a session.';
comment on column public.notification_preferences.follow_ups is 'Mails after a session, and before credits expire.';
comment on table public.notification_preferences is
  'Which mails and notifications a person wants; where there is no row, all.';
comment on column public.notification_preferences.user_id is 'Whose it is.';
comment on column public.notification_preferences.updated_at is 'When the row was last changed.';

alter table public.notification_preferences enable row level security;

create policy "people read their own notification preferences"
  on public.notification_preferences for select to authenticated using (user_id = (select auth.uid()));
create policy "people set their own notification preferences"
  on public.notification_preferences for insert to authenticated with check (user_id = (select auth.uid()));
create policy "people change their own notification preferences"
  on public.notification_preferences for update to authenticated using (user_id = (select auth.uid()));

revoke all on public.notification_preferences from anon, authenticated, service_role;
grant select,
      insert (user_id, session_reminders, follow_ups),
      update (user_id, session_reminders, follow_ups) on public.notification_preferences to authenticated;
grant select, insert, update, delete on public.notification_preferences to service_role;

create function private.is_opted_out(user_id uuid, category text) returns boolean
  language sql stable set search_path = ''
as $$
  select exists (select from public.notification_preferences p
                  where p.user_id = is_opted_out.user_id
                    and case is_opted_out.category when 'session_reminders' then not p.session_reminders
                                                   when 'follow_ups' then not p.follow_ups end);
$$;

-- Looks a link up and, if opts_out, unsubscribes. Looking it up changes nothing, because mail scanners open every link.
-- A known link works from everywhere and always: mail programs follow them from a few addresses, for all their users.
-- Definer: whoever has the link need not be signed in.
create function private.unsubscribe(token_sha256 text, opts_out boolean, ip_address text)
  returns table (category text, is_opted_out boolean)
  language plpgsql volatile security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_link private.page_links;
begin
  select * into v_link from private.page_links l
   where l.token_sha256 = unsubscribe.token_sha256 and l.page = 'unsubscribe';
  if not found then
    if private.limit_attempt('unknown links', private.mask_address(unsubscribe.ip_address)) then
      perform private.answer_refusal(404, 'link_not_found', 'This link is not known.',
                                     'You can also switch mails off in your settings.');
    end if;
    return next;
    return;
  end if;
  perform private.tell_language(v_link.user_id);
  if opts_out then
    insert into public.notification_preferences as p (user_id, session_reminders, follow_ups)
    values (v_link.user_id, v_link.subject <> 'session_reminders', v_link.subject <> 'follow_ups')
    on conflict (user_id) do update set
      session_reminders = p.session_reminders and excluded.session_reminders,
      follow_ups        = p.follow_ups and excluded.follow_ups;
  end if;
  return query
    select v_link.subject, private.is_opted_out(v_link.user_id, v_link.subject);
end
$$;

create function public.unsubscribe(token_sha256 text, opts_out boolean, ip_address text default null)
  returns table (category text, is_opted_out boolean)
  language sql volatile security invoker set search_path = ''
as $$
  select u.category, u.is_opted_out from private.unsubscribe($1, $2, $3) u;
$$;
comment on function public.unsubscribe is 'Shows what a mailed link is about and, if opts_out, unsubscribes.';

revoke execute on function private.unsubscribe, private.is_opted_out, public.unsubscribe
  from public, anon, authenticated, service_role;
grant execute on function private.unsubscribe, public.unsubscribe to service_role;

create trigger update_notification_preferences_updated_at before update on public.notification_preferences
  for each row execute function public.update_updated_at_column();
