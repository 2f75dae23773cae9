-- Ratings for whoever is rated, and for admins, who may hide one.
--
-- Whoever is rated reads stars, words and the month, in no order within it: neither the session nor its client. What an
-- admin hides is not among them and not in the average; its client reads on the page that it is hidden, and nobody is
-- sent a mail. It can be shown again, with a reason as well.

create type private.received_rating as (id uuid, stars integer, words text, month date);

-- What counts, by month. Definer: as its caller may read no rating of others.
create function private.list_received_ratings(user_id uuid, since timestamptz, at_most integer)
  returns setof private.received_rating
  language sql stable security definer set search_path = ''
as $$
  select r.id, r.stars, r.words, date_trunc('month', r.created_at)::date
    from public.practitioners p join public.session_ratings r on r.practitioner_id = p.id
   where p.user_id = list_received_ratings.user_id and r.is_counted and r.updated_at >= list_received_ratings.since
   order by date_trunc('month', r.created_at) desc, r.id
   limit least(greatest(list_received_ratings.at_most, 1), 500);
$$;

-- For the mail about those since its event: at most twenty in full, and how many there are.
create function private.describe_received_ratings(mail private.mails) returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_build_object('count', count(*),
           'ratings', coalesce(jsonb_agg(jsonb_build_object('stars', r.stars, 'words', r.words)) filter (where r.number <= 20), '[]'),
           'average', (select (private.get_rating_average(p.id)) from public.practitioners p where p.user_id = mail.user_id limit 1))
    from (select l.*, row_number() over (order by l.words is null, l.id) as number
            from private.list_received_ratings(mail.user_id, (mail.payload ->> 'since')::timestamptz, 500) l) r;
$$;

-- Definer: as above; it lists the caller's alone.
create function private.list_my_ratings(at_most integer) returns setof private.received_rating
  language sql stable security definer set search_path = ''
as $$
  select * from private.list_received_ratings(auth.uid(), '-infinity', coalesce(list_my_ratings.at_most, 100));
$$;

create function public.list_my_ratings(at_most integer default 100)
  returns table (id uuid, stars integer, words text, month date)
  language sql stable security invoker set search_path = ''
as $$
  select * from private.list_my_ratings(list_my_ratings.at_most);
$$;
comment on function public.list_my_ratings is
  'For practitioners: what was said of sessions with them, by month, and not by whom. Hidden ones are left out.';

-- Definer: nobody writes ratings.
create function private.hide_session_rating(rating_id uuid, reason text, is_hidden boolean) returns public.session_ratings
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_rating public.session_ratings;
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'Only admins hide ratings.');
  end if;
  perform private.refuse_long_text('reason', hide_session_rating.reason, 500);
  if btrim(coalesce(hide_session_rating.reason, '')) = '' then
    perform private.refuse(422, 'reason_missing', 'Please say why.');
  end if;
  select * into v_rating from public.session_ratings r where r.id = hide_session_rating.rating_id for update;
  if v_rating.id is null then
    perform private.refuse(404, 'rating_not_found', 'There is no such rating.');
  elsif exists (select from public.practitioners p where p.id = v_rating.practitioner_id and p.user_id = auth.uid()) then
    perform private.refuse(403, 'not_about_oneself', 'Another admin decides about what is said of you.');
  elsif (v_rating.hidden_at is not null) = coalesce(hide_session_rating.is_hidden, true) then
    return v_rating;  -- the first decision stands, with its reason
  end if;
  update public.session_ratings r
     set hidden_at = case when coalesce(hide_session_rating.is_hidden, true) then now() end,
         decided_by = auth.uid(), decision_reason = btrim(hide_session_rating.reason)
   where r.id = v_rating.id returning r.* into v_rating;
  return v_rating;
end
$$;

create function public.hide_session_rating(rating_id uuid, reason text, is_hidden boolean default true)
  returns table (id uuid, hidden_at timestamptz, decision_reason text)
  language sql volatile security invoker set search_path = ''
as $$
  select r.id, r.hidden_at, r.decision_reason from private.hide_session_rating($1, $2, $3) r;
$$;
comment on function public.hide_session_rating is
  'For admins: takes a rating out of the average and out of what practitioners read, or puts it back; with a reason.';

revoke execute on function private.list_received_ratings, private.describe_received_ratings, private.list_my_ratings,
  private.hide_session_rating, public.list_my_ratings, public.hide_session_rating from public, anon, authenticated, service_role;
grant execute on function private.list_my_ratings, private.hide_session_rating, public.list_my_ratings,
  public.hide_session_rating to authenticated;
