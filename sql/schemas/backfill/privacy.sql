-- What is known of consents from before they had a history. The address in them came from a header that anybody could
-- write, so it is no evidence and is not taken over. Nor is more than a line of the history holds.

insert into public.consent_history (user_id, consent_type, consented, version, metadata, recorded_at)
select c.user_id, c.consent_type, c.consented and c.revoked_at is null, left(c.version, 100),
       case when char_length(c.metadata::text) <= 10000 then c.metadata end,
       case when c.consented and c.revoked_at is null then c.consent_date
            else coalesce(c.revoked_at, c.consent_date) end
  from public.user_consents c
 -- A consent that was changed since has its line from the trigger.
 where not exists (select from public.consent_history h
                    where (h.user_id, h.consent_type) = (c.user_id, c.consent_type))
 order by c.created_at;
