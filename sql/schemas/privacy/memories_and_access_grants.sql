-- Memories and access grants: what the meditation assistant remembers of a person, and whom people let see their
-- sessions, memories, notes and profile.
--
--   access: granted -> revoked        granted -> (expired, by the clock)

-- Memories

-- The baseline's are for every role, and ask who is calling again for every row.
drop policy "Users can view their own memories" on public.meditation_memories;
drop policy "Users can create their own memories" on public.meditation_memories;
drop policy "Users can delete their own memories" on public.meditation_memories;

create policy "people read their own memories"
  on public.meditation_memories for select to authenticated using (user_id = (select auth.uid()));
create policy "people keep their own memories"
  on public.meditation_memories for insert to authenticated with check (user_id = (select auth.uid()));
create policy "people delete their own memories"
  on public.meditation_memories for delete to authenticated using (user_id = (select auth.uid()));

alter table public.meditation_memories
  add constraint meditation_memories_content_is_short check (char_length(content) <= 50000) not valid,
  add constraint meditation_memories_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint meditation_memories_session_date_is_in_range check (
    session_date between '2000-01-01' and '2100-01-01') not valid,
  add constraint meditation_memories_created_at_is_in_range check (
    created_at between '2000-01-01' and '2100-01-01') not valid;

revoke all on public.meditation_memories from anon, authenticated, service_role;
grant select, insert, delete on public.meditation_memories to authenticated;
grant select, insert, update, delete on public.meditation_memories to service_role;

-- The baseline's never worked, so nobody depends on what it returned: the operator was not on its search path.
drop function public.match_memories;

create function public.match_memories(
  query_embedding extensions.vector, match_user_id uuid,
  match_count integer default 5, match_threshold double precision default 0.7)
  returns table (
    id uuid, content text, memory_type text, session_date timestamptz, metadata jsonb,
    similarity double precision)
  language plpgsql stable security invoker set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select m.id, m.content, m.memory_type, m.session_date, m.metadata,
           1 - (m.embedding operator(extensions.<=>) query_embedding)
    from public.meditation_memories m
    where m.user_id = match_user_id and 1 - (m.embedding operator(extensions.<=>) query_embedding) > match_threshold
    order by m.embedding operator(extensions.<=>) query_embedding
    limit match_count;
end
$$;
comment on function public.match_memories is 'Memories of one person that mean something like this.';
revoke execute on function public.match_memories from public, anon, authenticated, service_role;
grant execute on function public.match_memories to authenticated, service_role;

-- Access grants

-- Three of the baseline's policies are for the same command, and none looks at what is granted.
drop policy "Grantors can view their grants" on public.access_grants;
drop policy "Grantees can view their grants" on public.access_grants;
drop policy "Grantors can create grants" on public.access_grants;
drop policy "Grantors can revoke their grants" on public.access_grants;
drop policy "Admins can view all grants" on public.access_grants;

create policy "grantors, grantees and admins read grants"
  on public.access_grants for select to authenticated
  using (
    grantor_id = (select auth.uid()) or grantee_id = (select auth.uid()) or (select private.is_admin()));
-- In the baseline anybody could grant access to anything.
create policy "people grant access to what is theirs"
  on public.access_grants for insert to authenticated
  with check (
    grantor_id = (select auth.uid())
    and case resource_type
      when 'session' then resource_id in (select private.my_session_ids())
      when 'memory' then resource_id in (select m.id from public.meditation_memories m
                                          where m.user_id = (select auth.uid()))
      when 'note' then resource_id in (select n.id from public.session_notes n where n.author_id = (select auth.uid()))
      when 'profile' then resource_id = (select auth.uid())
    end);
create policy "grantors revoke their grants"
  on public.access_grants for update to authenticated using (grantor_id = (select auth.uid()));

alter table public.access_grants
  add constraint access_grants_reason_is_short check (char_length(reason) <= 1000) not valid,
  add constraint access_grants_metadata_is_short check (char_length(metadata::text) <= 10000) not valid,
  add constraint access_grants_expires_at_is_in_range check (
    expires_at between '2000-01-01' and '2100-01-01') not valid,
  add constraint access_grants_revoked_at_is_in_range check (
    revoked_at between '2000-01-01' and '2100-01-01') not valid;

revoke all on public.access_grants from anon, authenticated, service_role;
grant select on public.access_grants to authenticated;
grant insert (grantor_id, grantee_id, resource_type, resource_id, permission, expires_at, reason, metadata),
      update (revoked_at, reason)
  on public.access_grants to authenticated;
grant select, insert, update, delete on public.access_grants to service_role;
