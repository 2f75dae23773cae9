-- Contracts home, with the day on which they were signed. What had ended has ended, so that nobody is told of it now; of
-- several offers of one version the newest is open.
call legacy.bring_home('practitioner_contracts',
  columns => 'id, practitioner_id, contract_version, contract_text, signed_at, ip_address, user_agent, status, expires_at,
              created_at, updated_at',
  home => $$r.id, r.practitioner_id, r.contract_version, r.contract_text,
            case n.status when 'pending' then null when 'signed' then coalesce(r.signed_at, r.updated_at) else r.signed_at end,
            left(r.ip_address, 100), left(r.user_agent, 1000), n.status, r.expires_at, r.created_at, r.updated_at$$,
  tables => $$cross join lateral (select case
      when r.status in ('pending', 'signed') and r.expires_at <= now() then 'expired'
      when r.status = 'pending' and exists (
             select from legacy.practitioner_contracts o
              where (o.practitioner_id, o.contract_version, o.status) = (r.practitioner_id, r.contract_version, 'pending')
                and (o.created_at, o.id) > (r.created_at, r.id)) then 'expired'
      else r.status end as status) n$$,
  account => '(select p.user_id from public.practitioners p where p.id = r.practitioner_id)',
  mended => $$case when r.status = 'pending' and r.signed_at is not null then 'an offer with a day of signing'
                   when r.status = 'signed' and r.signed_at is null then 'signed on a day that nobody knows' end$$);
