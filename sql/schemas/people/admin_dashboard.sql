-- The admin's dashboard in one call: today's sessions, what needs attention, and the month's figures.
--
-- Whatever is not zero under `attention` is something that a person has to look at; where a view lists it, the key is
-- the name of the view.

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
begin
  if not private.is_confirmed_admin() then
    perform private.refuse(403, 'admins_only', 'This page is for admins.');
  end if;
  return query
    select s.today, s.live, s.next_week, u.all, u.new, p.all, p.paused,
           coalesce((select jsonb_agg(to_jsonb(m) order by m.currency)
                       from (select c.currency, count(*)::integer as payments, sum(c.amount_minor)::bigint as amount_minor,
                                    sum(c.returned_minor)::bigint as returned_minor
                               from public.checkout_sessions c where c.paid_at >= v_month group by c.currency) m), '[]'),
           coalesce((select jsonb_agg(to_jsonb(o) order by o.currency)
                       from (select o.currency, count(*)::integer as pending, sum(o.amount_minor)::bigint as amount_minor
                               from public.payouts o where o.status = 'pending' group by o.currency) o), '[]'),
           (select count(*)::integer from public.session_cancellations x where x.cancelled_at >= v_month),
           -- A class's recording counts once: the rows of its seats are the same video.
           (select count(*)::integer from public.session_recordings r join public.session_schedules x on x.id = r.session_id
             where r.completed_at >= v_month and x.group_class_id is null),
           jsonb_build_object(
             'recordings_failed', (select count(*) from public.session_recordings r
                                    where r.status = 'failed' and r.created_at >= now() - interval '7 days'),
             'admin_returns',     private.count_returns_to_look_at(),
             'admin_banking',     (select count(*) from public.admin_banking b where b.verification = 'unverified'),
             'admin_sessions_without_waiver', (select count(*) from public.admin_sessions_without_waiver),
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
                   count(*) filter (where x.status = 'in_progress')::integer as live,
                   count(*) filter (where x.scheduled_at >= now() and x.scheduled_at < now() + interval '7 days'
                                      and x.status = 'scheduled')::integer as next_week
              from public.session_schedules x
             where x.group_class_id is null and x.status <> 'cancelled'
               and (x.scheduled_at between v_today - interval '1 day' and now() + interval '8 days' or x.status = 'in_progress')) s,
           (select count(*)::integer as all, count(*) filter (where f.created_at >= v_month)::integer as new
              from public.profiles f) u,
           (select count(*)::integer as all, count(*) filter (where not q.available)::integer as paused
              from public.practitioners q) p;
end
$$;
comment on function public.admin_dashboard is
  'The admin''s page, in one row; amounts in cents, a row for each currency.';

revoke execute on function public.admin_dashboard from public, anon, authenticated, service_role;
grant execute on function public.admin_dashboard to authenticated;
