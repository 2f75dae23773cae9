-- The page on which somebody says whether they may be recorded, by the link in their mails, and says otherwise later.
--
-- Shown is the text of recording_consent_texts.sql, in the reader's language if there is a translation. Agreeing needs
-- a text that is current, a no does not: it is never harder to say than a yes. The service writes the answer, because
-- address and agent are what a server saw; whose answer it is, the link decides.

-- Definer: its callers are not signed in.
create function private.read_recording_consent(token text)
  returns table (body text, text_sha256 text, answer text, answered_at timestamptz, time_zone text, texts jsonb)
  language plpgsql stable security definer set search_path = ''
as $$
#variable_conflict use_column
declare
  v_link private.page_links := private.open_page_link(read_recording_consent.token, 'answer_recording_consent');
begin
  return query
    select shown.texts -> 0 ->> 'body', shown.texts -> 0 ->> 'sha256',
           private.get_consent_answer(v_link.user_id, 'session_recording'), coalesce(c.revoked_at, c.consent_date),
           coalesce(private.find_user_time_zone(v_link.user_id), 'America/Toronto'), shown.texts
      from (select jsonb_agg(jsonb_build_object('language', t.language, 'body', t.body, 'sha256', t.sha256)
                             order by t.language <> 'en', t.language) as texts
              from private.write_recording_consent_texts() t) shown
      left join public.user_consents c on (c.user_id, c.consent_type) = (v_link.user_id, 'session_recording');
end
$$;

-- Definer: as above. The same answer again adds no line.
create function private.answer_recording_consent(
  token text, consented boolean, text_sha256 text, ip_address text, user_agent text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_link  private.page_links := private.open_page_link(answer_recording_consent.token, 'answer_recording_consent');
  v_shown record;
begin
  -- A no that names no text that is current is said to the original.
  select t.*, t.sha256 = answer_recording_consent.text_sha256 as is_current into v_shown
    from private.write_recording_consent_texts() t
   order by t.sha256 = answer_recording_consent.text_sha256 desc nulls last, t.language = 'en' desc limit 1;
  if consented and v_shown.is_current is not true then
    perform private.refuse(409, 'consent_text_not_current', 'The text has changed since this page was opened.',
                           'Please open your link again, read it and answer.');
  elsif private.get_consent_answer(v_link.user_id, 'session_recording')
        is distinct from (case when consented then 'given' else 'declined' end) then
    perform public.record_consent(
      v_link.user_id, 'session_recording', consented, v_shown.version::text,
      jsonb_build_object('page', v_link.page, 'text_id', v_shown.text_id, 'text', v_shown.body,
                         'language', v_shown.language),
      answer_recording_consent.ip_address, answer_recording_consent.user_agent);
    perform private.mark_page_link_used(v_link);
  end if;
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_recording_consent(token text)
  returns table (body text, text_sha256 text, answer text, answered_at timestamptz, time_zone text, texts jsonb)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_recording_consent(read_recording_consent.token);
$$;
comment on function public.read_recording_consent is
  'By a link in a mail: the text that asks whether one may be recorded.';

create function public.answer_recording_consent(
  token text, consented boolean, text_sha256 text default null, ip_address text default null,
  user_agent text default null)
  returns table (body text, text_sha256 text, answer text, answered_at timestamptz, time_zone text, texts jsonb)
  language sql volatile security invoker set search_path = ''
as $$
  select private.answer_recording_consent($1, $2, $3, $4, $5);
  select * from private.read_recording_consent($1);
$$;

revoke execute on function private.read_recording_consent, private.answer_recording_consent,
  public.read_recording_consent, public.answer_recording_consent from public, anon, authenticated, service_role;
grant execute on function private.read_recording_consent, public.read_recording_consent to anon;
-- Not answering: the address is what the server saw, so only the server may pass one.
grant execute on function private.read_recording_consent, private.answer_recording_consent,
  public.answer_recording_consent to service_role;
