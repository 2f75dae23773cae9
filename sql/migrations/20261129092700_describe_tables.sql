-- From sql/schemas: foundation/described_tables.

-- Functions name what later chapters make.
set check_function_bodies = off;

set lock_timeout = '5s';
set statement_timeout = 0;


-- foundation/described_tables.sql

-- What the tables of the baseline say to whoever reads types or reference: those that no chapter creates.
--
-- What a chapter creates it describes itself. Everything that people may read or write is described: a test holds it.

comment on table public.access_grants is 'Who lets whom read, write or delete something of theirs, and until when.';

comment on column public.access_grants.id is 'Of the row; made here.';

comment on column public.access_grants.grantor_id is 'Who allows it.';

comment on column public.access_grants.grantee_id is 'Whom it is allowed.';

comment on column public.access_grants.resource_type is 'session, memory, note or profile.';

comment on column public.access_grants.resource_id is 'Which one.';

comment on column public.access_grants.permission is 'read, write or delete.';

comment on column public.access_grants.expires_at is 'From when on it is of no use; null: never.';

comment on column public.access_grants.revoked_at is 'When it was taken back; null: it holds.';

comment on column public.access_grants.reason is 'In words, for whoever reads it later.';

comment on column public.access_grants.metadata is 'What whoever wrote it kept beside it.';

comment on column public.access_grants.created_at is 'When the row was made.';

comment on column public.access_grants.updated_at is 'When the row was last changed.';

comment on table public.action_checklist is 'Small things a practitioner gives a client to do.';

comment on column public.action_checklist.id is 'Of the row; made here.';

comment on column public.action_checklist.client_id is 'Who is to do it.';

comment on column public.action_checklist.practitioner_id is 'Who gave it.';

comment on column public.action_checklist.title is 'As people read it.';

comment on column public.action_checklist.description is 'In words, as people read it.';

comment on column public.action_checklist.completed is 'Whether it is done.';

comment on column public.action_checklist.due_date is 'By which day.';

comment on column public.action_checklist.priority is 'The higher, the sooner.';

comment on column public.action_checklist.created_at is 'When the row was made.';

comment on column public.action_checklist.updated_at is 'When the row was last changed.';

comment on table public.audit_logs is 'The audit log: a chain of hashes, to which lines are only added.';

comment on column public.audit_logs.id is 'Of the row; made here.';

comment on column public.audit_logs.action is
  'INSERT, UPDATE, DELETE by the database; VIEW, EXPORT, LOGIN, LOGOUT by pages.';

comment on column public.audit_logs.table_name is 'Of which table.';

comment on column public.audit_logs.record_id is 'Which row, by its id.';

comment on column public.audit_logs.ip_address is 'The address they came from.';

comment on column public.audit_logs.user_agent is 'What their browser called itself.';

comment on column public.audit_logs.created_at is 'When it happened.';

comment on table public.data_retention_policies is 'How long rows of a table are kept.';

comment on column public.data_retention_policies.id is 'Of the row; made here.';

comment on column public.data_retention_policies.table_name is 'Of which table.';

comment on column public.data_retention_policies.retention_days is 'From a row''s own time on.';

comment on column public.data_retention_policies.auto_delete is 'Whether they then go by themselves.';

comment on column public.data_retention_policies.description is 'In words, as people read it.';

comment on column public.data_retention_policies.created_at is 'When the row was made.';

comment on column public.data_retention_policies.updated_at is 'When the row was last changed.';

comment on table public.meditation_memories is 'What a person keeps of their sessions, found again by meaning.';

comment on column public.meditation_memories.id is 'Of the row; made here.';

comment on column public.meditation_memories.user_id is 'Whose it is.';

comment on column public.meditation_memories.content is 'As its author wrote it.';

comment on column public.meditation_memories.session_date is 'Of which session.';

comment on column public.meditation_memories.memory_type is 'As the pages name it.';

comment on column public.meditation_memories.metadata is 'What whoever wrote it kept beside it.';

comment on column public.meditation_memories.created_at is 'When the row was made.';

comment on column public.meditation_memories.embedding is 'Of the content, 1,536 numbers.';

comment on table public.practitioner_assignments is 'Which client belongs to which practitioner, by an admin''s hand.';

comment on column public.practitioner_assignments.id is 'Of the row; made here.';

comment on column public.practitioner_assignments.practitioner_id is 'The practitioner it belongs to.';

comment on column public.practitioner_assignments.client_id is 'The client it belongs to: their account.';

comment on column public.practitioner_assignments.created_at is 'When the row was made.';

comment on table public.practitioner_availability is 'A practitioner''s hours, by the day of the week.';

comment on column public.practitioner_availability.id is 'Of the row; made here.';

comment on column public.practitioner_availability.practitioner_id is 'The practitioner it belongs to.';

comment on column public.practitioner_availability.day_of_week is '0 is Sunday.';

comment on column public.practitioner_availability.start_time is 'From, on the practitioner''s own clock.';

comment on column public.practitioner_availability.end_time is 'Until, on the practitioner''s own clock.';

comment on column public.practitioner_availability.created_at is 'When the row was made.';

comment on table public.practitioners is 'Who leads sessions, as clients see them.';

comment on column public.practitioners.id is 'Of the row; made here.';

comment on column public.practitioners.name is 'As people read it.';

comment on column public.practitioners.bio is 'Who they are, in their own words.';

comment on column public.practitioners.specialization is 'What they are good at.';

comment on column public.practitioners.avatar_url is 'Of their picture.';

comment on column public.practitioners.half_hour_rate is 'What half an hour of theirs costs, in dollars.';

comment on column public.practitioners.available is 'Whether they take bookings at all.';

comment on column public.practitioners.created_at is 'When the row was made.';

comment on column public.practitioners.updated_at is 'When the row was last changed.';

comment on table public.products is 'What the shop sells.';

comment on column public.products.id is 'Of the row; made here.';

comment on column public.products.name is 'As people read it.';

comment on column public.products.slug is 'Its word in an address.';

comment on column public.products.type is 'physical, digital or service.';

comment on column public.products.description is 'In words, as people read it.';

comment on column public.products.image_url is 'Of its picture.';

comment on column public.products.price_cad is 'In dollars, before tax; null: not sold for them.';

comment on column public.products.price_usd is 'In dollars, before tax; null: not sold for them.';

comment on column public.products.stripe_price_id_cad is 'Of Stripe''s own price, where there is one.';

comment on column public.products.stripe_price_id_usd is 'Of Stripe''s own price, where there is one.';

comment on column public.products.inventory_count is 'How many are left; null: not counted.';

comment on column public.products.is_active is 'Whether it is on sale.';

comment on column public.products.metadata is 'What whoever wrote it kept beside it.';

comment on column public.products.created_at is 'When the row was made.';

comment on column public.products.updated_at is 'When the row was last changed.';

comment on table public.session_notes is 'What a practitioner notes of a session.';

comment on column public.session_notes.id is 'Of the row; made here.';

comment on column public.session_notes.session_id is 'The session it is about: session_schedules.id.';

comment on column public.session_notes.author_id is 'Who wrote it.';

comment on column public.session_notes.content is 'As its author wrote it.';

comment on column public.session_notes.visibility is 'private, or shared with the client.';

comment on column public.session_notes.created_at is 'When the row was made.';

comment on column public.session_notes.updated_at is 'When the row was last changed.';

comment on table public.session_packages is 'Sessions sold several at once.';

comment on column public.session_packages.id is 'Of the row; made here.';

comment on column public.session_packages.name is 'As people read it.';

comment on column public.session_packages.session_count is 'How many sessions it holds: 5 or 10.';

comment on column public.session_packages.price_cad is 'In dollars, before tax; null: not sold for them.';

comment on column public.session_packages.price_usd is 'In dollars, before tax; null: not sold for them.';

comment on column public.session_packages.stripe_price_id_cad is 'Of Stripe''s own price, where there is one.';

comment on column public.session_packages.stripe_price_id_usd is 'Of Stripe''s own price, where there is one.';

comment on column public.session_packages.is_active is 'Whether it is on sale.';

comment on column public.session_packages.created_at is 'When the row was made.';

comment on column public.session_packages.updated_at is 'When the row was last changed.';

comment on column public.session_packages.is_group is 'Whether it is for several at once.';

comment on column public.session_packages.session_type is 'standing or laying.';

comment on table public.session_payments is 'What was paid for a session, and whose it is.';

comment on column public.session_payments.id is 'Of the row; made here.';

comment on column public.session_payments.session_id is 'The session it is about: session_schedules.id.';

comment on column public.session_payments.practitioner_id is 'The practitioner it belongs to.';

comment on column public.session_payments.client_id is 'The client it belongs to: their account.';

comment on column public.session_payments.total_amount is 'In dollars.';

comment on column public.session_payments.practitioner_share is 'Of it, theirs.';

comment on column public.session_payments.platform_share is 'Of it, the platform''s.';

comment on column public.session_payments.currency is 'By its three letters, in lower case.';

comment on column public.session_payments.stripe_payment_intent_id is 'Stripe''s own id of the payment.';

comment on column public.session_payments.status is 'As the earnings page reads it.';

comment on column public.session_payments.paid_out_at is 'When it went out with a payout.';

comment on column public.session_payments.created_at is 'When the row was made.';

comment on column public.session_payments.updated_at is 'When the row was last changed.';

comment on column public.session_payments.checkout_id is 'The checkout that paid: checkout_sessions.id.';

comment on column public.session_payments.revenue_share_id is 'The share that was in force.';

comment on table public.session_schedules is 'Sessions: one to one, classes, and seats in classes.';

comment on column public.session_schedules.id is 'Of the row; made here.';

comment on column public.session_schedules.practitioner_id is 'The practitioner it belongs to.';

comment on column public.session_schedules.scheduled_at is 'When the session begins.';

comment on column public.session_schedules.duration_minutes is 'How long the session lasts.';

comment on column public.session_schedules.room_name is 'The name of its video channel.';

comment on column public.session_schedules.status is 'scheduled, in_progress, completed or cancelled.';

comment on column public.session_schedules.created_at is 'When the row was made.';

comment on column public.session_schedules.updated_at is 'When the row was last changed.';

comment on column public.session_schedules.host_room_url is 'Where the practitioner enters; of an earlier platform.';

comment on column public.session_schedules.cancellation_policy_agreed_at is 'When they agreed to it.';

comment on column public.session_schedules.cancellation_policy_version is
  'The text that was agreed to: cancellation_policy.id.';

comment on column public.session_schedules.grace_cancellation_used is 'Whether a grace cancellation was used on it.';

comment on column public.session_schedules.class_name is 'What the class is called; null for one to one.';

comment on column public.session_schedules.reminder_sent is 'When people were reminded.';

comment on column public.session_schedules.session_location is 'Where it is held: online or in_person.';

comment on column public.session_schedules.max_participants is 'How many seats it has.';

comment on column public.session_schedules.current_participants is
  'How many seats are taken; counted here, never by a page.';

comment on column public.session_schedules.session_type_id is 'The kind of session: session_types.id.';

comment on table public.session_types is 'The kinds of session that are offered.';

comment on column public.session_types.id is 'Of the row; made here.';

comment on column public.session_types.name is 'As people read it.';

comment on column public.session_types.duration_minutes is 'How long the session lasts.';

comment on column public.session_types.session_type is 'standing or laying.';

comment on column public.session_types.is_group is 'Whether it is for several at once.';

comment on column public.session_types.price_cad is 'In dollars, before tax; null: not sold for them.';

comment on column public.session_types.price_usd is 'In dollars, before tax; null: not sold for them.';

comment on column public.session_types.stripe_price_id_cad is 'Of Stripe''s own price, where there is one.';

comment on column public.session_types.stripe_price_id_usd is 'Of Stripe''s own price, where there is one.';

comment on column public.session_types.is_active is 'Whether it can be booked.';

comment on column public.session_types.created_at is 'When the row was made.';

comment on column public.session_types.updated_at is 'When the row was last changed.';

comment on table public.user_consents is
  'What people have agreed to, or not any more. Each change is in consent_history.';

comment on column public.user_consents.id is 'Of the row; made here.';

comment on column public.user_consents.user_id is 'Whose it is.';

comment on column public.user_consents.consent_type is 'What is agreed to, such as session_recording.';

comment on column public.user_consents.consented is 'Their answer.';

comment on column public.user_consents.consent_date is 'When they gave it.';

comment on column public.user_consents.ip_address is 'The address they came from.';

comment on column public.user_consents.user_agent is 'What their browser called itself.';

comment on column public.user_consents.version is 'Of the text.';

comment on column public.user_consents.revoked_at is 'When it was taken back; null: it holds.';

comment on column public.user_consents.revoked_ip_address is 'The address they withdrew it from.';

comment on column public.user_consents.metadata is 'What whoever wrote it kept beside it.';

comment on column public.user_consents.created_at is 'When the row was made.';

comment on column public.user_consents.updated_at is 'When the row was last changed.';

comment on table public.user_preferences is
  'Currency, country and language, as a person chose them or as they were detected.';

comment on column public.user_preferences.id is 'Of the row; made here.';

comment on column public.user_preferences.user_id is 'Whose it is.';

comment on column public.user_preferences.currency is 'By its three letters, in lower case.';

comment on column public.user_preferences.country is 'By its two letters.';

comment on column public.user_preferences.timezone is 'By its IANA name.';

comment on column public.user_preferences.language is 'By its tag, such as en.';

comment on column public.user_preferences.detected_at is 'When they were guessed; null: chosen.';

comment on column public.user_preferences.updated_at is 'When the row was last changed.';

comment on column public.user_preferences.created_at is 'When the row was made.';

comment on table public.user_roles is 'Who is an admin or a practitioner.';

comment on column public.user_roles.id is 'Of the row; made here.';

comment on column public.user_roles.user_id is 'Whose it is.';

comment on column public.user_roles.role is 'admin, practitioner or user.';

comment on column public.user_roles.created_at is 'When the row was made.';

comment on table public.user_session_credits is 'Credits, by the lot they came in.';

comment on column public.user_session_credits.id is 'Of the row; made here.';

comment on column public.user_session_credits.user_id is 'Whose it is.';

comment on column public.user_session_credits.package_id is 'The package it came with: session_packages.id.';

comment on column public.user_session_credits.session_type_id is 'The kind of session they are good for; null: any.';

comment on column public.user_session_credits.credits_remaining is 'What is left; the ledger''s sum.';

comment on column public.user_session_credits.purchased_at is 'When it was bought or given.';

comment on column public.user_session_credits.expires_at is 'From when on it is of no use; null: never.';

comment on column public.user_session_credits.stripe_payment_intent_id is 'Stripe''s own id of the payment.';

comment on column public.user_session_credits.order_id is 'Of an order on an earlier platform.';

comment on column public.user_session_credits.metadata is 'What whoever wrote it kept beside it.';

comment on column public.user_session_credits.created_at is 'When the row was made.';

comment on column public.user_session_credits.updated_at is 'When the row was last changed.';

comment on column public.user_session_credits.cancellation_policy_agreed_at is 'When they agreed to it.';

comment on column public.user_session_credits.cancellation_policy_version is
  'The text that was agreed to: cancellation_policy.id.';

comment on column public.user_session_credits.grace_cancellation_used is 'Whether a grace cancellation was used on it.';

comment on column public.user_session_credits.is_group is 'Whether it is for several at once.';
