-- From sql/schemas: nothing: what is there already.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- adoption/old_audit_lines.sql

-- Lines that the platform's audit log has by now, into the chain: that takes as long as there are lines, and stops nobody
-- who writes. The closing files do the same, under their lock, for what is written until then.
with salted as (
  update public.audit_logs l
     set personal_salt = uuid_send(gen_random_uuid()),
         metadata = case when l.metadata ?| array['data', 'old_data', 'new_data', 'deleted_data']
                          and l.action in ('INSERT', 'UPDATE', 'DELETE')
                         then (l.metadata - array['data', 'old_data', 'new_data', 'deleted_data'])
                              || private.build_audit_change(
                                   coalesce(l.metadata -> 'old_data', l.metadata -> 'deleted_data'),
                                   coalesce(l.metadata -> 'new_data', l.metadata -> 'data'))
                         else l.metadata end
   where l.personal_salt is null and l.personal_sha256 is null
  returning l.id)
insert into private.audit_seal_queue (line_id) select s.id from salted s;
update public.audit_logs l set personal_sha256 = private.hash_audit_personal_part(l) where l.personal_sha256 is null;
select private.seal_audit_lines();
