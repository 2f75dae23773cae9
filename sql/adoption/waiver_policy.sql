-- Waiver policies home: the platform's own become the first versions, and exactly one is active. The text that the chapter
-- begins with gives way to them.
do $$
begin
  if to_regclass('legacy.waiver_policy') is not null then
    alter table public.waiver_policy disable trigger user;
    update public.waiver_policy p set is_active = false, version = 2000000000;
    alter table public.waiver_policy enable trigger user;
  end if;
end
$$;
call legacy.bring_home('waiver_policy',
  columns => 'id, version, policy_text, is_active, created_at, updated_at, updated_by',
  home => $$r.id, r.version, r.policy_text,
            r.id = (select a.id from legacy.waiver_policy a
                     where btrim(a.policy_text) <> '' and char_length(a.policy_text) <= 90000 and a.version between 1 and 1999999999
                     order by a.is_active desc, a.version desc limit 1),
            r.created_at, r.updated_at, r.updated_by$$,
  account => 'r.updated_by');
do $$
begin
  if exists (select from public.waiver_policy p where p.version = 2000000000) then
    alter table public.waiver_policy disable trigger user;
    if exists (select from public.waiver_policy p where p.is_active) then
      delete from public.waiver_policy p where p.version = 2000000000;
    else
      update public.waiver_policy p set is_active = true,
             version = 1 + (select coalesce(max(o.version), 0) from public.waiver_policy o where o.id <> p.id)
       where p.version = 2000000000;
    end if;
    alter table public.waiver_policy enable trigger user;
  end if;
end
$$;
