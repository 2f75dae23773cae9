-- A payout that was paid is told: to the practitioner by mail, to other systems by webhook.

-- Definer: nobody writes the outbox.
create function private.tell_of_payout() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.put_in_outbox('payout_paid', p.user_id, null, jsonb_build_object(
            'payout_id', new.id, 'practitioner_id', new.practitioner_id, 'amount_minor', new.amount_minor,
            'currency', new.currency))
     from public.practitioners p where p.id = new.practitioner_id;
  return null;
end
$$;
revoke execute on function private.tell_of_payout from public, anon, authenticated, service_role;

create trigger payouts_70_tell after update of status on public.payouts
  for each row when (new.status = 'paid' and old.status <> 'paid') execute function private.tell_of_payout();
