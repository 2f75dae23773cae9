-- Calendars of the practitioners there are, at once: the functions that are switched before the closing files ask them.
insert into public.practitioner_calendars (practitioner_id, is_always_open)
select p.id, not exists (select from public.practitioner_availability a where a.practitioner_id = p.id)
  from public.practitioners p;
