-- Classes of a paused practitioner are seen by whoever has a seat in them, and offered to nobody else.
--
-- The other half of pausing stands in people/practitioners.sql, before sessions, so that the policy on sessions can be
-- created with this condition in it.

alter policy "clients, practitioners and admins read sessions" on public.session_schedules
  using (
    client_id = (select auth.uid())
    or practitioner_id = any (array(select private.my_practitioner_ids()))
    or (max_participants > 1 and group_class_id is null and status <> 'cancelled'
        and (practitioner_id <> all (array(select private.paused_practitioner_ids()))
             or id = any (array(select private.my_class_ids()))))
    or (select private.is_admin()));
