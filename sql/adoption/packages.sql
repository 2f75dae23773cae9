-- Home, as they were.
do $$
begin
  if legacy.has_columns('session_packages') then
    alter table public.session_packages disable trigger user;
    update public.session_packages p
       set session_type_id = p.legacy_session_type_id, is_group = p.legacy_is_group, session_type = p.legacy_session_type;
    alter table public.session_packages enable trigger user;
    call legacy.drop_columns('session_packages');
  end if;
end
$$;
