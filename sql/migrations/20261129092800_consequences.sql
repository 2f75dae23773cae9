-- What follows from a row of the tables that were made anew. Here, where all is there that it calls.

set lock_timeout = '5s';
set statement_timeout = 0;

create trigger studio_locations_copy_to_sessions after update of name, address on public.studio_locations
  for each row when (private.describe_studio(new) <> private.describe_studio(old))
  execute function private.copy_studio_to_sessions();

create trigger session_recordings_30_queue_join after insert or update of status, completed_at on public.session_recordings
  for each row when (new.status = 'completed' and new.class_recording_id is null)
  execute function private.queue_join();

create trigger audit_practitioner_contracts after insert or update or delete on public.practitioner_contracts
  for each row execute function private.write_audit_log();

create trigger practitioner_contracts_record_offer after insert on public.practitioner_contracts
  for each row execute function private.record_contract_status();

create trigger practitioner_contracts_record_event after update of status on public.practitioner_contracts
  for each row when (new.status <> old.status) execute function private.record_contract_status();

create trigger practitioner_contracts_record_signature after update of status on public.practitioner_contracts
  for each row when (new.status = 'signed' and old.status = 'pending')
  execute function private.record_direct_signature();

create trigger audit_practitioner_banking after insert or update or delete on public.practitioner_banking
  for each row execute function private.write_audit_log();

create trigger session_cancellations_earn after insert on public.session_cancellations
  for each row execute function private.record_forfeited_session_earnings();

create trigger liability_waivers_70_publish_signed after insert on public.liability_waivers
  for each row execute function private.publish_waiver_signed();

-- Once: a recording that is completed again has a take more, and was announced.
create trigger session_recordings_70_publish_ready_on_insert after insert on public.session_recordings
  for each row when (new.status = 'completed') execute function private.publish_recording_ready();

create trigger session_recordings_70_publish_ready_on_update after update of status on public.session_recordings
  for each row when (new.status = 'completed' and old.completed_at is null)
  execute function private.publish_recording_ready();

-- After the row, as a foreign key: before it, whoever may not write the row would learn which accounts there are.
create trigger profiles_99_refuse_unknown_account
  after insert or update of id on public.profiles
  for each row execute function private.refuse_unknown_account('id');

create trigger liability_waivers_99_refuse_unknown_account
  after insert or update of user_id on public.liability_waivers
  for each row execute function private.refuse_unknown_account('user_id');

create trigger limit_inserted_rows after insert on public.action_recommendations
  referencing new table as new_rows
  for each statement when (private.is_api_caller()) execute function private.limit_written_rows();
