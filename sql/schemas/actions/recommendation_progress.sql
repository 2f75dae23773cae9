-- How recommendations are doing, for whoever gave them: open, done, overdue, by client, by template, and by both.
--
-- Overdue is what is open after its date on the practitioner's own calendar.

create view public.recommendation_progress with (security_invoker = true) as
  select counted.practitioner_id, counted.grouped_by,
         counted.client_id, client.full_name as client_name, counted.template_id, t.title as template_title,
         counted.open, counted.overdue, counted.done, counted.last_completed_at, counted.last_recommended_at
    from (
      select r.practitioner_id, r.client_id, r.template_id,
             (array['client_and_template', 'client', 'template'])[1 + grouping(r.client_id, r.template_id)] as grouped_by,
             (count(*) filter (where not r.completed))::integer as open,
             (count(*) filter (where not r.completed
                and r.due_date < (now() at time zone coalesce(c.time_zone, 'UTC'))::date))::integer as overdue,
             (count(*) filter (where r.completed))::integer as done,
             max(r.completed_at) as last_completed_at,
             max(r.created_at) as last_recommended_at
        from public.action_recommendations r
        left join public.practitioner_calendars c on c.practitioner_id = r.practitioner_id
       where r.practitioner_id = any (array(select private.my_practitioner_ids())) or (select private.is_admin())
       group by grouping sets (
         (r.practitioner_id, r.client_id), (r.practitioner_id, r.template_id), (r.practitioner_id, r.client_id, r.template_id))
    ) counted
    left join public.profiles client on client.id = counted.client_id
    left join public.action_templates t on t.id = counted.template_id;
comment on view public.recommendation_progress is
  'One''s own recommendations, counted. Filter by grouped_by: client, template, client_and_template. No template: own words.';

revoke all on public.recommendation_progress from anon, authenticated, service_role;
grant select on public.recommendation_progress to authenticated;
