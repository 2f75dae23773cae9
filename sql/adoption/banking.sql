-- Bank accounts home, unverified: none of their numbers passed our checks. The numbers, base64 or as somebody typed them,
-- go where `rotate-banking-keys` seals them, and nowhere else; what is no number at all its practitioner enters again.

create function legacy.read_bank_number(stored text) returns text
  language sql immutable set search_path = ''
as $$
  select case when stored ~ '^base64:[\w+/=]+$' and char_length(stored) <= 1000 then stored
              when stored ~ '^[0-9 -]{1,40}$' then 'base64:' || encode(convert_to(translate(stored, ' -', ''), 'UTF8'), 'base64') end;
$$;

create temporary table legacy_numbers on commit drop as
  select null::uuid as practitioner_id, null::text as account_number, null::text as routing_number where false;
do $$
begin
  if to_regclass('legacy.practitioner_banking') is not null then
    insert into legacy_numbers (practitioner_id, account_number, routing_number)
    select b.practitioner_id, legacy.read_bank_number(b.account_number_encrypted),
           legacy.read_bank_number(b.routing_number_encrypted) from legacy.practitioner_banking b;
    update legacy.practitioner_banking b set account_number_encrypted = '', routing_number_encrypted = ''
      from legacy_numbers n where n.practitioner_id = b.practitioner_id and n.account_number is not null and n.routing_number is not null;
    update legacy.practitioner_banking b set account_number_encrypted = '-', routing_number_encrypted = '-'
     where b.account_number_encrypted <> '';
  end if;
end
$$;

call legacy.bring_home('practitioner_banking',
  columns => 'id, practitioner_id, bank_name, account_holder_name, account_type, country, created_at, updated_at',
  home => $$r.id, r.practitioner_id, left(r.bank_name, 200), left(r.account_holder_name, 200), r.account_type,
            left(r.country, 40), r.created_at, r.updated_at$$,
  account => '(select p.user_id from public.practitioners p where p.id = r.practitioner_id)',
  mended => $$case when r.account_number_encrypted = '-' then 'numbers that are none: to be entered again' end$$,
  kept => $$to_jsonb(r) - array['account_number_encrypted', 'routing_number_encrypted']$$);

insert into private.bank_numbers (practitioner_id, account_number, routing_number)
select n.practitioner_id, n.account_number, n.routing_number
  from legacy_numbers n join public.practitioner_banking b using (practitioner_id)
 where n.account_number is not null and n.routing_number is not null;
