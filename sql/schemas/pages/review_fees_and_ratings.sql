-- The page on which admins let people off fees, and hide ratings or show them again, by a link in a mail.
--
-- The link is good for as long as its person is an admin, and is no second factor: whoever has one decides signed in,
-- by forgive_fee and hide_session_rating. This page calls the same, so what they refuse is refused here.
--
-- Fees stand oldest first, ratings newest first, so many of each. What is typed narrows both: a name, or a word of a
-- rating. Whose rating it is decides nothing, and is not said.

create type private.fee_to_review as (
  id uuid, full_name text, is_own boolean, because text, amount_minor integer, currency text, owed_since timestamptz,
  session_name text, practitioner_name text, scheduled_at timestamptz, is_being_paid boolean
);
create type private.rating_to_review as (
  id uuid, stars integer, words text, given_at timestamptz, practitioner_name text, is_own boolean, session_name text,
  scheduled_at timestamptz, is_hidden boolean, decision_reason text
);
create type private.fees_and_ratings as (
  fees private.fee_to_review[], has_more_fees boolean, ratings private.rating_to_review[], has_more_ratings boolean,
  time_zone text
);

create function private.refuse_unless_deciding_by_link() returns void
  language plpgsql stable set search_path = ''
as $$
begin
  perform private.refuse_unless_admin();
  if private.lacks_second_factor(auth.uid(), null) then
    perform private.refuse(403, 'second_factor_needed', 'A link in a mail is no second factor, and you have one.',
      'Please decide where you are signed in with your authenticator code.');
  end if;
end
$$;

create function private.find_fees_to_review(words text, at_most integer) returns private.fee_to_review[]
  language plpgsql stable set search_path = ''
as $$
begin
  return array(
    select row(f.id, n.full_name, f.user_id = auth.uid(), f.because, f.amount_minor, f.currency, f.created_at,
               coalesce(s.class_name, t.name), p.name, f.scheduled_at,
               exists (select from public.checkout_sessions c where c.fee_id = f.id and c.status = 'processing')
           )::private.fee_to_review
      from public.owed_fees f
      left join public.profiles n on n.id = f.user_id
      left join public.session_schedules s on s.id = f.session_id
      left join public.session_types t on t.id = s.session_type_id
      left join public.practitioners p on p.id = s.practitioner_id
     where f.status = 'owed'
       and (find_fees_to_review.words is null
            or strpos(lower(concat_ws(' ', n.full_name, p.name)), find_fees_to_review.words) > 0)
     order by f.created_at, f.id limit find_fees_to_review.at_most);
end
$$;

-- Looked for among the newest ten thousand: there is no end to how many there are.
create function private.find_ratings_to_review(words text, at_most integer) returns private.rating_to_review[]
  language plpgsql stable set search_path = ''
as $$
begin
  return array(
    select row(r.id, r.stars, r.words, r.created_at, p.name, coalesce(p.user_id = auth.uid(), false),
               coalesce(s.class_name, t.name), s.scheduled_at, r.hidden_at is not null, r.decision_reason
           )::private.rating_to_review
      from (select * from public.session_ratings given order by given.created_at desc, given.id limit 10000) r
      join public.session_schedules s on s.id = r.session_id
      left join public.session_types t on t.id = s.session_type_id
      left join public.practitioners p on p.id = r.practitioner_id
     where find_ratings_to_review.words is null
        or strpos(lower(concat_ws(' ', p.name, r.words)), find_ratings_to_review.words) > 0
     order by r.created_at desc, r.id limit find_ratings_to_review.at_most);
end
$$;

-- For the caller whom the link has named.
create function private.show_fees_and_ratings(find text) returns private.fees_and_ratings
  language plpgsql stable set search_path = ''
as $$
declare
  c_at_most constant integer := 50;
  c_words   constant text := lower(nullif(btrim(show_fees_and_ratings.find), ''));
  v_shown   private.fees_and_ratings;
begin
  perform private.refuse_long_text('find', c_words, 100);
  v_shown.fees := private.find_fees_to_review(c_words, c_at_most + 1);
  v_shown.ratings := private.find_ratings_to_review(c_words, c_at_most + 1);
  v_shown.has_more_fees := cardinality(v_shown.fees) > c_at_most;
  v_shown.has_more_ratings := cardinality(v_shown.ratings) > c_at_most;
  v_shown.fees := v_shown.fees[:c_at_most];
  v_shown.ratings := v_shown.ratings[:c_at_most];
  v_shown.time_zone := coalesce(private.find_user_time_zone(auth.uid()), 'America/Toronto');
  return v_shown;
end
$$;

-- Definer: its callers are not signed in.
create function private.read_fees_and_ratings(token text, find text) returns private.fees_and_ratings
  language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.open_page_link(read_fees_and_ratings.token, 'review_fees_and_ratings');
  perform private.refuse_unless_deciding_by_link();
  return private.show_fees_and_ratings(read_fees_and_ratings.find);
end
$$;

-- Definer: as above.
create function private.forgive_fee_by_link(token text, fee_id uuid, reason text, find text)
  returns private.fees_and_ratings
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.open_page_link(forgive_fee_by_link.token, 'review_fees_and_ratings');
  perform private.refuse_unless_deciding_by_link();
  perform private.forgive_fee(forgive_fee_by_link.fee_id, forgive_fee_by_link.reason);
  return private.show_fees_and_ratings(forgive_fee_by_link.find);
end
$$;

-- Definer: as above.
create function private.hide_rating_by_link(token text, rating_id uuid, reason text, is_hidden boolean, find text)
  returns private.fees_and_ratings
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.open_page_link(hide_rating_by_link.token, 'review_fees_and_ratings');
  perform private.refuse_unless_deciding_by_link();
  perform private.hide_session_rating(hide_rating_by_link.rating_id, hide_rating_by_link.reason,
                                      hide_rating_by_link.is_hidden);
  return private.show_fees_and_ratings(hide_rating_by_link.find);
end
$$;

-- The same, exposed: the API calls functions of schema public.

create function public.read_fees_and_ratings(token text, find text default null) returns private.fees_and_ratings
  language sql stable security invoker set search_path = ''
as $$
  select * from private.read_fees_and_ratings(read_fees_and_ratings.token, read_fees_and_ratings.find);
$$;
comment on function public.read_fees_and_ratings is
  'By the link in an admin''s mail: the fees that are owed, and the newest ratings; or those in which a word is found.';

create function public.forgive_fee_by_link(token text, fee_id uuid, reason text, find text default null)
  returns private.fees_and_ratings
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.forgive_fee_by_link(forgive_fee_by_link.token, forgive_fee_by_link.fee_id,
                                            forgive_fee_by_link.reason, forgive_fee_by_link.find);
$$;
comment on function public.forgive_fee_by_link is
  'By the link in an admin''s mail: lets somebody off a fee, with a reason, as forgive_fee does.';

create function public.hide_rating_by_link(
  token text, rating_id uuid, reason text, is_hidden boolean default true, find text default null)
  returns private.fees_and_ratings
  language sql volatile security invoker set search_path = ''
as $$
  select * from private.hide_rating_by_link(hide_rating_by_link.token, hide_rating_by_link.rating_id,
                                            hide_rating_by_link.reason, hide_rating_by_link.is_hidden,
                                            hide_rating_by_link.find);
$$;
comment on function public.hide_rating_by_link is
  'By the link in an admin''s mail: hides a rating or shows it again, with a reason, as hide_session_rating does.';

revoke execute on function private.refuse_unless_deciding_by_link, private.find_fees_to_review,
  private.find_ratings_to_review, private.show_fees_and_ratings, private.read_fees_and_ratings,
  private.forgive_fee_by_link, private.hide_rating_by_link, public.read_fees_and_ratings, public.forgive_fee_by_link,
  public.hide_rating_by_link from public, anon, authenticated, service_role;
grant execute on function private.read_fees_and_ratings, private.forgive_fee_by_link, private.hide_rating_by_link,
  public.read_fees_and_ratings, public.forgive_fee_by_link, public.hide_rating_by_link to anon;
