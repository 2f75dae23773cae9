-- What the meditation assistant remembers about a person, findable by meaning.

create table public.meditation_memories (
  id           uuid primary key default gen_random_uuid(),
  user_id      uuid not null,
  content      text not null,
  session_date timestamptz default now(),
  memory_type  text default 'session' check (memory_type in ('session', 'insight', 'progress', 'preference')),
  metadata     jsonb default '{}',
  created_at   timestamptz not null default now()
);

-- Only the real type takes a dimension and an index; the stand-in domain (01_ground.sql) has neither.
do $$
begin
  if exists (select from pg_extension where extname = 'vector') then
    alter table public.meditation_memories add column embedding extensions.vector(1536);
    create index meditation_memories_embedding_idx on public.meditation_memories
      using ivfflat (embedding extensions.vector_cosine_ops) with (lists = 100);
  else
    alter table public.meditation_memories add column embedding extensions.vector;
  end if;
end
$$;

create index idx_meditation_memories_user_id on public.meditation_memories (user_id);

alter table public.meditation_memories enable row level security;

create policy "Users can view their own memories" on public.meditation_memories
  for select using (auth.uid() = user_id);
create policy "Users can create their own memories" on public.meditation_memories
  for insert with check (auth.uid() = user_id);
create policy "Users can delete their own memories" on public.meditation_memories
  for delete using (auth.uid() = user_id);

-- Fails when called: the operator lives in schema extensions, which is not on this search path.
create function public.match_memories(
  query_embedding extensions.vector, match_user_id uuid,
  match_count integer default 5, match_threshold double precision default 0.7)
  returns table (
    id uuid, content text, memory_type text, session_date timestamptz, metadata jsonb,
    similarity double precision)
  language plpgsql security definer set search_path = public
as $$
begin
  return query
    select m.id, m.content, m.memory_type, m.session_date, m.metadata, 1 - (m.embedding <=> query_embedding)
    from meditation_memories m
    where m.user_id = match_user_id and 1 - (m.embedding <=> query_embedding) > match_threshold
    order by m.embedding <=> query_embedding
    limit match_count;
end
$$;
