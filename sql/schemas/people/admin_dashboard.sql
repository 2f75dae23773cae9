-- The admin's dashboard in one call: today's sessions, what needs attention, and the month's figures.
--
-- Whatever is not zero under `attention` is something that a person has to look at; where a view lists it, the key is
-- the name of the view.

-- What adds up a month or counts everybody grows with the platform: it is counted by the clock, with the first mails of
-- every five minutes, and the page reads the row. Where nothing has counted for an hour, the page counts.

create table private.platform_figures (
  is_the_only_row boolean     primary key default true,
  figures         jsonb       not null,
  counted_at      timestamptz not null default now(),

  constraint platform_figures_is_one_row check (is_the_only_row),
  constraint platform_figures_are_short check (char_length(figures::text) <= 10000)
);
comment on table private.platform_figures is 'What the admin''s dashboard adds up, as it was last counted.';
alter table private.platform_figures enable row level security;
-- No policy and no grant: the functions below write and read it.

create function private.count_platform() returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'users',              (select count(*) from public.profiles),
    'users_this_month',   (select count(*) from public.profiles f where f.created_at >= now() - interval '30 days'),
    'sold',               coalesce((select jsonb_agg(to_jsonb(m) order by m.currency)
                            from (select c.currency, count(*)::integer as payments, sum(c.amount_minor)::bigint as amount_minor,
                                         sum(c.returned_minor)::bigint as returned_minor
                                    from public.checkout_sessions c where c.paid_at >= now() - interval '30 days'
                                   group by c.currency) m), '[]'),
    'cancellations',      (select count(*) from public.session_cancellations x where x.cancelled_at >= now() - interval '30 days'),
    -- A class's recording counts once: the rows of its seats are the same video.
    'recordings',         (select count(*) from public.session_recordings r
                            where r.completed_at >= now() - interval '30 days' and r.class_recording_id is null),
    'next_week',          (select count(*) from public.session_schedules x
                            where x.scheduled_at >= now() and x.scheduled_at < now() + interval '7 days'
                              and x.status = 'scheduled' and x.group_class_id is null),
    'without_waiver',     (select count(*) from public.session_schedules s
                            where (s.status = 'in_progress' or s.status = 'scheduled' and s.scheduled_at > now())
                              and (s.max_participants = 1 or s.group_class_id is not null)
                              and not private.has_signed_waiver(s.client_id, s.id)));
$$;

create function private.keep_platform_figures() returns void
  language sql volatile set search_path = ''
as $$
  insert into private.platform_figures as p (figures) values (private.count_platform())
  on conflict (is_the_only_row) do update set figures = excluded.figures, counted_at = now();
$$;

-- Definer: nobody reads the row. So it checks who is calling.
create function private.get_platform_figures() returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'This page is for admins.');
  end if;
  return coalesce((select p.figures from private.platform_figures p where p.counted_at > now() - interval '1 hour'),
                  private.count_platform());
end
$$;

create function public.admin_dashboard(time_zone text default 'America/Toronto')
  returns table (sessions_today integer, sessions_live integer, sessions_next_week integer, users integer,
                 users_this_month integer, practitioners integer, practitioners_paused integer, sold jsonb,
                 payouts jsonb,
                 cancellations_this_month integer, recordings_this_month integer, attention jsonb)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
declare
  v_today timestamptz := date_trunc('day', now() at time zone admin_dashboard.time_zone) at time zone admin_dashboard.time_zone;
  v_month timestamptz := now() - interval '30 days';
  v_figures jsonb := private.get_platform_figures();
begin
  return query
    select s.today, s.live, (v_figures ->> 'next_week')::integer, (v_figures ->> 'users')::integer, (v_figures ->> 'users_this_month')::integer, p.all, p.paused,
           v_figures -> 'sold',
           coalesce((select jsonb_agg(to_jsonb(o) order by o.currency)
                       from (select o.currency, count(*)::integer as pending, sum(o.amount_minor)::bigint as amount_minor
                               from public.payouts o where o.status = 'pending' group by o.currency) o), '[]'),
           (v_figures ->> 'cancellations')::integer, (v_figures ->> 'recordings')::integer,
           jsonb_build_object(
             'recordings_failed', (select count(*) from public.session_recordings r
                                    where r.status = 'failed' and r.created_at >= now() - interval '7 days'),
             'admin_returns',     private.count_returns_to_look_at(),
             'admin_banking',     (select count(*) from public.admin_banking b where b.verification = 'unverified'),
             'admin_sessions_without_waiver', (v_figures ->> 'without_waiver')::integer,
             'admin_contracts',   (select count(*) from public.admin_contracts k where k.status = 'pending'),
             'group_session_correlations', (select count(*) from public.group_session_correlations g
                                    where g.status = 'scheduled' and g.correlation not in ('alone', 'linked')),
             'unreachable_people', (select count(*) from public.unreachable_people),
             'approval_requests', (select count(*) from public.approval_requests a
                                    where a.status = 'waiting' and a.expires_at > now()),
             'payouts_failed',    (select count(*) from public.payouts o where o.status = 'failed' and o.created_at >= v_month),
             'webhook_deliveries_failed', (select count(*) from public.webhook_deliveries d
                                    where d.status = 'failed' and d.created_at >= now() - interval '7 days'))
      from (select count(*) filter (where x.scheduled_at >= v_today and x.scheduled_at < v_today + interval '1 day')::integer as today,
                   count(*) filter (where x.status = 'in_progress')::integer as live
              from public.session_schedules x
             where x.group_class_id is null and x.status <> 'cancelled'
               and (x.scheduled_at between v_today and v_today + interval '1 day' or x.status = 'in_progress')) s,
           (select count(*)::integer as all, count(*) filter (where not q.available)::integer as paused
              from public.practitioners q) p;
end
$$;
comment on function public.admin_dashboard is
  'The admin''s page, in one row; amounts in cents, a row for each currency.';

revoke execute on function private.count_platform, private.keep_platform_figures, private.get_platform_figures,
  public.admin_dashboard from public, anon, authenticated, service_role;
grant execute on function private.get_platform_figures, public.admin_dashboard to authenticated;
