-- Everything that decides: columns, constraints, indexes, policies, triggers, functions, and what is granted to whom.
-- Without pgvector the column of embeddings has another type and no index, so both are left out.

with ours as (
  select oid from pg_namespace where nspname in ('public', 'private')
)
select 'column' as kind, c.oid::regclass || '.' || a.attname as name,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                 pg_get_expr(d.adbin, d.adrelid, true)) as fact
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
 where c.relnamespace in (select oid from ours) and c.relkind in ('r', 'v')
   and a.attnum > 0 and not a.attisdropped and a.attname <> 'embedding'
union all
select 'row-level security', c.oid::regclass::text, c.relrowsecurity::text
  from pg_class c where c.relnamespace in (select oid from ours) and c.relkind = 'r'
union all
-- Since PostgreSQL 18 not null is a constraint with a name.
select 'constraint', conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid, true)
  from pg_constraint where connamespace in (select oid from ours) and contype <> 'n'
union all
select 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid, 0, true)
  from pg_index i join pg_class c on c.oid = i.indrelid
 where c.relnamespace in (select oid from ours) and i.indexrelid::regclass::text <> 'meditation_memories_embedding_idx'
union all
select 'policy', polrelid::regclass || ' ' || polname,
       concat_ws(' | ', polpermissive, (select array_agg(r::regrole order by r::regrole::text) from unnest(polroles) r), polcmd,
                 pg_get_expr(polqual, polrelid, true), pg_get_expr(polwithcheck, polrelid, true))
  from pg_policy
union all
select 'view', c.oid::regclass::text, concat_ws(' ', c.reloptions::text, pg_get_viewdef(c.oid, true))
  from pg_class c where c.relnamespace in (select oid from ours) and c.relkind = 'v'
union all
select 'trigger', tgrelid::regclass || ' ' || tgname, pg_get_triggerdef(t.oid, true)
  from pg_trigger t join pg_proc p on p.oid = t.tgfoid
 where not t.tgisinternal and p.pronamespace in (select oid from ours)
union all
select 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
  from pg_proc p where p.pronamespace in (select oid from ours) and p.prokind = 'f'
union all
select 'grant on table', c.oid::regclass || ' to ' || g.grantee::regrole, g.privilege_type
  from pg_class c cross join aclexplode(c.relacl) g
 where c.relnamespace in (select oid from ours) and g.grantee <> c.relowner
union all
select 'grant on column', c.oid::regclass || '.' || a.attname || ' to ' || g.grantee::regrole, g.privilege_type
  from pg_attribute a join pg_class c on c.oid = a.attrelid cross join aclexplode(a.attacl) g
 where c.relnamespace in (select oid from ours)
union all
select 'grant on function', p.oid::regprocedure || ' to ' || g.grantee::regrole, g.privilege_type
  from pg_proc p cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
 where p.pronamespace in (select oid from ours) and g.grantee <> p.proowner;
