export type Json = string | number | boolean | null | {
    [key: string]: Json | undefined;
} | Json[];
export type Database = {
    "public": {
        Tables: {
            /** Who lets whom read, write or delete something of theirs, and until when. */
            "access_grants": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** From when on it is of no use; null: never. */
                    "expires_at": string | null;
                    /** Whom it is allowed. */
                    "grantee_id": string;
                    /** Who allows it. */
                    "grantor_id": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** What whoever wrote it kept beside it. */
                    "metadata": Json | null;
                    /** read, write or delete. */
                    "permission": string;
                    /** In words, for whoever reads it later. */
                    "reason": string | null;
                    /** Which one. */
                    "resource_id": string;
                    /** session, memory, note or profile. */
                    "resource_type": string;
                    /** When it was taken back; null: it holds. */
                    "revoked_at": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "expires_at"?: string | null;
                    "grantee_id": string;
                    "grantor_id": string;
                    "id"?: string;
                    "metadata"?: Json | null;
                    "permission": string;
                    "reason"?: string | null;
                    "resource_id": string;
                    "resource_type": string;
                    "revoked_at"?: string | null;
                    "updated_at"?: string;
                };
                Update: {
                    "created_at"?: string;
                    "expires_at"?: string | null;
                    "grantee_id"?: string;
                    "grantor_id"?: string;
                    "id"?: string;
                    "metadata"?: Json | null;
                    "permission"?: string;
                    "reason"?: string | null;
                    "resource_id"?: string;
                    "resource_type"?: string;
                    "revoked_at"?: string | null;
                    "updated_at"?: string;
                };
                Relationships: [
                ];
            };
            /** Small things a practitioner gives a client to do. */
            "action_checklist": {
                Row: {
                    /** Who is to do it. */
                    "client_id": string;
                    /** Whether it is done. */
                    "completed": boolean;
                    /** When the row was made. */
                    "created_at": string;
                    /** In words, as people read it. */
                    "description": string | null;
                    /** By which day. */
                    "due_date": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** Who gave it. */
                    "practitioner_id": string;
                    /** The higher, the sooner. */
                    "priority": number;
                    /** As people read it. */
                    "title": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "client_id": string;
                    "completed"?: boolean;
                    "created_at"?: string;
                    "description"?: string | null;
                    "due_date"?: string | null;
                    "id"?: string;
                    "practitioner_id": string;
                    "priority"?: number;
                    "title": string;
                    "updated_at"?: string;
                };
                Update: {
                    "client_id"?: string;
                    "completed"?: boolean;
                    "created_at"?: string;
                    "description"?: string | null;
                    "due_date"?: string | null;
                    "id"?: string;
                    "practitioner_id"?: string;
                    "priority"?: number;
                    "title"?: string;
                    "updated_at"?: string;
                };
                Relationships: [
                ];
            };
            /** What a practitioner recommends a client to do between sessions. */
            "action_recommendations": {
                Row: {
                    /** daily_practice, mindfulness, physical, emotional or other. */
                    "action_type": string;
                    /** To whom. */
                    "client_id": string;
                    /** Whether it is done. */
                    "completed": boolean;
                    /** When it was done; null: it is not. */
                    "completed_at": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** In words, as people read it. */
                    "description": string | null;
                    /** By which day. */
                    "due_date": string | null;
                    /** Free text, such as "daily" or "as needed". */
                    "frequency": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** Who recommends it. */
                    "practitioner_id": string;
                    /** The session it came from; null without one. */
                    "session_id": string | null;
                    /** The template it was made from; null for a text of the practitioner's own. */
                    "template_id": string | null;
                    /** As people read it. */
                    "title": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "action_type": string;
                    "client_id": string;
                    "completed"?: boolean;
                    "completed_at"?: string | null;
                    "created_at"?: string;
                    "description"?: string | null;
                    "due_date"?: string | null;
                    "frequency"?: string | null;
                    "id"?: string;
                    "practitioner_id": string;
                    "session_id"?: string | null;
                    "template_id"?: string | null;
                    "title": string;
                    "updated_at"?: string;
                };
                Update: {
                    "action_type"?: string;
                    "client_id"?: string;
                    "completed"?: boolean;
                    "completed_at"?: string | null;
                    "created_at"?: string;
                    "description"?: string | null;
                    "due_date"?: string | null;
                    "frequency"?: string | null;
                    "id"?: string;
                    "practitioner_id"?: string;
                    "session_id"?: string | null;
                    "template_id"?: string | null;
                    "title"?: string;
                    "updated_at"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "action_recommendations_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "action_recommendations_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "action_recommendations_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "action_recommendations_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "action_recommendations_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "action_recommendations_template_id_fkey";
                        columns: [
                            "template_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "action_templates";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** What a practitioner can recommend with one click. */
            "action_templates": {
                Row: {
                    /** daily_practice, mindfulness, physical, emotional or other. */
                    "action_type": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** In words, as people read it. */
                    "description": string | null;
                    /** How often, in words. */
                    "frequency": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** False once retired: kept for the recommendations made from it. */
                    "is_active": boolean;
                    /** Null for the platform's own templates. */
                    "practitioner_id": string | null;
                    /** As people read it. */
                    "title": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "action_type": string;
                    "created_at"?: string;
                    "description"?: string | null;
                    "frequency"?: string | null;
                    "id"?: string;
                    "is_active"?: boolean;
                    "practitioner_id"?: string | null;
                    "title": string;
                    "updated_at"?: string;
                };
                Update: {
                    "action_type"?: string;
                    "created_at"?: string;
                    "description"?: string | null;
                    "frequency"?: string | null;
                    "id"?: string;
                    "is_active"?: boolean;
                    "practitioner_id"?: string | null;
                    "title"?: string;
                    "updated_at"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "action_templates_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "action_templates_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** What one admin wants and another has to approve, with decide_approval: adjustments and payout runs. */
            "approval_requests": {
                Row: {
                    /** Cents, or credits where there is no currency. Of a run, the most that it may pay in this currency. */
                    "amount": number;
                    /** By its three letters, in lower case. */
                    "currency": string | null;
                    /** When they did. */
                    "decided_at": string | null;
                    /** The admin who decided. */
                    "decided_by": string | null;
                    /** The arguments of the adjustment; of a run its period. */
                    "details": NonNullable<Json>;
                    /** Until when it can be decided. */
                    "expires_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** earnings, credits or payout_run. */
                    "kind": string;
                    /** When it was asked. */
                    "requested_at": string;
                    /** No foreign key, like decided_by: who decided stays. Null: the clock, until a first admin has approved. */
                    "requested_by": string | null;
                    /** waiting, approved or declined. */
                    "status": string;
                    /** Whose earnings or credits. The request goes with their account; what was posted stays in its ledger. */
                    "user_id": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "amount": number;
                    "currency"?: string | null;
                    "decided_at"?: string | null;
                    "decided_by"?: string | null;
                    "details": NonNullable<Json>;
                    "expires_at": string;
                    "id"?: string;
                    "kind": string;
                    "requested_at"?: string;
                    "requested_by"?: string | null;
                    "status"?: string;
                    "user_id"?: string | null;
                };
                Update: {
                    "amount"?: number;
                    "currency"?: string | null;
                    "decided_at"?: string | null;
                    "decided_by"?: string | null;
                    "details"?: NonNullable<Json>;
                    "expires_at"?: string;
                    "id"?: string;
                    "kind"?: string;
                    "requested_at"?: string;
                    "requested_by"?: string | null;
                    "status"?: string;
                    "user_id"?: string | null;
                };
                Relationships: [
                ];
            };
            /** The audit log: a chain of hashes, to which lines are only added. */
            "audit_logs": {
                Row: {
                    /** INSERT, UPDATE, DELETE by the database; VIEW, EXPORT, LOGIN, LOGOUT by pages. */
                    "action": string;
                    /** When it happened. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** The address they came from. */
                    "ip_address": string | null;
                    /** Of a row that was changed: the names of the changed columns, and those values that say nothing about a person. */
                    "metadata": Json | null;
                    /** Random; null once the personal parts are redacted. */
                    "personal_salt": string | null;
                    /** SHA-256 of the salt and the address, agent and metadata; stays when they are blanked. */
                    "personal_sha256": string;
                    /** Which row, by its id. */
                    "record_id": string | null;
                    /** Of which table. */
                    "table_name": string;
                    /** What their browser called itself. */
                    "user_agent": string | null;
                    /** Who did it. No foreign key: the account may have been erased since. */
                    "user_id": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "action": string;
                    "created_at"?: string;
                    "id"?: string;
                    "ip_address"?: string | null;
                    "metadata"?: Json | null;
                    "personal_salt"?: string | null;
                    "personal_sha256": string;
                    "record_id"?: string | null;
                    "table_name": string;
                    "user_agent"?: string | null;
                    "user_id"?: string | null;
                };
                Update: {
                    "action"?: string;
                    "created_at"?: string;
                    "id"?: string;
                    "ip_address"?: string | null;
                    "metadata"?: Json | null;
                    "personal_salt"?: string | null;
                    "personal_sha256"?: string;
                    "record_id"?: string | null;
                    "table_name"?: string;
                    "user_agent"?: string | null;
                    "user_id"?: string | null;
                };
                Relationships: [
                ];
            };
            /** Dates that differ from the weekly hours; in wall time, as they are. */
            "availability_exceptions": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** Until; null: the whole day. */
                    "end_time": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** Open ones replace the weekly hours of the date; closed ones are taken away from whatever the date has. */
                    "is_open": boolean;
                    /** Which day. */
                    "on_date": string;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** In words, for whoever reads it later. */
                    "reason": string | null;
                    /** From; null: the whole day. */
                    "start_time": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "end_time"?: string;
                    "id"?: string;
                    "is_open"?: boolean;
                    "on_date": string;
                    "practitioner_id": string;
                    "reason"?: string | null;
                    "start_time"?: string;
                };
                Update: {
                    "created_at"?: string;
                    "end_time"?: string;
                    "id"?: string;
                    "is_open"?: boolean;
                    "on_date"?: string;
                    "practitioner_id"?: string;
                    "reason"?: string | null;
                    "start_time"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "availability_exceptions_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "availability_exceptions_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Every read of somebody's sealed bank numbers: append-only. */
            "banking_accesses": {
                Row: {
                    /** When. */
                    "accessed_at": string;
                    /** Of the row; made here. */
                    "id": number;
                    /** Whose. No foreign key, like requested_by: the log outlives both. */
                    "practitioner_id": string;
                    /** payout_file or key_rotation. */
                    "purpose": string;
                    /** The payment file, or the key that the numbers are sealed with from then on. */
                    "reference": string;
                    /** The admin who asked; null: the platform itself. */
                    "requested_by": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "accessed_at"?: string;
                    "id"?: never;
                    "practitioner_id": string;
                    "purpose": string;
                    "reference": string;
                    "requested_by"?: string | null;
                };
                Update: {
                    "accessed_at"?: string;
                    "id"?: never;
                    "practitioner_id"?: string;
                    "purpose"?: string;
                    "reference"?: string;
                    "requested_by"?: string | null;
                };
                Relationships: [
                ];
            };
            /** The texts of the cancellation policy and the numbers it is applied with. One is active. */
            "cancellation_policy": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** A credit that has ended by the time its client cancels can be used for so many days more. 0: it is not returned. */
                    "ended_credit_days": number;
                    /** So long at least can a credit be used that comes back because the practitioner or the platform cancelled. */
                    "ended_credit_days_by_us": number;
                    /** How many late cancellations cost nothing. */
                    "grace_cancellations_allowed": number;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether it is the one in force. */
                    "is_active": boolean;
                    /** For a late cancellation of what was paid in Canadian dollars. */
                    "late_cancellation_fee_cad": number;
                    /** For a late cancellation of what was paid in US dollars. */
                    "late_cancellation_fee_usd": number;
                    /** At least so long before: the credit is returned, and a fee is due. Equal to the standard hours, nothing is late. */
                    "late_cancellation_hours": number;
                    /** Of whoever does not come to what was paid in Canadian dollars, beside the credit. 0: none. */
                    "no_show_fee_cad": number;
                    /** Of whoever does not come to what was paid in US dollars, beside the credit. 0: none. */
                    "no_show_fee_usd": number;
                    /** As people agree to it. */
                    "policy_text": string;
                    /** At least so long before: the credit is returned. */
                    "standard_cancellation_hours": number;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** The admin who changed it last. */
                    "updated_by": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "ended_credit_days"?: number;
                    "ended_credit_days_by_us"?: number;
                    "grace_cancellations_allowed"?: number;
                    "id"?: string;
                    "is_active"?: boolean;
                    "late_cancellation_fee_cad"?: number;
                    "late_cancellation_fee_usd"?: number;
                    "late_cancellation_hours"?: number;
                    "no_show_fee_cad"?: number;
                    "no_show_fee_usd"?: number;
                    "policy_text": string;
                    "standard_cancellation_hours"?: number;
                    "updated_at"?: string;
                    "updated_by"?: string | null;
                };
                Update: {
                    "created_at"?: string;
                    "ended_credit_days"?: number;
                    "ended_credit_days_by_us"?: number;
                    "grace_cancellations_allowed"?: number;
                    "id"?: string;
                    "is_active"?: boolean;
                    "late_cancellation_fee_cad"?: number;
                    "late_cancellation_fee_usd"?: number;
                    "late_cancellation_hours"?: number;
                    "no_show_fee_cad"?: number;
                    "no_show_fee_usd"?: number;
                    "policy_text"?: string;
                    "standard_cancellation_hours"?: number;
                    "updated_at"?: string;
                    "updated_by"?: string | null;
                };
                Relationships: [
                ];
            };
            /** Attempts to pay: evidence, so a paid one outlives all that it is about. */
            "checkout_sessions": {
                Row: {
                    /** When an admin accepted what differs. */
                    "accepted_at": string | null;
                    /** In cents, by our own prices when it was begun. */
                    "amount_minor": number;
                    /** The text that was agreed to: cancellation_policy.id. */
                    "cancellation_policy_version": string | null;
                    /** Claims to ask Stripe about it, since somebody last reported on it. */
                    "claim_count": number;
                    /** When the row was made. */
                    "created_at": string;
                    /** The credits that came of it. */
                    "credit_lot_id": string | null;
                    /** How many are bought; 0 for a fee. */
                    "credits": number;
                    /** Of those credits, how many went with a refund. */
                    "credits_taken_back": number;
                    /** By its three letters, in lower case. */
                    "currency": string;
                    /** What stands on Stripe's page. */
                    "description": string;
                    /** What Stripe charged otherwise than we asked, in words. Nothing is given for it until somebody accepts it. */
                    "difference": string | null;
                    /** When its time was over. */
                    "expired_at": string | null;
                    /** Until when it can be paid. */
                    "expires_at": string;
                    /** When the bank debit failed. */
                    "failed_at": string | null;
                    /** When its payer was told that their bank did not pay. */
                    "failure_told_at": string | null;
                    /** The fee that it pays: owed_fees.id. */
                    "fee_id": string | null;
                    /** The class, where this is a seat in one. */
                    "group_class_id": string | null;
                    /** The hold on that time: session_holds.id. */
                    "hold_id": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** When Stripe last could not charge. Before processing_at it was a card, and its payer went on to pay otherwise. */
                    "intent_failed_at": string | null;
                    /** Whether those credits are good for any kind of session. */
                    "is_for_any_type": boolean;
                    /** When Stripe is asked again. */
                    "next_check_at": string | null;
                    /** What they wrote for the practitioner. */
                    "notes": string | null;
                    /** credit_instead: the time was taken when the money arrived. nobody_there: the account had been erased. fee_not_owed: it was paid or forgiven, so this payment goes back. */
                    "outcome": string | null;
                    /** The package it came with: session_packages.id. */
                    "package_id": string | null;
                    /** When Stripe had the money. */
                    "paid_at": string | null;
                    /** single, package_5, package_10 or fee. */
                    "payment_type": string;
                    /** The studio's name and address, where it is held in person. */
                    "physical_location": string | null;
                    /** With whom; null for a package. */
                    "practitioner_id": string | null;
                    /** When a bank debit began that has not come through. */
                    "processing_at": string | null;
                    /** Stripe's receipt. */
                    "receipt_url": string | null;
                    /** All refunds that have not failed or been cancelled. */
                    "refunded_minor": number;
                    /** Refunds and lost disputes: what the payer got back. */
                    "returned_minor": number;
                    /** When the session begins. */
                    "scheduled_at": string | null;
                    /** The session that came of it. */
                    "session_id": string | null;
                    /** Where it is held: online or in_person. */
                    "session_location": string | null;
                    /** The kind of session: session_types.id. */
                    "session_type_id": string | null;
                    /** Where it stands. */
                    "status": string;
                    /** What Stripe charged for, line by line: subtotal, discount, tax, shipping, total, and its lines once we have asked. */
                    "stripe_amounts": Json | null;
                    /** Stripe's own id of the payment. */
                    "stripe_payment_intent_id": string | null;
                    /** Stripe's own id of the checkout. */
                    "stripe_session_id": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** Of Stripe's page. */
                    "url": string | null;
                    /** Who pays. No foreign key: their account may have been erased since. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "accepted_at"?: string | null;
                    "amount_minor": number;
                    "cancellation_policy_version"?: string | null;
                    "claim_count"?: number;
                    "created_at"?: string;
                    "credit_lot_id"?: string | null;
                    "credits": number;
                    "credits_taken_back"?: number;
                    "currency": string;
                    "description": string;
                    "difference"?: string | null;
                    "expired_at"?: string | null;
                    "expires_at": string;
                    "failed_at"?: string | null;
                    "failure_told_at"?: string | null;
                    "fee_id"?: string | null;
                    "group_class_id"?: string | null;
                    "hold_id"?: string | null;
                    "id"?: string;
                    "intent_failed_at"?: string | null;
                    "is_for_any_type"?: boolean;
                    "next_check_at"?: string | null;
                    "notes"?: string | null;
                    "outcome"?: string | null;
                    "package_id"?: string | null;
                    "paid_at"?: string | null;
                    "payment_type": string;
                    "physical_location"?: string | null;
                    "practitioner_id"?: string | null;
                    "processing_at"?: string | null;
                    "receipt_url"?: string | null;
                    "refunded_minor"?: number;
                    "returned_minor"?: number;
                    "scheduled_at"?: string | null;
                    "session_id"?: string | null;
                    "session_location"?: string | null;
                    "session_type_id"?: string | null;
                    "status"?: never;
                    "stripe_amounts"?: Json | null;
                    "stripe_payment_intent_id"?: string | null;
                    "stripe_session_id"?: string | null;
                    "updated_at"?: string;
                    "url"?: string | null;
                    "user_id": string;
                };
                Update: {
                    "accepted_at"?: string | null;
                    "amount_minor"?: number;
                    "cancellation_policy_version"?: string | null;
                    "claim_count"?: number;
                    "created_at"?: string;
                    "credit_lot_id"?: string | null;
                    "credits"?: number;
                    "credits_taken_back"?: number;
                    "currency"?: string;
                    "description"?: string;
                    "difference"?: string | null;
                    "expired_at"?: string | null;
                    "expires_at"?: string;
                    "failed_at"?: string | null;
                    "failure_told_at"?: string | null;
                    "fee_id"?: string | null;
                    "group_class_id"?: string | null;
                    "hold_id"?: string | null;
                    "id"?: string;
                    "intent_failed_at"?: string | null;
                    "is_for_any_type"?: boolean;
                    "next_check_at"?: string | null;
                    "notes"?: string | null;
                    "outcome"?: string | null;
                    "package_id"?: string | null;
                    "paid_at"?: string | null;
                    "payment_type"?: string;
                    "physical_location"?: string | null;
                    "practitioner_id"?: string | null;
                    "processing_at"?: string | null;
                    "receipt_url"?: string | null;
                    "refunded_minor"?: number;
                    "returned_minor"?: number;
                    "scheduled_at"?: string | null;
                    "session_id"?: string | null;
                    "session_location"?: string | null;
                    "session_type_id"?: string | null;
                    "status"?: never;
                    "stripe_amounts"?: Json | null;
                    "stripe_payment_intent_id"?: string | null;
                    "stripe_session_id"?: string | null;
                    "updated_at"?: string;
                    "url"?: string | null;
                    "user_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "checkout_sessions_cancellation_policy_version_fkey";
                        columns: [
                            "cancellation_policy_version"
                        ];
                        isOneToOne: false;
                        referencedRelation: "cancellation_policy";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_credit_lot_id_fkey";
                        columns: [
                            "credit_lot_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "user_session_credits";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_fee_id_fkey";
                        columns: [
                            "fee_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "owed_fees";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_hold_id_fkey";
                        columns: [
                            "hold_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_holds";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_package_id_fkey";
                        columns: [
                            "package_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_packages";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "checkout_sessions_session_type_id_fkey";
                        columns: [
                            "session_type_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_types";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Evidence: lines are only added. */
            "consent_history": {
                Row: {
                    /** What it was about. */
                    "consent_type": string;
                    /** Whether the consent was in force after this. */
                    "consented": boolean;
                    /** Of the row; made here. */
                    "id": number;
                    /** As the server saw it; null if the table was written directly. */
                    "ip_address": string | null;
                    /** What whoever wrote it kept beside it. */
                    "metadata": Json | null;
                    /** When the answer changed. */
                    "recorded_at": string;
                    /** What their browser called itself. */
                    "user_agent": string | null;
                    /** No foreign key: what somebody agreed to can be shown after their account is gone. */
                    "user_id": string;
                    /** Of the text. */
                    "version": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "consent_type": string;
                    "consented": boolean;
                    "id"?: never;
                    "ip_address"?: string | null;
                    "metadata"?: Json | null;
                    "recorded_at"?: string;
                    "user_agent"?: string | null;
                    "user_id": string;
                    "version"?: string | null;
                };
                Update: {
                    "consent_type"?: string;
                    "consented"?: boolean;
                    "id"?: never;
                    "ip_address"?: string | null;
                    "metadata"?: Json | null;
                    "recorded_at"?: string;
                    "user_agent"?: string | null;
                    "user_id"?: string;
                    "version"?: string | null;
                };
                Relationships: [
                ];
            };
            /** The history of each contract: append-only. */
            "contract_events": {
                Row: {
                    /** Null for the platform itself. No foreign key: who did it stays, also when they have left. */
                    "caused_by": string | null;
                    /** practitioner_contracts.id. */
                    "contract_id": string;
                    /** issued, signed, expiring, expired or revoked. */
                    "event": string;
                    /** When. */
                    "happened_at": string;
                    /** Of the row; made here. */
                    "id": number;
                    /** In words, for whoever reads it later. */
                    "reason": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "caused_by"?: string | null;
                    "contract_id": string;
                    "event": string;
                    "happened_at"?: string;
                    "id"?: never;
                    "reason"?: string | null;
                };
                Update: {
                    "caused_by"?: string | null;
                    "contract_id"?: string;
                    "event"?: string;
                    "happened_at"?: string;
                    "id"?: never;
                    "reason"?: string | null;
                };
                Relationships: [
                    {
                        foreignKeyName: "contract_events_contract_id_fkey";
                        columns: [
                            "contract_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_contracts";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "contract_events_contract_id_fkey";
                        columns: [
                            "contract_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioner_contracts";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** One row: what contracts decide. */
            "contract_rules": {
                Row: {
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether a practitioner without a live contract takes no bookings. */
                    "live_contract_needed": boolean;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "id"?: string;
                    "live_contract_needed"?: boolean;
                    "updated_at"?: string;
                };
                Update: {
                    "id"?: string;
                    "live_contract_needed"?: boolean;
                    "updated_at"?: string;
                };
                Relationships: [
                ];
            };
            /** Signed contracts: append-only evidence. */
            "contract_signatures": {
                Row: {
                    /** practitioner_contracts.id. */
                    "contract_id": string;
                    /** SHA-256 of the facts above, hexadecimal; stays when some of them go. */
                    "evidence_sha256": string;
                    /** The address they came from. */
                    "ip_address": string | null;
                    /** Whether the server saw address and agent itself; otherwise the browser claimed them. */
                    "is_observed": boolean;
                    /** The drawn signature, a PNG that the service encoded anew, at most 256 KiB; null once redacted. */
                    "signature_image": string | null;
                    /** Of the drawn signature; null: it was typed. */
                    "signature_image_sha256": string | null;
                    /** As typed by the signer. */
                    "signature_name": string | null;
                    /** When it was signed. */
                    "signed_at": string;
                    /** The account's address on the day; null once redacted. */
                    "signer_email": string | null;
                    /** The practitioner's name on the day; null once redacted. */
                    "signer_name": string | null;
                    /** Of the text, as it was shown. */
                    "text_sha256": string;
                    /** What their browser called itself. */
                    "user_agent": string | null;
                    /** Who signed. No foreign key: their account may have been erased since. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "contract_id": string;
                    "evidence_sha256": string;
                    "ip_address"?: string | null;
                    "is_observed"?: boolean;
                    "signature_image"?: string | null;
                    "signature_image_sha256"?: string | null;
                    "signature_name"?: string | null;
                    "signed_at": string;
                    "signer_email"?: string | null;
                    "signer_name"?: string | null;
                    "text_sha256": string;
                    "user_agent"?: string | null;
                    "user_id": string;
                };
                Update: {
                    "contract_id"?: string;
                    "evidence_sha256"?: string;
                    "ip_address"?: string | null;
                    "is_observed"?: boolean;
                    "signature_image"?: string | null;
                    "signature_image_sha256"?: string | null;
                    "signature_name"?: string | null;
                    "signed_at"?: string;
                    "signer_email"?: string | null;
                    "signer_name"?: string | null;
                    "text_sha256"?: string;
                    "user_agent"?: string | null;
                    "user_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "contract_signatures_contract_id_fkey";
                        columns: [
                            "contract_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "admin_contracts";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "contract_signatures_contract_id_fkey";
                        columns: [
                            "contract_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "practitioner_contracts";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** The texts that contracts are made of, each version for good. */
            "contract_templates": {
                Row: {
                    /** Issued with [Name of practitioner] and [Date of issue] replaced. Never changes: a correction is a new version. */
                    "body": string;
                    /** SHA-256 of body, hexadecimal. */
                    "body_sha256": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** No foreign key: who wrote it stays, also when they have left. */
                    "created_by": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** As people read it. */
                    "title": string;
                    /** Counted up by the database. */
                    "version": number;
                };
                ComputedFields: never;
                Insert: {
                    "body": string;
                    "body_sha256"?: never;
                    "created_at"?: string;
                    "created_by"?: string | null;
                    "id"?: string;
                    "title": string;
                    "version": number;
                };
                Update: {
                    "body"?: string;
                    "body_sha256"?: never;
                    "created_at"?: string;
                    "created_by"?: string | null;
                    "id"?: string;
                    "title"?: string;
                    "version"?: number;
                };
                Relationships: [
                ];
            };
            /** Every change of every credit lot: evidence. */
            "credit_ledger": {
                Row: {
                    /** Who did it; null: the platform. */
                    "actor": string | null;
                    /** Credits that came (above zero) or went. */
                    "change": number;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of an extension: the end that the lot has from then on. */
                    "expires_at": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** purchase, spend, return, expiry, refund or adjustment. */
                    "kind": string;
                    /** The row of user_session_credits. No foreign key, like user_id and session_id: the line outlives what it is about. */
                    "lot_id": string;
                    /** In words, for whoever reads it later. */
                    "reason": string | null;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string | null;
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "actor"?: string | null;
                    "change": number;
                    "created_at"?: string;
                    "expires_at"?: string | null;
                    "id"?: string;
                    "kind": string;
                    "lot_id": string;
                    "reason"?: string | null;
                    "session_id"?: string | null;
                    "user_id": string;
                };
                Update: {
                    "actor"?: string | null;
                    "change"?: number;
                    "created_at"?: string;
                    "expires_at"?: string | null;
                    "id"?: string;
                    "kind"?: string;
                    "lot_id"?: string;
                    "reason"?: string | null;
                    "session_id"?: string | null;
                    "user_id"?: string;
                };
                Relationships: [
                ];
            };
            /** How long rows of a table are kept. */
            "data_retention_policies": {
                Row: {
                    /** Whether they then go by themselves. */
                    "auto_delete": boolean;
                    /** When the row was made. */
                    "created_at": string;
                    /** In words, as people read it. */
                    "description": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** From a row's own time on. */
                    "retention_days": number;
                    /** Of which table. */
                    "table_name": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "auto_delete"?: boolean;
                    "created_at"?: string;
                    "description"?: string | null;
                    "id"?: string;
                    "retention_days": number;
                    "table_name": string;
                    "updated_at"?: string;
                };
                Update: {
                    "auto_delete"?: boolean;
                    "created_at"?: string;
                    "description"?: string | null;
                    "id"?: string;
                    "retention_days"?: number;
                    "table_name"?: string;
                    "updated_at"?: string;
                };
                Relationships: [
                ];
            };
            /** One line for each mail that was sent, or not. */
            "email_logs": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** Which mail. */
                    "email_type": string;
                    /** Why it was not sent. */
                    "error_message": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** The mail service's id of it, under which it can be looked up there. */
                    "message_id": string | null;
                    /** What whoever wrote it kept beside it. */
                    "metadata": NonNullable<Json>;
                    /** The address it went to. */
                    "recipient_email": string;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string | null;
                    /** unknown: the service did not answer; it may have been sent. */
                    "status": string;
                    /** What it was made from. */
                    "template_id": string | null;
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "email_type": string;
                    "error_message"?: string | null;
                    "id"?: string;
                    "message_id"?: string | null;
                    "metadata"?: NonNullable<Json>;
                    "recipient_email": string;
                    "session_id"?: string | null;
                    "status": string;
                    "template_id"?: string | null;
                    "user_id": string;
                };
                Update: {
                    "created_at"?: string;
                    "email_type"?: string;
                    "error_message"?: string | null;
                    "id"?: string;
                    "message_id"?: string | null;
                    "metadata"?: NonNullable<Json>;
                    "recipient_email"?: string;
                    "session_id"?: string | null;
                    "status"?: string;
                    "template_id"?: string | null;
                    "user_id"?: string;
                };
                Relationships: [
                ];
            };
            /** That an account was erased, when, and how many rows. Names nobody. */
            "erasure_receipts": {
                Row: {
                    /** When the account was. */
                    "account_deleted_at": string | null;
                    /** When it was asked. */
                    "asked_at": string;
                    /** self, admin or service. */
                    "asked_by": string;
                    /** How many of what, over all times it was asked. */
                    "counts": NonNullable<Json>;
                    /** Of the row; made here. */
                    "id": string;
                    /** How many of what was found the last time. */
                    "last_counts": NonNullable<Json>;
                    /** When what came late was erased again. */
                    "last_erased_at": string | null;
                    /** The id under which the evidence that stays can be found. */
                    "pseudonym": string;
                    /** When the rows were gone. */
                    "rows_erased_at": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "account_deleted_at"?: string | null;
                    "asked_at"?: string;
                    "asked_by": string;
                    "counts"?: NonNullable<Json>;
                    "id"?: string;
                    "last_counts"?: NonNullable<Json>;
                    "last_erased_at"?: string | null;
                    "pseudonym": string;
                    "rows_erased_at"?: string | null;
                };
                Update: {
                    "account_deleted_at"?: string | null;
                    "asked_at"?: string;
                    "asked_by"?: string;
                    "counts"?: NonNullable<Json>;
                    "id"?: string;
                    "last_counts"?: NonNullable<Json>;
                    "last_erased_at"?: string | null;
                    "pseudonym"?: string;
                    "rows_erased_at"?: string | null;
                };
                Relationships: [
                ];
            };
            /** Which of the first steps somebody has ticked off. */
            "getting_started_ticks": {
                Row: {
                    /** Of the row; made here. */
                    "id": string;
                    /** intro_video or best_practices. */
                    "step": string;
                    /** When. */
                    "ticked_at": string;
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "id"?: string;
                    "step": string;
                    "ticked_at"?: string;
                    "user_id"?: string;
                };
                Update: {
                    "id"?: string;
                    "step"?: string;
                    "ticked_at"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                ];
            };
            /** A person's own journal: nobody else reads it. */
            "journal_entries": {
                Row: {
                    /** What they wrote. */
                    "content": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** The date in the writer's own time zone. */
                    "entry_date": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** As they named it. */
                    "mood": string | null;
                    /** The session it is about; the entry outlives it. */
                    "session_id": string | null;
                    /** As people read it. */
                    "title": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "content": string;
                    "created_at"?: string;
                    "entry_date"?: string;
                    "id"?: string;
                    "mood"?: string | null;
                    "session_id"?: string | null;
                    "title"?: string | null;
                    "updated_at"?: string;
                    "user_id"?: string;
                };
                Update: {
                    "content"?: string;
                    "created_at"?: string;
                    "entry_date"?: string;
                    "id"?: string;
                    "mood"?: string | null;
                    "session_id"?: string | null;
                    "title"?: string | null;
                    "updated_at"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "journal_entries_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "journal_entries_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "journal_entries_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** The two or more sides of each entry of the earnings ledger; each currency sums to zero. */
            "ledger_postings": {
                Row: {
                    /** client_funds, platform_revenue, practitioner_payable or payouts_sent. */
                    "account": string;
                    /** In cents. Plus: we owe it to the account's owner; minus: it was taken. */
                    "amount_minor": number;
                    /** Of the row; made here. */
                    "id": number;
                    /** Of ledger_transactions. */
                    "transaction_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "account": string;
                    "amount_minor": number;
                    "id"?: never;
                    "transaction_id": string;
                };
                Update: {
                    "account"?: string;
                    "amount_minor"?: number;
                    "id"?: never;
                    "transaction_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "ledger_postings_transaction_id_fkey";
                        columns: [
                            "transaction_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "ledger_transactions";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Every movement of practitioners' money: evidence. */
            "ledger_transactions": {
                Row: {
                    /** The fact it follows from, unique within its kind. */
                    "cause": string;
                    /** Who made it happen; null: the platform. */
                    "created_by": string | null;
                    /** By its three letters, in lower case. */
                    "currency": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** accrual, reversal, payout, payout_failed or adjustment. */
                    "kind": string;
                    /** When it happened. */
                    "occurred_at": string;
                    /** The seat's row of session_payments. */
                    "payment_id": string | null;
                    /** payouts.id. */
                    "payout_id": string | null;
                    /** No foreign key, like session_id, payment_id, payout_id and created_by: money outlives what it is about. */
                    "practitioner_id": string;
                    /** In words, for whoever reads it later. */
                    "reason": string | null;
                    /** The seat: a session, or somebody's own row of a class. */
                    "session_id": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "cause": string;
                    "created_by"?: string | null;
                    "currency": string;
                    "id"?: string;
                    "kind": string;
                    "occurred_at"?: string;
                    "payment_id"?: string | null;
                    "payout_id"?: string | null;
                    "practitioner_id": string;
                    "reason"?: string | null;
                    "session_id"?: string | null;
                };
                Update: {
                    "cause"?: string;
                    "created_by"?: string | null;
                    "currency"?: string;
                    "id"?: string;
                    "kind"?: string;
                    "occurred_at"?: string;
                    "payment_id"?: string | null;
                    "payout_id"?: string | null;
                    "practitioner_id"?: string;
                    "reason"?: string | null;
                    "session_id"?: string | null;
                };
                Relationships: [
                ];
            };
            /** No foreign keys: a hold outlives the account it is on, and who placed it. */
            "legal_holds": {
                Row: {
                    /** Of the row; made here. */
                    "id": string;
                    /** When. */
                    "placed_at": string;
                    /** The admin who placed it. */
                    "placed_by": string | null;
                    /** In words, for whoever reads it later. */
                    "reason": string;
                    /** When it ended; null: it holds. */
                    "released_at": string | null;
                    /** Or of which session. */
                    "session_id": string | null;
                    /** Whose rows are kept. */
                    "user_id": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "id"?: string;
                    "placed_at"?: string;
                    "placed_by"?: string | null;
                    "reason": string;
                    "released_at"?: string | null;
                    "session_id"?: string | null;
                    "user_id"?: string | null;
                };
                Update: {
                    "id"?: string;
                    "placed_at"?: string;
                    "placed_by"?: string | null;
                    "reason"?: string;
                    "released_at"?: string | null;
                    "session_id"?: string | null;
                    "user_id"?: string | null;
                };
                Relationships: [
                ];
            };
            /** Legal texts in other languages. The newest row of a text and language is shown. */
            "legal_translations": {
                Row: {
                    /** With the placeholders of the original, as they are. Never changes: a correction is a new row. */
                    "body": string;
                    /** SHA-256 of body, hexadecimal. */
                    "body_sha256": string;
                    /** The contract it translates; or null. */
                    "contract_template_id": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** No foreign key: who added it stays, also when they have left. */
                    "created_by": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** A tag such as fr-CA. */
                    "language": string;
                    /** Who translated it, or what a correction corrects. */
                    "reason": string;
                    /** The text about recording it translates; or null. */
                    "recording_consent_text_id": string | null;
                    /** Counted up: of a text and language the highest is shown. */
                    "revision": number;
                    /** Whichever of the three it is. */
                    "text_id": string;
                    /** Of a contract. */
                    "title": string | null;
                    /** The waiver it translates; or null. */
                    "waiver_policy_id": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "body": string;
                    "body_sha256"?: never;
                    "contract_template_id"?: string | null;
                    "created_at"?: string;
                    "created_by"?: string | null;
                    "id"?: string;
                    "language": string;
                    "reason": string;
                    "recording_consent_text_id"?: string | null;
                    "revision"?: never;
                    "text_id"?: never;
                    "title"?: string | null;
                    "waiver_policy_id"?: string | null;
                };
                Update: {
                    "body"?: string;
                    "body_sha256"?: never;
                    "contract_template_id"?: string | null;
                    "created_at"?: string;
                    "created_by"?: string | null;
                    "id"?: string;
                    "language"?: string;
                    "reason"?: string;
                    "recording_consent_text_id"?: string | null;
                    "revision"?: never;
                    "text_id"?: never;
                    "title"?: string | null;
                    "waiver_policy_id"?: string | null;
                };
                Relationships: [
                    {
                        foreignKeyName: "legal_translations_contract_template_id_fkey";
                        columns: [
                            "contract_template_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "contract_templates";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "legal_translations_recording_consent_text_id_fkey";
                        columns: [
                            "recording_consent_text_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "recording_consent_texts";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "legal_translations_waiver_policy_id_fkey";
                        columns: [
                            "waiver_policy_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "waiver_policy";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Signed waivers: append-only evidence. */
            "liability_waivers": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** The first general signature of the same person and version. */
                    "double_of": string | null;
                    /** SHA-256 of the facts, hexadecimal; stays when some of them go. */
                    "evidence_sha256": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** As the server saw it; null once redacted. */
                    "ip_address": string | null;
                    /** Whether the server saw it signed. False: from before the adoption, as a browser told it. */
                    "is_observed": boolean;
                    /** In which the text was shown. */
                    "language": string;
                    /** Null for a general waiver. The session may have been deleted since. */
                    "session_id": string | null;
                    /** The drawn signature, a PNG that the service encoded anew, at most 256 KiB; null once redacted. */
                    "signature_image": string | null;
                    /** SHA-256 of the image, hexadecimal; stays when the image goes. */
                    "signature_image_sha256": string | null;
                    /** The name they typed as their signature. */
                    "signature_name": string | null;
                    /** When it was signed. */
                    "signed_at": string;
                    /** The account's address on the day; null once redacted. */
                    "signer_email": string | null;
                    /** The account's name on the day; null once redacted. */
                    "signer_name": string | null;
                    /** SHA-256 of waiver_text, hexadecimal. */
                    "text_sha256": string;
                    "user_agent": string | null;
                    /** Who signed. Their account may have been erased since. */
                    "user_id": string;
                    /** The text that was signed. */
                    "waiver_policy_id": string | null;
                    /** Its number. */
                    "waiver_policy_version": number | null;
                    /** The text as it was shown, with the date in it. */
                    "waiver_text": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "double_of"?: string | null;
                    "evidence_sha256": string;
                    "id"?: string;
                    "ip_address"?: string | null;
                    "is_observed"?: boolean;
                    "language"?: string;
                    "session_id"?: string | null;
                    "signature_image"?: string | null;
                    "signature_image_sha256"?: string | null;
                    "signature_name"?: string | null;
                    "signed_at"?: string;
                    "signer_email"?: string | null;
                    "signer_name"?: string | null;
                    "text_sha256"?: never;
                    "user_agent"?: string | null;
                    "user_id": string;
                    "waiver_policy_id"?: string | null;
                    "waiver_policy_version"?: number | null;
                    "waiver_text": string;
                };
                Update: {
                    "created_at"?: string;
                    "double_of"?: string | null;
                    "evidence_sha256"?: string;
                    "id"?: string;
                    "ip_address"?: string | null;
                    "is_observed"?: boolean;
                    "language"?: string;
                    "session_id"?: string | null;
                    "signature_image"?: string | null;
                    "signature_image_sha256"?: string | null;
                    "signature_name"?: string | null;
                    "signed_at"?: string;
                    "signer_email"?: string | null;
                    "signer_name"?: string | null;
                    "text_sha256"?: never;
                    "user_agent"?: string | null;
                    "user_id"?: string;
                    "waiver_policy_id"?: string | null;
                    "waiver_policy_version"?: number | null;
                    "waiver_text"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "liability_waivers_double_of_fkey";
                        columns: [
                            "double_of"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_waivers";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "liability_waivers_double_of_fkey";
                        columns: [
                            "double_of"
                        ];
                        isOneToOne: false;
                        referencedRelation: "liability_waivers";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "liability_waivers_waiver_policy_id_fkey";
                        columns: [
                            "waiver_policy_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "waiver_policy";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** What a person keeps of their sessions, found again by meaning. */
            "meditation_memories": {
                Row: {
                    /** As its author wrote it. */
                    "content": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the content, 1,536 numbers. */
                    "embedding": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** As the pages name it. */
                    "memory_type": string | null;
                    /** What whoever wrote it kept beside it. */
                    "metadata": Json | null;
                    /** Of which session. */
                    "session_date": string | null;
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "content": string;
                    "created_at"?: string;
                    "embedding"?: string | null;
                    "id"?: string;
                    "memory_type"?: string | null;
                    "metadata"?: Json | null;
                    "session_date"?: string | null;
                    "user_id": string;
                };
                Update: {
                    "content"?: string;
                    "created_at"?: string;
                    "embedding"?: string | null;
                    "id"?: string;
                    "memory_type"?: string | null;
                    "metadata"?: Json | null;
                    "session_date"?: string | null;
                    "user_id"?: string;
                };
                Relationships: [
                ];
            };
            /** Which mails and notifications a person wants; where there is no row, all. */
            "notification_preferences": {
                Row: {
                    /** Mails after a session, and before credits expire. */
                    "follow_ups": boolean;
                    /** The mail on the day before a session. */
                    "session_reminders": boolean;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "follow_ups"?: boolean;
                    "session_reminders"?: boolean;
                    "updated_at"?: string;
                    "user_id": string;
                };
                Update: {
                    "follow_ups"?: boolean;
                    "session_reminders"?: boolean;
                    "updated_at"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                ];
            };
            /** Fees for late cancellations and for not coming: evidence, so each outlives its session and its debtor's account. */
            "owed_fees": {
                Row: {
                    /** In cents, by the policy that was agreed to. */
                    "amount_minor": number;
                    /** late_cancellation or no_show. */
                    "because": string;
                    /** When it came to be owed. */
                    "created_at": string;
                    /** By its three letters, in lower case. */
                    "currency": string;
                    /** When it was forgiven. Its payment, if there is one, goes back. */
                    "forgiven_at": string | null;
                    /** The admin who forgave it; null: it followed from the rules. */
                    "forgiven_by": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** When its payment came. */
                    "paid_at": string | null;
                    /** Why it was forgiven. */
                    "reason": string | null;
                    /** When all of that payment had gone back, or was on its way. */
                    "returned_at": string | null;
                    /** When that session was to begin. */
                    "scheduled_at": string;
                    /** The session or seat it is about: session_schedules.id. */
                    "session_id": string | null;
                    /** Where it stands: owed, paid, returned or forgiven. */
                    "status": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** Who owes it. No foreign key: their account may have been erased since. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "amount_minor": number;
                    "because": string;
                    "created_at"?: string;
                    "currency": string;
                    "forgiven_at"?: string | null;
                    "forgiven_by"?: string | null;
                    "id"?: string;
                    "paid_at"?: string | null;
                    "reason"?: string | null;
                    "returned_at"?: string | null;
                    "scheduled_at": string;
                    "session_id"?: string | null;
                    "status"?: never;
                    "updated_at"?: string;
                    "user_id": string;
                };
                Update: {
                    "amount_minor"?: number;
                    "because"?: string;
                    "created_at"?: string;
                    "currency"?: string;
                    "forgiven_at"?: string | null;
                    "forgiven_by"?: string | null;
                    "id"?: string;
                    "paid_at"?: string | null;
                    "reason"?: string | null;
                    "returned_at"?: string | null;
                    "scheduled_at"?: string;
                    "session_id"?: string | null;
                    "status"?: never;
                    "updated_at"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "owed_fees_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "owed_fees_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "owed_fees_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Which payouts were in which file. */
            "payout_file_entries": {
                Row: {
                    /** Of the row; made here. */
                    "id": number;
                    /** Whether a bank carries that file out. */
                    "is_for_bank": boolean;
                    /** It was in an earlier file for the bank, and an admin wanted it here as well. */
                    "is_repeat": boolean;
                    /** payout_files.id. */
                    "payout_file_id": string;
                    /** payouts.id. */
                    "payout_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "id"?: never;
                    "is_for_bank": boolean;
                    "is_repeat"?: boolean;
                    "payout_file_id": string;
                    "payout_id": string;
                };
                Update: {
                    "id"?: never;
                    "is_for_bank"?: boolean;
                    "is_repeat"?: boolean;
                    "payout_file_id"?: string;
                    "payout_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "payout_file_entries_payout_file_id_fkey";
                        columns: [
                            "payout_file_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "payout_files";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "payout_file_entries_payout_id_fkey";
                        columns: [
                            "payout_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "payouts";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Files with what was to be paid, and the account numbers: append-only. */
            "payout_files": {
                Row: {
                    /** The day on which practitioners are to have it. */
                    "available_on": string | null;
                    /** The same as the bank is told it: after 9999 comes 1. */
                    "bank_file_number": number | null;
                    /** Which one it is for the bank, counted without end. */
                    "bank_file_sequence": number | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** The admin who exported it. */
                    "created_by": string;
                    /** csv, xlsx or cpa005. */
                    "format": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** As it was saved. */
                    "name": string;
                    /** What it adds up to, in cents. */
                    "total_minor": number | null;
                };
                ComputedFields: never;
                Insert: {
                    "available_on"?: string | null;
                    "bank_file_number"?: never;
                    "bank_file_sequence"?: number | null;
                    "created_at"?: string;
                    "created_by": string;
                    "format": string;
                    "id"?: string;
                    "name": string;
                    "total_minor"?: number | null;
                };
                Update: {
                    "available_on"?: string | null;
                    "bank_file_number"?: never;
                    "bank_file_sequence"?: number | null;
                    "created_at"?: string;
                    "created_by"?: string;
                    "format"?: string;
                    "id"?: string;
                    "name"?: string;
                    "total_minor"?: number | null;
                };
                Relationships: [
                ];
            };
            /** What a payout pays: earnings, less what was refunded to payers. */
            "payout_lines": {
                Row: {
                    /** In cents, as the ledger has it: plus is owed to the practitioner. */
                    "amount_minor": number;
                    /** By its three letters, in lower case. */
                    "currency": string;
                    /** Of the row; made here. */
                    "id": number;
                    /** The earning that it pays. */
                    "ledger_transaction_id": string;
                    /** payouts.id. */
                    "payout_id": string;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** When the payout failed, and the line could be paid again. */
                    "released_at": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "amount_minor": number;
                    "currency": string;
                    "id"?: never;
                    "ledger_transaction_id": string;
                    "payout_id": string;
                    "practitioner_id": string;
                    "released_at"?: string | null;
                };
                Update: {
                    "amount_minor"?: number;
                    "currency"?: string;
                    "id"?: never;
                    "ledger_transaction_id"?: string;
                    "payout_id"?: string;
                    "practitioner_id"?: string;
                    "released_at"?: string | null;
                };
                Relationships: [
                    {
                        foreignKeyName: "payout_lines_of_their_payout";
                        columns: [
                            "payout_id",
                            "practitioner_id",
                            "currency"
                        ];
                        isOneToOne: false;
                        referencedRelation: "payouts";
                        referencedColumns: [
                            "id",
                            "practitioner_id",
                            "currency"
                        ];
                    },
                    {
                        foreignKeyName: "payout_lines_of_their_transaction";
                        columns: [
                            "ledger_transaction_id",
                            "practitioner_id",
                            "currency"
                        ];
                        isOneToOne: false;
                        referencedRelation: "ledger_transactions";
                        referencedColumns: [
                            "id",
                            "practitioner_id",
                            "currency"
                        ];
                    }
                ];
            };
            /** The periods that payouts are made for, one after the other. */
            "payout_periods": {
                Row: {
                    /** When everybody who was owed something for it had a payout. */
                    "closed_at": string | null;
                    /** The first day of the period before; a chain without a gap. */
                    "follows": string | null;
                    /** Counted up. */
                    "number": number;
                    /** The first day of the next period, which is not in this one any more. */
                    "period_end": string;
                    /** Its first day. */
                    "period_start": string;
                };
                ComputedFields: never;
                Insert: {
                    "closed_at"?: string | null;
                    "follows"?: never;
                    "number": number;
                    "period_end": string;
                    "period_start": string;
                };
                Update: {
                    "closed_at"?: string | null;
                    "follows"?: never;
                    "number"?: number;
                    "period_end"?: string;
                    "period_start"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "payout_periods_follows_fkey";
                        columns: [
                            "follows"
                        ];
                        isOneToOne: false;
                        referencedRelation: "payout_periods";
                        referencedColumns: [
                            "period_end"
                        ];
                    }
                ];
            };
            /** How often practitioners are paid, and how long after. Append-only. */
            "payout_terms": {
                Row: {
                    /** No foreign key: who decided it stays, also when they have left. */
                    "created_by": string | null;
                    /** From the end of a period, and so at least from its last session: refunds come in that time. */
                    "hold_days": number;
                    /** Of the row; made here. */
                    "id": string;
                    /** How long a period lasts. */
                    "period_days": number;
                    /** From when on it holds. */
                    "valid_from": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_by"?: string | null;
                    "hold_days": number;
                    "id"?: string;
                    "period_days": number;
                    "valid_from"?: string;
                };
                Update: {
                    "created_by"?: string | null;
                    "hold_days"?: number;
                    "id"?: string;
                    "period_days"?: number;
                    "valid_from"?: string;
                };
                Relationships: [
                ];
            };
            /** What each practitioner was sent, in each currency for itself. */
            "payouts": {
                Row: {
                    /** In cents. */
                    "amount_minor": number;
                    /** When the row was made. */
                    "created_at": string;
                    /** By its three letters, in lower case. */
                    "currency": string;
                    /** Why it was not. */
                    "failed_reason": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** When it was paid. */
                    "paid_at": string | null;
                    /** The first day that is not in the period any more. */
                    "period_end": string;
                    /** Of the period it was made for; its lines may be older. */
                    "period_start": string;
                    /** No foreign key, as in the ledger: money outlives what it is about. */
                    "practitioner_id": string;
                    /** The admin who marked it as paid or failed; null: a provider. */
                    "settled_by": string | null;
                    /** pending, paid or failed. */
                    "status": string;
                    /** The bank's or provider's; null on what an admin marked on the payments page. */
                    "transaction_reference": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "amount_minor": number;
                    "created_at"?: string;
                    "currency": string;
                    "failed_reason"?: string | null;
                    "id"?: string;
                    "paid_at"?: string | null;
                    "period_end": string;
                    "period_start": string;
                    "practitioner_id": string;
                    "settled_by"?: string | null;
                    "status"?: string;
                    "transaction_reference"?: string | null;
                };
                Update: {
                    "amount_minor"?: number;
                    "created_at"?: string;
                    "currency"?: string;
                    "failed_reason"?: string | null;
                    "id"?: string;
                    "paid_at"?: string | null;
                    "period_end"?: string;
                    "period_start"?: string;
                    "practitioner_id"?: string;
                    "settled_by"?: string | null;
                    "status"?: string;
                    "transaction_reference"?: string | null;
                };
                Relationships: [
                    {
                        foreignKeyName: "payouts_have_a_period";
                        columns: [
                            "period_start",
                            "period_end"
                        ];
                        isOneToOne: false;
                        referencedRelation: "payout_periods";
                        referencedColumns: [
                            "period_start",
                            "period_end"
                        ];
                    }
                ];
            };
            /** Which client belongs to which practitioner, by an admin's hand. */
            "practitioner_assignments": {
                Row: {
                    /** The client it belongs to: their account. */
                    "client_id": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "client_id": string;
                    "created_at"?: string;
                    "id"?: string;
                    "practitioner_id": string;
                };
                Update: {
                    "client_id"?: string;
                    "created_at"?: string;
                    "id"?: string;
                    "practitioner_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "practitioner_assignments_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "practitioner_assignments_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** A practitioner's hours, by the day of the week. */
            "practitioner_availability": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** 0 is Sunday. */
                    "day_of_week": number;
                    /** Until, on the practitioner's own clock. */
                    "end_time": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** From, on the practitioner's own clock. */
                    "start_time": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "day_of_week": number;
                    "end_time": string;
                    "id"?: string;
                    "practitioner_id": string;
                    "start_time": string;
                };
                Update: {
                    "created_at"?: string;
                    "day_of_week"?: number;
                    "end_time"?: string;
                    "id"?: string;
                    "practitioner_id"?: string;
                    "start_time"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "practitioner_availability_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "practitioner_availability_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Where a practitioner is paid: sealed numbers of which nobody reads more than the last four. */
            "practitioner_banking": {
                Row: {
                    /** As the bank knows them. */
                    "account_holder_name": string;
                    /** The last four digits, all that is ever shown. */
                    "account_last4": string | null;
                    /** A mask. The ciphertext is private.bank_numbers.account_number. */
                    "account_number_encrypted": string;
                    /** checking or savings. */
                    "account_type": string;
                    /** As its holder gave it. */
                    "bank_name": string;
                    /** When this became another account. Whoever verifies it names it by this. */
                    "changed_at": string;
                    /** No payout before, verified or not. */
                    "cooling_until": string;
                    /** By its two letters. */
                    "country": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** The last four digits, all that is ever shown. */
                    "routing_last4": string | null;
                    /** A mask, as above. */
                    "routing_number_encrypted": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** Whether an admin checked it. */
                    "verified": boolean;
                    /** When an admin checked it. */
                    "verified_at": string | null;
                    /** The admin who said so. */
                    "verified_by": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "account_holder_name": string;
                    "account_last4"?: string | null;
                    "account_number_encrypted"?: never;
                    "account_type": string;
                    "bank_name": string;
                    "changed_at"?: string;
                    "cooling_until"?: string;
                    "country"?: string;
                    "created_at"?: string;
                    "id"?: string;
                    "practitioner_id": string;
                    "routing_last4"?: string | null;
                    "routing_number_encrypted"?: never;
                    "updated_at"?: string;
                    "verified"?: boolean;
                    "verified_at"?: string | null;
                    "verified_by"?: string | null;
                };
                Update: {
                    "account_holder_name"?: string;
                    "account_last4"?: string | null;
                    "account_number_encrypted"?: never;
                    "account_type"?: string;
                    "bank_name"?: string;
                    "changed_at"?: string;
                    "cooling_until"?: string;
                    "country"?: string;
                    "created_at"?: string;
                    "id"?: string;
                    "practitioner_id"?: string;
                    "routing_last4"?: string | null;
                    "routing_number_encrypted"?: never;
                    "updated_at"?: string;
                    "verified"?: boolean;
                    "verified_at"?: string | null;
                    "verified_by"?: string | null;
                };
                Relationships: [
                    {
                        foreignKeyName: "practitioner_banking_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "practitioner_banking_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** How a practitioner can be booked. Locking the row locks their time: see private.lock_calendar. */
            "practitioner_calendars": {
                Row: {
                    /** Nor later than so many days from now. */
                    "booking_horizon_days": number;
                    /** Kept free after each session. */
                    "buffer_after_minutes": number;
                    /** Kept free before each session booked from now on. */
                    "buffer_before_minutes": number;
                    /** Day and night, whatever the weekly hours. Adding weekly hours turns it off. */
                    "is_always_open": boolean;
                    /** No booking begins sooner from now. */
                    "minimum_notice_minutes": number;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** From when the intervals count: local midnight, or the opening of the hours of that date. */
                    "slot_alignment": string;
                    /** Sessions begin at multiples of it. */
                    "slot_interval_minutes": number;
                    /** By its IANA name, such as America/Toronto. */
                    "time_zone": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "booking_horizon_days"?: number;
                    "buffer_after_minutes"?: number;
                    "buffer_before_minutes"?: number;
                    "is_always_open"?: boolean;
                    "minimum_notice_minutes"?: number;
                    "practitioner_id": string;
                    "slot_alignment"?: string;
                    "slot_interval_minutes"?: number;
                    "time_zone"?: string;
                    "updated_at"?: string;
                };
                Update: {
                    "booking_horizon_days"?: number;
                    "buffer_after_minutes"?: number;
                    "buffer_before_minutes"?: number;
                    "is_always_open"?: boolean;
                    "minimum_notice_minutes"?: number;
                    "practitioner_id"?: string;
                    "slot_alignment"?: string;
                    "slot_interval_minutes"?: number;
                    "time_zone"?: string;
                    "updated_at"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "practitioner_calendars_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "practitioner_calendars_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** A practitioner's contracts: text, state and signature. */
            "practitioner_contracts": {
                Row: {
                    /** As it is signed. */
                    "contract_text": string;
                    /** The version of its text. */
                    "contract_version": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** From when on it is of no use; null: never. */
                    "expires_at": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** As the browser says, when signed by a direct update. */
                    "ip_address": string | null;
                    /** Of its text. */
                    "language": string;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** Why it was revoked; the practitioner reads it. */
                    "revoked_reason": string | null;
                    /** When it was signed. */
                    "signed_at": string | null;
                    /** pending, signed, expired or revoked. */
                    "status": string;
                    /** Null for a text that was written for this practitioner alone. */
                    "template_id": string | null;
                    /** SHA-256 of contract_text, hexadecimal. */
                    "text_sha256": string;
                    /** As people read it. */
                    "title": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** What their browser called itself. */
                    "user_agent": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "contract_text": string;
                    "contract_version": string;
                    "created_at"?: string;
                    "expires_at"?: string | null;
                    "id"?: string;
                    "ip_address"?: string | null;
                    "language"?: string;
                    "practitioner_id": string;
                    "revoked_reason"?: string | null;
                    "signed_at"?: string | null;
                    "status"?: string;
                    "template_id"?: string | null;
                    "text_sha256"?: never;
                    "title"?: string;
                    "updated_at"?: string;
                    "user_agent"?: string | null;
                };
                Update: {
                    "contract_text"?: string;
                    "contract_version"?: string;
                    "created_at"?: string;
                    "expires_at"?: string | null;
                    "id"?: string;
                    "ip_address"?: string | null;
                    "language"?: string;
                    "practitioner_id"?: string;
                    "revoked_reason"?: string | null;
                    "signed_at"?: string | null;
                    "status"?: string;
                    "template_id"?: string | null;
                    "text_sha256"?: never;
                    "title"?: string;
                    "updated_at"?: string;
                    "user_agent"?: string | null;
                };
                Relationships: [
                    {
                        foreignKeyName: "practitioner_contracts_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "practitioner_contracts_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "practitioner_contracts_template_id_fkey";
                        columns: [
                            "template_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "contract_templates";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** When a practitioner is away. */
            "practitioner_time_off": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** Until. */
                    "ends_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** In words, for whoever reads it later. */
                    "reason": string | null;
                    /** From. */
                    "starts_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "ends_at": string;
                    "id"?: string;
                    "practitioner_id": string;
                    "reason"?: string | null;
                    "starts_at": string;
                };
                Update: {
                    "created_at"?: string;
                    "ends_at"?: string;
                    "id"?: string;
                    "practitioner_id"?: string;
                    "reason"?: string | null;
                    "starts_at"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "practitioner_time_off_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "practitioner_time_off_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Who leads sessions, as clients see them. */
            "practitioners": {
                Row: {
                    /** Whether they take bookings at all. */
                    "available": boolean;
                    /** Of their picture. */
                    "avatar_url": string | null;
                    /** Who they are, in their own words. */
                    "bio": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** What half an hour of theirs costs, in dollars. */
                    "half_hour_rate": number | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** As people read it. */
                    "name": string;
                    /** What they are good at. */
                    "specialization": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** No foreign key: the account may have been erased since. */
                    "user_id": string;
                    "rating_average": number | null;
                    "rating_count": number | null;
                };
                ComputedFields: "rating_average" | "rating_count";
                Insert: {
                    "available"?: boolean;
                    "avatar_url"?: string | null;
                    "bio"?: string | null;
                    "created_at"?: string;
                    "half_hour_rate"?: number | null;
                    "id"?: string;
                    "name": string;
                    "specialization"?: string | null;
                    "updated_at"?: string;
                    "user_id": string;
                };
                Update: {
                    "available"?: boolean;
                    "avatar_url"?: string | null;
                    "bio"?: string | null;
                    "created_at"?: string;
                    "half_hour_rate"?: number | null;
                    "id"?: string;
                    "name"?: string;
                    "specialization"?: string | null;
                    "updated_at"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                ];
            };
            /** What the shop sells. */
            "products": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** In words, as people read it. */
                    "description": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** Of its picture. */
                    "image_url": string | null;
                    /** How many are left; null: not counted. */
                    "inventory_count": number | null;
                    /** Whether it is on sale. */
                    "is_active": boolean;
                    /** What whoever wrote it kept beside it. */
                    "metadata": Json | null;
                    /** As people read it. */
                    "name": string;
                    /** In dollars, before tax; null: not sold for them. */
                    "price_cad": number;
                    /** In dollars, before tax; null: not sold for them. */
                    "price_usd": number;
                    /** Its word in an address. */
                    "slug": string;
                    /** Of Stripe's own price, where there is one. */
                    "stripe_price_id_cad": string | null;
                    /** Of Stripe's own price, where there is one. */
                    "stripe_price_id_usd": string | null;
                    /** physical, digital or service. */
                    "type": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "description"?: string | null;
                    "id"?: string;
                    "image_url"?: string | null;
                    "inventory_count"?: number | null;
                    "is_active"?: boolean;
                    "metadata"?: Json | null;
                    "name": string;
                    "price_cad": number;
                    "price_usd": number;
                    "slug": string;
                    "stripe_price_id_cad"?: string | null;
                    "stripe_price_id_usd"?: string | null;
                    "type": string;
                    "updated_at"?: string;
                };
                Update: {
                    "created_at"?: string;
                    "description"?: string | null;
                    "id"?: string;
                    "image_url"?: string | null;
                    "inventory_count"?: number | null;
                    "is_active"?: boolean;
                    "metadata"?: Json | null;
                    "name"?: string;
                    "price_cad"?: number;
                    "price_usd"?: number;
                    "slug"?: string;
                    "stripe_price_id_cad"?: string | null;
                    "stripe_price_id_usd"?: string | null;
                    "type"?: string;
                    "updated_at"?: string;
                };
                Relationships: [
                ];
            };
            /** A person's own particulars. */
            "profiles": {
                Row: {
                    /** As it is written on a letter. */
                    "address": string | null;
                    /** Of their picture. */
                    "avatar_url": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** As they gave it. */
                    "date_of_birth": string | null;
                    /** A copy of auth.users.email, kept by trigger. */
                    "email": string | null;
                    /** As they write it. */
                    "full_name": string | null;
                    /** No foreign key: the account may have been erased since. */
                    "id": string;
                    /** As they write it. */
                    "phone_number": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "address"?: string | null;
                    "avatar_url"?: string | null;
                    "created_at"?: string;
                    "date_of_birth"?: string | null;
                    "email"?: string | null;
                    "full_name"?: string | null;
                    "id": string;
                    "phone_number"?: string | null;
                    "updated_at"?: string;
                };
                Update: {
                    "address"?: string | null;
                    "avatar_url"?: string | null;
                    "created_at"?: string;
                    "date_of_birth"?: string | null;
                    "email"?: string | null;
                    "full_name"?: string | null;
                    "id"?: string;
                    "phone_number"?: string | null;
                    "updated_at"?: string;
                };
                Relationships: [
                ];
            };
            /** The texts by which people are asked whether they may be recorded. One is active. */
            "recording_consent_texts": {
                Row: {
                    /** Shown with the placeholder [How long] replaced by what the retention policy of session_recordings says. Never changes. */
                    "body": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether it is the one that is shown. */
                    "is_active": boolean;
                    /** Counted up. */
                    "version": number;
                };
                ComputedFields: never;
                Insert: {
                    "body": string;
                    "created_at"?: string;
                    "id"?: string;
                    "is_active"?: boolean;
                    "version": number;
                };
                Update: {
                    "body"?: string;
                    "created_at"?: string;
                    "id"?: string;
                    "is_active"?: boolean;
                    "version"?: number;
                };
                Relationships: [
                ];
            };
            /** Receipts: that a recording was erased, and why. They name no person and no session, only the id of the recording. */
            "recording_erasures": {
                Row: {
                    /** How many bytes. */
                    "bytes": number;
                    /** When nothing was left. */
                    "erased_at": string;
                    /** How many files went. */
                    "files": number;
                    /** Of the row; made here. */
                    "id": string;
                    /** When it was closed. */
                    "queued_at": string;
                    /** Why it was erased. */
                    "reasons": (string)[];
                    /** Which recording it was. */
                    "recording_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "bytes": number;
                    "erased_at"?: string;
                    "files": number;
                    "id"?: string;
                    "queued_at": string;
                    "reasons": (string)[];
                    "recording_id": string;
                };
                Update: {
                    "bytes"?: number;
                    "erased_at"?: string;
                    "files"?: number;
                    "id"?: string;
                    "queued_at"?: string;
                    "reasons"?: (string)[];
                    "recording_id"?: string;
                };
                Relationships: [
                ];
            };
            /** Exceptions for the recording of one session or class. */
            "recording_rules": {
                Row: {
                    /** Of the row; made here. */
                    "id": string;
                    /** Null: that of session_recordings in data_retention_policies. */
                    "retention_days": number | null;
                    /** The class it is for; null: all. */
                    "session_id": string;
                    /** Whether the recording of a class is kept for the others when a participant withdraws. They are still in it: rarely lawful. */
                    "survives_withdrawal": boolean;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "id"?: string;
                    "retention_days"?: number | null;
                    "session_id": string;
                    "survives_withdrawal"?: boolean;
                    "updated_at"?: string;
                };
                Update: {
                    "id"?: string;
                    "retention_days"?: number | null;
                    "session_id"?: string;
                    "survives_withdrawal"?: boolean;
                    "updated_at"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "recording_rules_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "recording_rules_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "recording_rules_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Links by which somebody without an account watches a recording. */
            "recording_share_links": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** Who shared it. */
                    "created_by": string;
                    /** From when on it is of no use; null: never. */
                    "expires_at": string;
                    /** Whether it asks for one. */
                    "has_password": boolean;
                    /** Of the row; made here. */
                    "id": string;
                    /** Salted with what stands in the link behind the token, which is random and kept nowhere. */
                    "password_scrypt": string | null;
                    /** session_recordings.id. */
                    "recording_id": string;
                    /** When it was taken back; null: it holds. */
                    "revoked_at": string | null;
                    "token_sha256": string;
                    /** How many it has had. */
                    "view_count": number;
                    /** How many views it is good for; null: any. */
                    "view_limit": number | null;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "created_by": string;
                    "expires_at": string;
                    "has_password"?: never;
                    "id"?: string;
                    "password_scrypt"?: string | null;
                    "recording_id": string;
                    "revoked_at"?: string | null;
                    "token_sha256": string;
                    "view_count"?: number;
                    "view_limit"?: number | null;
                };
                Update: {
                    "created_at"?: string;
                    "created_by"?: string;
                    "expires_at"?: string;
                    "has_password"?: never;
                    "id"?: string;
                    "password_scrypt"?: string | null;
                    "recording_id"?: string;
                    "revoked_at"?: string | null;
                    "token_sha256"?: string;
                    "view_count"?: number;
                    "view_limit"?: number | null;
                };
                Relationships: [
                    {
                        foreignKeyName: "recording_share_links_recording_id_fkey";
                        columns: [
                            "recording_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_recordings";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "recording_share_links_recording_id_fkey";
                        columns: [
                            "recording_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_history";
                        referencedColumns: [
                            "recording_id"
                        ];
                    },
                    {
                        foreignKeyName: "recording_share_links_recording_id_fkey";
                        columns: [
                            "recording_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_recordings";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Views of recordings, by link. Evidence: never changed, and without foreign keys, so it outlives both. */
            "recording_views": {
                Row: {
                    /** Of the row; made here. */
                    "id": string;
                    "ip_address": string | null;
                    "key_sha256": string | null;
                    /** Through which link. */
                    "link_id": string;
                    /** recording: their own link; share: one that was shared. */
                    "link_kind": string;
                    /** 192.0.2.x or 2001:db8:x: roughly from where, not who. */
                    "masked_address": string | null;
                    /** session_recordings.id. */
                    "recording_id": string;
                    "user_agent": string | null;
                    /** When it was opened. */
                    "viewed_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "id"?: string;
                    "ip_address"?: string | null;
                    "key_sha256"?: string | null;
                    "link_id": string;
                    "link_kind"?: string;
                    "masked_address"?: never;
                    "recording_id": string;
                    "user_agent"?: string | null;
                    "viewed_at"?: string;
                };
                Update: {
                    "id"?: string;
                    "ip_address"?: string | null;
                    "key_sha256"?: string | null;
                    "link_id"?: string;
                    "link_kind"?: string;
                    "masked_address"?: never;
                    "recording_id"?: string;
                    "user_agent"?: string | null;
                    "viewed_at"?: string;
                };
                Relationships: [
                ];
            };
            /** What somebody last wanted to book without a credit that was good for it. */
            "refused_picks": {
                Row: {
                    /** The class, where this is a seat in one. */
                    "group_class_id": string | null;
                    /** What they wrote for the practitioner. */
                    "notes": string | null;
                    /** The studio's name and address, where it is held in person. */
                    "physical_location": string | null;
                    /** When it was picked. */
                    "picked_at": string;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** When the session begins. */
                    "scheduled_at": string;
                    /** Where it is held: online or in_person. */
                    "session_location": string;
                    /** The kind of session: session_types.id. */
                    "session_type_id": string;
                    /** Who picked it. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "group_class_id"?: string | null;
                    "notes"?: string | null;
                    "physical_location"?: string | null;
                    "picked_at"?: string;
                    "practitioner_id": string;
                    "scheduled_at": string;
                    "session_location": string;
                    "session_type_id": string;
                    "user_id": string;
                };
                Update: {
                    "group_class_id"?: string | null;
                    "notes"?: string | null;
                    "physical_location"?: string | null;
                    "picked_at"?: string;
                    "practitioner_id"?: string;
                    "scheduled_at"?: string;
                    "session_location"?: string;
                    "session_type_id"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "refused_picks_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "refused_picks_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "refused_picks_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "refused_picks_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "refused_picks_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "refused_picks_session_type_id_fkey";
                        columns: [
                            "session_type_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_types";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** How many rows of a table were deleted or blanked on a day. Names nobody. */
            "retention_receipts": {
                Row: {
                    /** On which day. */
                    "applied_on": string;
                    /** Rows older than this were deleted or blanked. */
                    "before": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** How many went. */
                    "rows": number;
                    /** Of which table. */
                    "table_name": string;
                };
                ComputedFields: never;
                Insert: {
                    "applied_on"?: string;
                    "before": string;
                    "id"?: string;
                    "rows": number;
                    "table_name": string;
                };
                Update: {
                    "applied_on"?: string;
                    "before"?: string;
                    "id"?: string;
                    "rows"?: number;
                    "table_name"?: string;
                };
                Relationships: [
                ];
            };
            /** The practitioner's part of what clients pay. Append-only: payments refer to it. */
            "revenue_shares": {
                Row: {
                    /** No foreign key: who decided it stays, also when they have left. */
                    "created_by": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** Of what is paid, theirs. */
                    "practitioner_percent": number;
                    /** From when on it holds. */
                    "valid_from": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_by"?: string | null;
                    "id"?: string;
                    "practitioner_percent": number;
                    "valid_from"?: string;
                };
                Update: {
                    "created_by"?: string | null;
                    "id"?: string;
                    "practitioner_percent"?: number;
                    "valid_from"?: string;
                };
                Relationships: [
                ];
            };
            /** One row for each person in each session. */
            "session_attendance": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** When they said it. */
                    "decided_at": string | null;
                    /** Who said so. */
                    "decided_by": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** When they were present, as far as events say. */
                    "intervals": unknown;
                    /** They did not attend; the session rules say what follows. */
                    "is_no_show": boolean;
                    /** When they first came. */
                    "joined_at": string | null;
                    /** Null while they are present, and where no event says when they left. */
                    "left_at": string | null;
                    /** In words, for whoever reads it later. */
                    "reason": string | null;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string;
                    /** agora: observed in the channel; token: admitted to it; manual: said by the practitioner. */
                    "source": string;
                    /** Of the intervals; null if unknown. */
                    "total_seconds": number | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** Who was there. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "decided_at"?: string | null;
                    "decided_by"?: string | null;
                    "id"?: string;
                    "intervals"?: unknown;
                    "is_no_show"?: boolean;
                    "joined_at"?: string | null;
                    "left_at"?: string | null;
                    "reason"?: string | null;
                    "session_id": string;
                    "source": string;
                    "total_seconds"?: number | null;
                    "updated_at"?: string;
                    "user_id": string;
                };
                Update: {
                    "created_at"?: string;
                    "decided_at"?: string | null;
                    "decided_by"?: string | null;
                    "id"?: string;
                    "intervals"?: unknown;
                    "is_no_show"?: boolean;
                    "joined_at"?: string | null;
                    "left_at"?: string | null;
                    "reason"?: string | null;
                    "session_id"?: string;
                    "source"?: string;
                    "total_seconds"?: number | null;
                    "updated_at"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_attendance_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_attendance_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_attendance_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** One row per cancellation: evidence, so it outlives the session and the people. */
            "session_cancellations": {
                Row: {
                    /** The admin who allowed it; null where none had to. */
                    "approved_by": string | null;
                    /** The text that was agreed to: cancellation_policy.id. */
                    "cancellation_policy_version": string | null;
                    /** standard, late, last_minute, grace or emergency: what the policy made of it. */
                    "cancellation_type": string;
                    /** When it was cancelled. */
                    "cancelled_at": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of credit_returned; credit for credits. */
                    "credit_currency": string;
                    /** Credits or money given back by a cancellation. */
                    "credit_returned": number | null;
                    /** The fee that was due for it. What became of it stands in owed_fees. */
                    "fee_charged": number | null;
                    /** Of fee_charged. */
                    "fee_currency": string;
                    /** How long before the start, in hours. */
                    "hours_before_session": number | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** What they said. */
                    "reason": string | null;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string | null;
                    /** Who cancelled. */
                    "user_id": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "approved_by"?: string | null;
                    "cancellation_policy_version"?: string | null;
                    "cancellation_type": string;
                    "cancelled_at"?: string;
                    "created_at"?: string;
                    "credit_currency"?: string;
                    "credit_returned"?: number | null;
                    "fee_charged"?: number | null;
                    "fee_currency"?: string;
                    "hours_before_session"?: number | null;
                    "id"?: string;
                    "reason"?: string | null;
                    "session_id"?: string | null;
                    "user_id"?: string | null;
                };
                Update: {
                    "approved_by"?: string | null;
                    "cancellation_policy_version"?: string | null;
                    "cancellation_type"?: string;
                    "cancelled_at"?: string;
                    "created_at"?: string;
                    "credit_currency"?: string;
                    "credit_returned"?: number | null;
                    "fee_charged"?: number | null;
                    "fee_currency"?: string;
                    "hours_before_session"?: number | null;
                    "id"?: string;
                    "reason"?: string | null;
                    "session_id"?: string | null;
                    "user_id"?: string | null;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_cancellations_cancellation_policy_version_fkey";
                        columns: [
                            "cancellation_policy_version"
                        ];
                        isOneToOne: false;
                        referencedRelation: "cancellation_policy";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_cancellations_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_cancellations_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_cancellations_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** A time, or a seat in a class, kept for one person for a while. */
            "session_holds": {
                Row: {
                    /** The checkout that pays for it, once there is one. */
                    "checkout_session_id": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** How long the session lasts. */
                    "duration_minutes": number;
                    /** Until when the time is kept. */
                    "expires_at": string;
                    /** The class, where this is a seat in one. */
                    "group_class_id": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** The studio's name and address, where it is held in person. */
                    "physical_location": string | null;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** When the session begins. */
                    "scheduled_at": string;
                    /** Where it is held: online or in_person. */
                    "session_location": string;
                    /** The kind of session: session_types.id. */
                    "session_type_id": string;
                    /** held, consumed or released. */
                    "status": string;
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "checkout_session_id"?: string | null;
                    "created_at"?: string;
                    "duration_minutes": number;
                    "expires_at": string;
                    "group_class_id"?: string | null;
                    "id"?: string;
                    "physical_location"?: string | null;
                    "practitioner_id": string;
                    "scheduled_at": string;
                    "session_location"?: string;
                    "session_type_id": string;
                    "status"?: string;
                    "user_id": string;
                };
                Update: {
                    "checkout_session_id"?: string | null;
                    "created_at"?: string;
                    "duration_minutes"?: number;
                    "expires_at"?: string;
                    "group_class_id"?: string | null;
                    "id"?: string;
                    "physical_location"?: string | null;
                    "practitioner_id"?: string;
                    "scheduled_at"?: string;
                    "session_location"?: string;
                    "session_type_id"?: string;
                    "status"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_holds_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_holds_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_holds_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_holds_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_holds_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_holds_session_type_id_fkey";
                        columns: [
                            "session_type_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_types";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** What a practitioner notes of a session. */
            "session_notes": {
                Row: {
                    /** Who wrote it. */
                    "author_id": string;
                    /** As its author wrote it. */
                    "content": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** private, or shared with the client. */
                    "visibility": string;
                };
                ComputedFields: never;
                Insert: {
                    "author_id": string;
                    "content": string;
                    "created_at"?: string;
                    "id"?: string;
                    "session_id": string;
                    "updated_at"?: string;
                    "visibility"?: string;
                };
                Update: {
                    "author_id"?: string;
                    "content"?: string;
                    "created_at"?: string;
                    "id"?: string;
                    "session_id"?: string;
                    "updated_at"?: string;
                    "visibility"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_notes_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_notes_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_notes_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Sessions sold several at once. */
            "session_packages": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether it is on sale. */
                    "is_active": boolean;
                    /** Whether it is for several at once. */
                    "is_group": boolean | null;
                    /** As people read it. */
                    "name": string;
                    /** In dollars, before tax; null: not sold for them. */
                    "price_cad": number;
                    /** In dollars, before tax; null: not sold for them. */
                    "price_usd": number;
                    /** How many sessions it holds: 5 or 10. */
                    "session_count": number;
                    /** standing or laying. */
                    "session_type": string | null;
                    /** The one kind the credits are good for; null: any. */
                    "session_type_id": string | null;
                    /** Of Stripe's own price, where there is one. */
                    "stripe_price_id_cad": string | null;
                    /** Of Stripe's own price, where there is one. */
                    "stripe_price_id_usd": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "id"?: string;
                    "is_active"?: boolean;
                    "is_group"?: boolean | null;
                    "name": string;
                    "price_cad": number;
                    "price_usd": number;
                    "session_count": number;
                    "session_type"?: string | null;
                    "session_type_id"?: string | null;
                    "stripe_price_id_cad"?: string | null;
                    "stripe_price_id_usd"?: string | null;
                    "updated_at"?: string;
                };
                Update: {
                    "created_at"?: string;
                    "id"?: string;
                    "is_active"?: boolean;
                    "is_group"?: boolean | null;
                    "name"?: string;
                    "price_cad"?: number;
                    "price_usd"?: number;
                    "session_count"?: number;
                    "session_type"?: string | null;
                    "session_type_id"?: string | null;
                    "stripe_price_id_cad"?: string | null;
                    "stripe_price_id_usd"?: string | null;
                    "updated_at"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_packages_session_type_id_fkey";
                        columns: [
                            "session_type_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_types";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** What was paid for a session, and whose it is. */
            "session_payments": {
                Row: {
                    /** The checkout that paid: checkout_sessions.id. */
                    "checkout_id": string | null;
                    /** The client it belongs to: their account. */
                    "client_id": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** The credits a seat was taken with. No foreign key: money outlives them. A total of 0: they were given, not bought. */
                    "credit_lot_id": string | null;
                    /** By its three letters, in lower case. */
                    "currency": string;
                    /** When its session was held or forfeited. Null: paid for, and not owed to the practitioner. */
                    "earned_at": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** When it went out with a payout. */
                    "paid_out_at": string | null;
                    /** Of it, the platform's. */
                    "platform_share": number;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** Of it, theirs. */
                    "practitioner_share": number;
                    /** What was returned to the payer; the shares are of the rest. */
                    "refunded_amount": number;
                    /** The share that was in force. */
                    "revenue_share_id": string | null;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string;
                    /** As the earnings page reads it. */
                    "status": string;
                    /** Stripe's own id of the payment. */
                    "stripe_payment_intent_id": string | null;
                    /** In dollars. */
                    "total_amount": number;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "checkout_id"?: string | null;
                    "client_id": string;
                    "created_at"?: string;
                    "credit_lot_id"?: string | null;
                    "currency"?: string;
                    "earned_at"?: string | null;
                    "id"?: string;
                    "paid_out_at"?: string | null;
                    "platform_share": number;
                    "practitioner_id": string;
                    "practitioner_share": number;
                    "refunded_amount"?: number;
                    "revenue_share_id"?: string | null;
                    "session_id": string;
                    "status"?: string;
                    "stripe_payment_intent_id"?: string | null;
                    "total_amount": number;
                    "updated_at"?: string;
                };
                Update: {
                    "checkout_id"?: string | null;
                    "client_id"?: string;
                    "created_at"?: string;
                    "credit_lot_id"?: string | null;
                    "currency"?: string;
                    "earned_at"?: string | null;
                    "id"?: string;
                    "paid_out_at"?: string | null;
                    "platform_share"?: number;
                    "practitioner_id"?: string;
                    "practitioner_share"?: number;
                    "refunded_amount"?: number;
                    "revenue_share_id"?: string | null;
                    "session_id"?: string;
                    "status"?: string;
                    "stripe_payment_intent_id"?: string | null;
                    "total_amount"?: number;
                    "updated_at"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_payments_checkout_id_fkey";
                        columns: [
                            "checkout_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "checkout_sessions";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_payments_revenue_share_id_fkey";
                        columns: [
                            "revenue_share_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "revenue_shares";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_payments_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_payments_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_payments_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** What clients think of sessions that they had. */
            "session_ratings": {
                Row: {
                    /** When it was given. */
                    "created_at": string;
                    /** The admin who last hid it or showed it again. */
                    "decided_by": string | null;
                    /** Why. */
                    "decision_reason": string | null;
                    /** When an admin hid it; null: it is not hidden. */
                    "hidden_at": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether it is in the average. */
                    "is_counted": boolean;
                    /** Whether the session took place, with both. */
                    "is_held": boolean;
                    /** Who led it; as the session has it. */
                    "practitioner_id": string;
                    /** The session or seat, whose client rated it: session_schedules.id. */
                    "session_id": string;
                    /** One to five. */
                    "stars": number;
                    /** When it was last changed. */
                    "updated_at": string;
                    /** What they wrote; null: nothing, or erased. */
                    "words": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "decided_by"?: string | null;
                    "decision_reason"?: string | null;
                    "hidden_at"?: string | null;
                    "id"?: string;
                    "is_counted"?: never;
                    "is_held": boolean;
                    "practitioner_id": string;
                    "session_id": string;
                    "stars": number;
                    "updated_at"?: string;
                    "words"?: string | null;
                };
                Update: {
                    "created_at"?: string;
                    "decided_by"?: string | null;
                    "decision_reason"?: string | null;
                    "hidden_at"?: string | null;
                    "id"?: string;
                    "is_counted"?: never;
                    "is_held"?: boolean;
                    "practitioner_id"?: string;
                    "session_id"?: string;
                    "stars"?: number;
                    "updated_at"?: string;
                    "words"?: string | null;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_ratings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_ratings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_ratings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** The recording of a session: one row, whatever number of takes it has. */
            "session_recordings": {
                Row: {
                    "agora_resource_id": string | null;
                    /** Of the newest take, as is the resource's id. */
                    "agora_sid": string | null;
                    /** A participant's own row for the recording of their class: the pages look for it under the participant's session. */
                    "class_recording_id": string | null;
                    /** When it was last completed; not null from then on: it can be played, whatever follows. */
                    "completed_at": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of all takes that play, as is the size. */
                    "duration_seconds": number | null;
                    "ended_at": string | null;
                    "failure_code": string | null;
                    "failure_reason": string | null;
                    /** Of all its files. */
                    "file_size_bytes": number | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** Of the process that erases it. */
                    "lease_id": string | null;
                    "lease_until": string | null;
                    /** Where its links lead, without their tokens. */
                    "playback_url": string | null;
                    /** Our own link, which can be revoked and counts views: never a signed one. */
                    "recording_url": string | null;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string;
                    /** When it began. */
                    "started_at": string | null;
                    /** pending, recording, processing, completed or failed. */
                    "status": string;
                    /** Somebody stopped it on purpose: no take begins by itself until somebody starts one by hand. */
                    "stopped_at": string | null;
                    /** Of its first file, inside the private bucket session-recordings. Those of all takes are beside it. */
                    "storage_path": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "agora_resource_id"?: string | null;
                    "agora_sid"?: string | null;
                    "class_recording_id"?: string | null;
                    "completed_at"?: string | null;
                    "created_at"?: string;
                    "duration_seconds"?: number | null;
                    "ended_at"?: string | null;
                    "failure_code"?: string | null;
                    "failure_reason"?: string | null;
                    "file_size_bytes"?: number | null;
                    "id"?: string;
                    "lease_id"?: string | null;
                    "lease_until"?: string | null;
                    "playback_url"?: string | null;
                    "recording_url"?: string | null;
                    "session_id": string;
                    "started_at"?: string | null;
                    "status"?: string;
                    "stopped_at"?: string | null;
                    "storage_path"?: string | null;
                    "updated_at"?: string;
                };
                Update: {
                    "agora_resource_id"?: string | null;
                    "agora_sid"?: string | null;
                    "class_recording_id"?: string | null;
                    "completed_at"?: string | null;
                    "created_at"?: string;
                    "duration_seconds"?: number | null;
                    "ended_at"?: string | null;
                    "failure_code"?: string | null;
                    "failure_reason"?: string | null;
                    "file_size_bytes"?: number | null;
                    "id"?: string;
                    "lease_id"?: string | null;
                    "lease_until"?: string | null;
                    "playback_url"?: string | null;
                    "recording_url"?: string | null;
                    "session_id"?: string;
                    "started_at"?: string | null;
                    "status"?: string;
                    "stopped_at"?: string | null;
                    "storage_path"?: string | null;
                    "updated_at"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_recordings_class_recording_id_fkey";
                        columns: [
                            "class_recording_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_recordings";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_recordings_class_recording_id_fkey";
                        columns: [
                            "class_recording_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_history";
                        referencedColumns: [
                            "recording_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_recordings_class_recording_id_fkey";
                        columns: [
                            "class_recording_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_recordings";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_recordings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_recordings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_recordings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** How sessions are booked, held and ended, for all of them. One row. */
            "session_rules": {
                Row: {
                    /** So long a client may answer a proposed time, and a practitioner an offer; never longer than until the session. */
                    "answer_hours": number;
                    /** So long after their last session somebody is still a client, for whom the practitioner books and writes. */
                    "client_days": number;
                    /** So long after the start an absent client may be marked as a no-show. */
                    "client_grace_minutes": number;
                    /** True: a session is completed although its client is a no-show, and the credit is used. False: it is cancelled and the credit is returned. */
                    "client_no_show_forfeits": boolean;
                    /** So long after its scheduled end a session is completed, whoever is still present. */
                    "completion_grace_minutes": number;
                    /** So many days before credits end, their owner is told. 0: not at all. */
                    "credit_notice_days": number;
                    /** From so long before the start a practitioner can tell that they are late. */
                    "delay_notice_minutes": number;
                    /** A channel that has been empty for so long is recorded no more, until people meet in it again. The session goes on. */
                    "empty_minutes": number;
                    /** Of the row; made here. */
                    "id": string;
                    /** So long after the start an absent practitioner is a no-show: the session is cancelled and credits are returned. */
                    "practitioner_grace_minutes": number;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** True: no room and no token for whoever has not signed the current waiver. Who leads a session is not asked. */
                    "waiver_required_to_enter": boolean;
                };
                ComputedFields: never;
                Insert: {
                    "answer_hours"?: number;
                    "client_days"?: number;
                    "client_grace_minutes"?: number;
                    "client_no_show_forfeits"?: boolean;
                    "completion_grace_minutes"?: number;
                    "credit_notice_days"?: number;
                    "delay_notice_minutes"?: number;
                    "empty_minutes"?: number;
                    "id"?: string;
                    "practitioner_grace_minutes"?: number;
                    "updated_at"?: string;
                    "waiver_required_to_enter"?: boolean;
                };
                Update: {
                    "answer_hours"?: number;
                    "client_days"?: number;
                    "client_grace_minutes"?: number;
                    "client_no_show_forfeits"?: boolean;
                    "completion_grace_minutes"?: number;
                    "credit_notice_days"?: number;
                    "delay_notice_minutes"?: number;
                    "empty_minutes"?: number;
                    "id"?: string;
                    "practitioner_grace_minutes"?: number;
                    "updated_at"?: string;
                    "waiver_required_to_enter"?: boolean;
                };
                Relationships: [
                ];
            };
            /** Sessions: one to one, classes, and seats in classes. */
            "session_schedules": {
                Row: {
                    /** How often it has changed in a way that calendars show. */
                    "calendar_sequence": number;
                    /** When they agreed to it. */
                    "cancellation_policy_agreed_at": string | null;
                    /** The text that was agreed to: cancellation_policy.id. */
                    "cancellation_policy_version": string | null;
                    /** By the server's clock. */
                    "cancelled_at": string | null;
                    /** What the class is called; null for one to one. */
                    "class_name": string | null;
                    /** Of a class's own row: its practitioner's account. No foreign key: the account may have been erased since. */
                    "client_id": string;
                    /** By the server's clock. */
                    "completed_at": string | null;
                    /** The same class in the other form: online or in person. */
                    "correlated_session_id": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** The credits this session was booked from, and to which a cancellation returns it. Null: paid singly, or not at all. */
                    "credit_lot_id": string | null;
                    /** How many seats are taken; counted here, never by a page. */
                    "current_participants": number;
                    /** How long the session lasts. */
                    "duration_minutes": number;
                    /** Whether a grace cancellation was used on it. */
                    "grace_cancellation_used": boolean;
                    /** On a participant's row: the class they joined. A class somebody joined is cancelled, not deleted. */
                    "group_class_id": string | null;
                    /** Where the practitioner enters; of an earlier platform. */
                    "host_room_url": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** scheduled_at on the clock in time_zone. */
                    "local_start": string;
                    /** (longitude, latitude) */
                    "location_coordinates": unknown;
                    /** How many seats it has. */
                    "max_participants": number;
                    /** Deprecated: use session_notes. */
                    "notes": string | null;
                    /** "Name - Address" of a studio, or an address. */
                    "physical_location": string | null;
                    /** When somebody said where. Null: nobody did, and it is online by that; its client is asked by mail (pages/choose_place). */
                    "place_said_at": string | null;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** When people were reminded. */
                    "reminder_sent": string | null;
                    /** The name of its video channel. */
                    "room_name": string;
                    /** When the session begins. */
                    "scheduled_at": string;
                    /** Where it is held: online or in_person. */
                    "session_location": string;
                    /** The kind of session: session_types.id. */
                    "session_type_id": string | null;
                    /** When its status became in_progress; null if it never did. */
                    "started_at": string | null;
                    /** scheduled, in_progress, completed or cancelled. */
                    "status": string;
                    /** The studio that physical_location names, if it is one. */
                    "studio_id": string | null;
                    /** The practitioner's, when the session was booked or moved. */
                    "time_zone": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                    "session_schedules": {
                        "calendar_sequence": number;
                        "cancellation_policy_agreed_at": string | null;
                        "cancellation_policy_version": string | null;
                        "cancelled_at": string | null;
                        "class_name": string | null;
                        "client_id": string;
                        "completed_at": string | null;
                        "correlated_session_id": string | null;
                        "created_at": string;
                        "credit_lot_id": string | null;
                        "current_participants": number;
                        "duration_minutes": number;
                        "grace_cancellation_used": boolean;
                        "group_class_id": string | null;
                        "host_room_url": string | null;
                        "id": string;
                        "local_start": string;
                        "location_coordinates": unknown;
                        "max_participants": number;
                        "notes": string | null;
                        "physical_location": string | null;
                        "place_said_at": string | null;
                        "practitioner_id": string;
                        "reminder_sent": string | null;
                        "room_name": string;
                        "scheduled_at": string;
                        "session_location": string;
                        "session_type_id": string | null;
                        "started_at": string | null;
                        "status": string;
                        "studio_id": string | null;
                        "time_zone": string;
                        "updated_at": string;
                    } | null;
                };
                ComputedFields: "session_schedules";
                Insert: {
                    "calendar_sequence"?: number;
                    "cancellation_policy_agreed_at"?: string | null;
                    "cancellation_policy_version"?: string | null;
                    "cancelled_at"?: string | null;
                    "class_name"?: string | null;
                    "client_id": string;
                    "completed_at"?: string | null;
                    "correlated_session_id"?: string | null;
                    "created_at"?: string;
                    "credit_lot_id"?: string | null;
                    "current_participants"?: number;
                    "duration_minutes"?: number;
                    "grace_cancellation_used"?: boolean;
                    "group_class_id"?: string | null;
                    "host_room_url"?: string | null;
                    "id"?: string;
                    "local_start": string;
                    "location_coordinates"?: unknown;
                    "max_participants"?: number;
                    "notes"?: string | null;
                    "physical_location"?: string | null;
                    "place_said_at"?: string | null;
                    "practitioner_id": string;
                    "reminder_sent"?: string | null;
                    "room_name": string;
                    "scheduled_at": string;
                    "session_location"?: string;
                    "session_type_id"?: string | null;
                    "started_at"?: string | null;
                    "status"?: string;
                    "studio_id"?: string | null;
                    "time_zone": string;
                    "updated_at"?: string;
                };
                Update: {
                    "calendar_sequence"?: number;
                    "cancellation_policy_agreed_at"?: string | null;
                    "cancellation_policy_version"?: string | null;
                    "cancelled_at"?: string | null;
                    "class_name"?: string | null;
                    "client_id"?: string;
                    "completed_at"?: string | null;
                    "correlated_session_id"?: string | null;
                    "created_at"?: string;
                    "credit_lot_id"?: string | null;
                    "current_participants"?: number;
                    "duration_minutes"?: number;
                    "grace_cancellation_used"?: boolean;
                    "group_class_id"?: string | null;
                    "host_room_url"?: string | null;
                    "id"?: string;
                    "local_start"?: string;
                    "location_coordinates"?: unknown;
                    "max_participants"?: number;
                    "notes"?: string | null;
                    "physical_location"?: string | null;
                    "place_said_at"?: string | null;
                    "practitioner_id"?: string;
                    "reminder_sent"?: string | null;
                    "room_name"?: string;
                    "scheduled_at"?: string;
                    "session_location"?: string;
                    "session_type_id"?: string | null;
                    "started_at"?: string | null;
                    "status"?: string;
                    "studio_id"?: string | null;
                    "time_zone"?: string;
                    "updated_at"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_schedules_cancellation_policy_version_fkey";
                        columns: [
                            "cancellation_policy_version"
                        ];
                        isOneToOne: false;
                        referencedRelation: "cancellation_policy";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_correlated_session_id_fkey";
                        columns: [
                            "correlated_session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_correlated_session_id_fkey";
                        columns: [
                            "correlated_session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_correlated_session_id_fkey";
                        columns: [
                            "correlated_session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_credit_lot_id_fkey";
                        columns: [
                            "credit_lot_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "user_session_credits";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_session_type_id_fkey";
                        columns: [
                            "session_type_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_types";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_studio_id_fkey";
                        columns: [
                            "studio_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "studio_locations";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** What was booked, or made, week after week in one step. */
            "session_series": {
                Row: {
                    /** By the clock of the practitioner's calendar, summer and winter. */
                    "at_time": string;
                    /** Whose sessions they are; null: they are classes. */
                    "client_id": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** The first day, whose day of the week is the series'. */
                    "first_date": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** What its booker called the request: asked again, nothing is doubled. */
                    "idempotency_key": string | null;
                    /** In person: the address, or the id of a studio. */
                    "physical_location": string | null;
                    /** Who was to lead them when they were booked. */
                    "practitioner_id": string;
                    /** Where it was to be: online or in_person. */
                    "session_location": string;
                    /** What was booked; null: its kind is gone, or a class names none. */
                    "session_type_id": string | null;
                    /** How many weeks were asked for; the links say what came of them. */
                    "sessions": number;
                    /** That clock, by its IANA name, as it was when they were booked. */
                    "time_zone": string;
                };
                ComputedFields: never;
                Insert: {
                    "at_time": string;
                    "client_id"?: string | null;
                    "created_at"?: string;
                    "first_date": string;
                    "id"?: string;
                    "idempotency_key"?: string | null;
                    "physical_location"?: string | null;
                    "practitioner_id": string;
                    "session_location": string;
                    "session_type_id"?: string | null;
                    "sessions": number;
                    "time_zone": string;
                };
                Update: {
                    "at_time"?: string;
                    "client_id"?: string | null;
                    "created_at"?: string;
                    "first_date"?: string;
                    "id"?: string;
                    "idempotency_key"?: string | null;
                    "physical_location"?: string | null;
                    "practitioner_id"?: string;
                    "session_location"?: string;
                    "session_type_id"?: string | null;
                    "sessions"?: number;
                    "time_zone"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_series_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_series_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_series_session_type_id_fkey";
                        columns: [
                            "session_type_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_types";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Which sessions belong to a series. */
            "session_series_sessions": {
                Row: {
                    /** The date of the series that it stands for; the session itself may be on another day of that week. */
                    "on_date": string;
                    /** Its series. */
                    "series_id": string;
                    /** The session: session_schedules.id. It is in one series at most. */
                    "session_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "on_date": string;
                    "series_id": string;
                    "session_id": string;
                };
                Update: {
                    "on_date"?: string;
                    "series_id"?: string;
                    "session_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "session_series_sessions_series_id_fkey";
                        columns: [
                            "series_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_series";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_series_sessions_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_series_sessions_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_series_sessions_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: true;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** The kinds of session that are offered. */
            "session_types": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** How long the session lasts. */
                    "duration_minutes": number;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether it can be booked. */
                    "is_active": boolean;
                    /** Whether it is for several at once. */
                    "is_group": boolean;
                    /** As people read it. */
                    "name": string;
                    /** In dollars, before tax; null: not sold for them. */
                    "price_cad": number;
                    /** In dollars, before tax; null: not sold for them. */
                    "price_usd": number;
                    /** standing or laying. */
                    "session_type": string;
                    /** Of Stripe's own price, where there is one. */
                    "stripe_price_id_cad": string | null;
                    /** Of Stripe's own price, where there is one. */
                    "stripe_price_id_usd": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "duration_minutes": number;
                    "id"?: string;
                    "is_active"?: boolean;
                    "is_group"?: boolean;
                    "name": string;
                    "price_cad": number;
                    "price_usd": number;
                    "session_type": string;
                    "stripe_price_id_cad"?: string | null;
                    "stripe_price_id_usd"?: string | null;
                    "updated_at"?: string;
                };
                Update: {
                    "created_at"?: string;
                    "duration_minutes"?: number;
                    "id"?: string;
                    "is_active"?: boolean;
                    "is_group"?: boolean;
                    "name"?: string;
                    "price_cad"?: number;
                    "price_usd"?: number;
                    "session_type"?: string;
                    "stripe_price_id_cad"?: string | null;
                    "stripe_price_id_usd"?: string | null;
                    "updated_at"?: string;
                };
                Relationships: [
                ];
            };
            /** Studios that sessions are held in. */
            "studio_locations": {
                Row: {
                    /** As it is written on a letter. */
                    "address": string;
                    /** Of the address. */
                    "city": string | null;
                    /** Of the address. */
                    "country": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether sessions are held there. */
                    "is_active": boolean;
                    /** Degrees north, WGS 84; with the longitude or not at all. */
                    "latitude": number | null;
                    /** In degrees east. */
                    "longitude": number | null;
                    /** As people read it. */
                    "name": string;
                    /** Of the address. */
                    "postal_code": string | null;
                    /** Of the address. */
                    "province_state": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                };
                ComputedFields: never;
                Insert: {
                    "address": string;
                    "city"?: string | null;
                    "country"?: string | null;
                    "created_at"?: string;
                    "id"?: string;
                    "is_active"?: boolean;
                    "latitude"?: number | null;
                    "longitude"?: number | null;
                    "name": string;
                    "postal_code"?: string | null;
                    "province_state"?: string | null;
                    "updated_at"?: string;
                };
                Update: {
                    "address"?: string;
                    "city"?: string | null;
                    "country"?: string | null;
                    "created_at"?: string;
                    "id"?: string;
                    "is_active"?: boolean;
                    "latitude"?: number | null;
                    "longitude"?: number | null;
                    "name"?: string;
                    "postal_code"?: string | null;
                    "province_state"?: string | null;
                    "updated_at"?: string;
                };
                Relationships: [
                ];
            };
            /** What people have agreed to, or not any more. Each change is in consent_history. */
            "user_consents": {
                Row: {
                    /** When they gave it. */
                    "consent_date": string;
                    /** What is agreed to, such as session_recording. */
                    "consent_type": string;
                    /** Their answer. */
                    "consented": boolean;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** The address they came from. */
                    "ip_address": string | null;
                    /** What whoever wrote it kept beside it. */
                    "metadata": Json | null;
                    /** When it was taken back; null: it holds. */
                    "revoked_at": string | null;
                    /** The address they withdrew it from. */
                    "revoked_ip_address": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** What their browser called itself. */
                    "user_agent": string | null;
                    /** Whose it is. */
                    "user_id": string;
                    /** Of the text. */
                    "version": string | null;
                };
                ComputedFields: never;
                Insert: {
                    "consent_date"?: string;
                    "consent_type": string;
                    "consented"?: boolean;
                    "created_at"?: string;
                    "id"?: string;
                    "ip_address"?: string | null;
                    "metadata"?: Json | null;
                    "revoked_at"?: string | null;
                    "revoked_ip_address"?: string | null;
                    "updated_at"?: string;
                    "user_agent"?: string | null;
                    "user_id": string;
                    "version"?: string | null;
                };
                Update: {
                    "consent_date"?: string;
                    "consent_type"?: string;
                    "consented"?: boolean;
                    "created_at"?: string;
                    "id"?: string;
                    "ip_address"?: string | null;
                    "metadata"?: Json | null;
                    "revoked_at"?: string | null;
                    "revoked_ip_address"?: string | null;
                    "updated_at"?: string;
                    "user_agent"?: string | null;
                    "user_id"?: string;
                    "version"?: string | null;
                };
                Relationships: [
                ];
            };
            /** What a person is told on the pages. */
            "user_notifications": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** The event it is about, as in session_booked; null for what admins write. */
                    "kind": string | null;
                    /** As people read it. */
                    "message": string;
                    /** As the pages name it. */
                    "notification_type": string;
                    /** When they read it; null: not yet. */
                    "read_at": string | null;
                    /** The session it is about. It may have been deleted since. */
                    "related_id": string | null;
                    /** As people read it. */
                    "title": string;
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "id"?: string;
                    "kind"?: string | null;
                    "message": string;
                    "notification_type"?: string;
                    "read_at"?: string | null;
                    "related_id"?: string | null;
                    "title": string;
                    "user_id": string;
                };
                Update: {
                    "created_at"?: string;
                    "id"?: string;
                    "kind"?: string | null;
                    "message"?: string;
                    "notification_type"?: string;
                    "read_at"?: string | null;
                    "related_id"?: string | null;
                    "title"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                ];
            };
            /** Currency, country and language, as a person chose them or as they were detected. */
            "user_preferences": {
                Row: {
                    /** By its two letters. */
                    "country": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** By its three letters, in lower case. */
                    "currency": string | null;
                    /** When they were guessed; null: chosen. */
                    "detected_at": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** By its tag, such as en. */
                    "language": string | null;
                    /** By its IANA name. */
                    "timezone": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "country"?: string | null;
                    "created_at"?: string;
                    "currency"?: string | null;
                    "detected_at"?: string | null;
                    "id"?: string;
                    "language"?: string | null;
                    "timezone"?: string | null;
                    "updated_at"?: string;
                    "user_id": string;
                };
                Update: {
                    "country"?: string | null;
                    "created_at"?: string;
                    "currency"?: string | null;
                    "detected_at"?: string | null;
                    "id"?: string;
                    "language"?: string | null;
                    "timezone"?: string | null;
                    "updated_at"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                ];
            };
            /** Who is an admin or a practitioner. */
            "user_roles": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** admin, practitioner or user. */
                    "role": Database["public"]['Enums']["app_role"];
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "id"?: string;
                    "role": Database["public"]['Enums']["app_role"];
                    "user_id": string;
                };
                Update: {
                    "created_at"?: string;
                    "id"?: string;
                    "role"?: Database["public"]['Enums']["app_role"];
                    "user_id"?: string;
                };
                Relationships: [
                ];
            };
            /** Credits, by the lot they came in. */
            "user_session_credits": {
                Row: {
                    /** When they agreed to it. */
                    "cancellation_policy_agreed_at": string | null;
                    /** The text that was agreed to: cancellation_policy.id. */
                    "cancellation_policy_version": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** Credits that had been spent when their price was refunded: of those that come back, so many are not given back. Some
                    may be on their way only: credits_owed.sql says which keep their owner from booking. */
                    "credits_owed": number;
                    /** What is left; the ledger's sum. */
                    "credits_remaining": number;
                    /** With is_group: the length and form the credits are good for. Also of a typed lot, which they hold when its type is gone. */
                    "duration_minutes": number | null;
                    /** The end of which its owner was told before it came. */
                    "end_told": string | null;
                    /** From when on it is of no use; null: never. */
                    "expires_at": string | null;
                    /** Whether a grace cancellation was used on it. */
                    "grace_cancellation_used": boolean;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether it is for several at once. */
                    "is_group": boolean | null;
                    /** What whoever wrote it kept beside it. */
                    "metadata": Json | null;
                    /** Of an order on an earlier platform. */
                    "order_id": string | null;
                    /** The package it came with: session_packages.id. */
                    "package_id": string | null;
                    /** When it was bought or given. */
                    "purchased_at": string;
                    /** The kind of session they are good for; null: any. */
                    "session_type_id": string | null;
                    /** Stripe's own id of the payment. */
                    "stripe_payment_intent_id": string | null;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** Whose it is. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "cancellation_policy_agreed_at"?: string | null;
                    "cancellation_policy_version"?: string | null;
                    "created_at"?: string;
                    "credits_owed"?: number;
                    "credits_remaining"?: number;
                    "duration_minutes"?: number | null;
                    "end_told"?: string | null;
                    "expires_at"?: string | null;
                    "grace_cancellation_used"?: boolean;
                    "id"?: string;
                    "is_group"?: boolean | null;
                    "metadata"?: Json | null;
                    "order_id"?: string | null;
                    "package_id"?: string | null;
                    "purchased_at"?: string;
                    "session_type_id"?: string | null;
                    "stripe_payment_intent_id"?: string | null;
                    "updated_at"?: string;
                    "user_id": string;
                };
                Update: {
                    "cancellation_policy_agreed_at"?: string | null;
                    "cancellation_policy_version"?: string | null;
                    "created_at"?: string;
                    "credits_owed"?: number;
                    "credits_remaining"?: number;
                    "duration_minutes"?: number | null;
                    "end_told"?: string | null;
                    "expires_at"?: string | null;
                    "grace_cancellation_used"?: boolean;
                    "id"?: string;
                    "is_group"?: boolean | null;
                    "metadata"?: Json | null;
                    "order_id"?: string | null;
                    "package_id"?: string | null;
                    "purchased_at"?: string;
                    "session_type_id"?: string | null;
                    "stripe_payment_intent_id"?: string | null;
                    "updated_at"?: string;
                    "user_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "user_session_credits_cancellation_policy_version_fkey";
                        columns: [
                            "cancellation_policy_version"
                        ];
                        isOneToOne: false;
                        referencedRelation: "cancellation_policy";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "user_session_credits_package_id_fkey";
                        columns: [
                            "package_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_packages";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "user_session_credits_session_type_id_fkey";
                        columns: [
                            "session_type_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_types";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Who waits for a seat in a full class, and for whom one is kept. */
            "waiting_list_entries": {
                Row: {
                    /** The class: session_schedules.id. */
                    "class_id": string;
                    /** When they joined the list. */
                    "created_at": string;
                    /** When it was over; null: they are on the list. */
                    "ended_at": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** Until when a seat is, or was, kept for them. */
                    "kept_until": string | null;
                    /** The lower, the sooner a seat is kept for them. */
                    "place": number;
                    /** Why they were moved up. */
                    "place_reason": string | null;
                    /** The admin who moved them up. */
                    "placed_by": string | null;
                    /** waiting, kept, seated, lapsed, left or closed. */
                    "status": string;
                    /** The class as they were last told of it, by column. */
                    "told": NonNullable<Json>;
                    /** Who waits. */
                    "user_id": string;
                };
                ComputedFields: never;
                Insert: {
                    "class_id": string;
                    "created_at"?: string;
                    "ended_at"?: string | null;
                    "id"?: string;
                    "kept_until"?: string | null;
                    "place"?: number;
                    "place_reason"?: string | null;
                    "placed_by"?: string | null;
                    "status"?: string;
                    "told": NonNullable<Json>;
                    "user_id": string;
                };
                Update: {
                    "class_id"?: string;
                    "created_at"?: string;
                    "ended_at"?: string | null;
                    "id"?: string;
                    "kept_until"?: string | null;
                    "place"?: number;
                    "place_reason"?: string | null;
                    "placed_by"?: string | null;
                    "status"?: string;
                    "told"?: NonNullable<Json>;
                    "user_id"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "waiting_list_entries_class_id_fkey";
                        columns: [
                            "class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "waiting_list_entries_class_id_fkey";
                        columns: [
                            "class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "waiting_list_entries_class_id_fkey";
                        columns: [
                            "class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** The texts of the liability waiver. One is active. */
            "waiver_policy": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether it is the one that is signed. */
                    "is_active": boolean;
                    /** Shown with the placeholder [Date of signing] replaced by the day. Never changes: a correction is a new version. */
                    "policy_text": string;
                    /** SHA-256 of policy_text, hexadecimal. */
                    "policy_text_sha256": string;
                    /** When the row was last changed. */
                    "updated_at": string;
                    /** The admin who changed it last. */
                    "updated_by": string | null;
                    /** Counted up. */
                    "version": number;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "id"?: string;
                    "is_active"?: boolean;
                    "policy_text": string;
                    "policy_text_sha256"?: never;
                    "updated_at"?: string;
                    "updated_by"?: string | null;
                    "version"?: number;
                };
                Update: {
                    "created_at"?: string;
                    "id"?: string;
                    "is_active"?: boolean;
                    "policy_text"?: string;
                    "policy_text_sha256"?: never;
                    "updated_at"?: string;
                    "updated_by"?: string | null;
                    "version"?: number;
                };
                Relationships: [
                ];
            };
            /** Each message to each endpoint, and what became of it. */
            "webhook_deliveries": {
                Row: {
                    /** How often it was tried. */
                    "attempts": number;
                    /** As it is sent. */
                    "body": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** When it was delivered or given up. */
                    "ended_at": string | null;
                    /** To which endpoint. */
                    "endpoint_id": string;
                    /** What happened. */
                    "event": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** Of the last try. */
                    "last_error": string | null;
                    /** The HTTP status that the endpoint answered; null: it did not answer. */
                    "last_status": number | null;
                    /** Of the process that works on it. */
                    "lease_id": string | null;
                    /** Until when nobody else does. */
                    "lease_until": string | null;
                    /** When it is tried next. */
                    "next_attempt_at": string;
                    /** No foreign key: the record stays when old events are deleted. */
                    "outbox_id": number;
                    /** pending, delivered or failed. */
                    "status": string;
                };
                ComputedFields: never;
                Insert: {
                    "attempts"?: number;
                    "body": string;
                    "created_at"?: string;
                    "ended_at"?: string | null;
                    "endpoint_id": string;
                    "event": string;
                    "id"?: string;
                    "last_error"?: string | null;
                    "last_status"?: number | null;
                    "lease_id"?: string | null;
                    "lease_until"?: string | null;
                    "next_attempt_at"?: string;
                    "outbox_id": number;
                    "status"?: string;
                };
                Update: {
                    "attempts"?: number;
                    "body"?: string;
                    "created_at"?: string;
                    "ended_at"?: string | null;
                    "endpoint_id"?: string;
                    "event"?: string;
                    "id"?: string;
                    "last_error"?: string | null;
                    "last_status"?: number | null;
                    "lease_id"?: string | null;
                    "lease_until"?: string | null;
                    "next_attempt_at"?: string;
                    "outbox_id"?: number;
                    "status"?: string;
                };
                Relationships: [
                    {
                        foreignKeyName: "webhook_deliveries_endpoint_id_fkey";
                        columns: [
                            "endpoint_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "webhook_endpoints";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** Addresses of other systems that are told of events. */
            "webhook_endpoints": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** No foreign key: the endpoint stays when its creator's account is deleted. */
                    "created_by": string | null;
                    /** In words, as people read it. */
                    "description": string | null;
                    /** Which events. */
                    "events": (string)[];
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether it is told. */
                    "is_active": boolean;
                    /** Where it is sent. */
                    "url": string;
                };
                ComputedFields: never;
                Insert: {
                    "created_at"?: string;
                    "created_by"?: string | null;
                    "description"?: string | null;
                    "events": (string)[];
                    "id"?: string;
                    "is_active"?: boolean;
                    "url": string;
                };
                Update: {
                    "created_at"?: string;
                    "created_by"?: string | null;
                    "description"?: string | null;
                    "events"?: (string)[];
                    "id"?: string;
                    "is_active"?: boolean;
                    "url"?: string;
                };
                Relationships: [
                ];
            };
        };
        Views: {
            /** For admins: every practitioner's account, or that there is none. verify_practitioner_banking takes practitioner_id and changed_at. */
            "admin_banking": {
                Row: {
                    /** As the bank knows them. */
                    "account_holder_name": string | null;
                    /** The last four digits, all that is ever shown. */
                    "account_last4": string | null;
                    /** checking or savings. */
                    "account_type": string | null;
                    /** Whether they take bookings at all. */
                    "available": boolean;
                    /** As its holder gave it. */
                    "bank_name": string | null;
                    /** When they were last saved. */
                    "changed_at": string | null;
                    /** No payout goes to a new account before. */
                    "cooling_until": string | null;
                    /** By its two letters. */
                    "country": string | null;
                    /** Of their account. */
                    "practitioner_email": string | null;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** Their name, as their profile has it. */
                    "practitioner_name": string;
                    /** What checking the numbers found. */
                    "verification": string | null;
                    /** When an admin checked it. */
                    "verified_at": string | null;
                    /** The admin who said so. */
                    "verified_by": string | null;
                    /** Their name. */
                    "verified_by_name": string | null;
                };
                ComputedFields: never;
                Relationships: [
                ];
            };
            /** For admins: who cancelled what, how late, what it cost and what came back. */
            "admin_cancellations": {
                Row: {
                    /** The admin who allowed it; null where none had to. */
                    "approved_by": string | null;
                    /** Their name. */
                    "approved_by_name": string | null;
                    /** The text that was agreed to: cancellation_policy.id. */
                    "cancellation_policy_version": string | null;
                    /** standard, late, last_minute, grace or emergency: what the policy made of it. */
                    "cancellation_type": string;
                    /** When it was cancelled. */
                    "cancelled_at": string;
                    /** What the class is called; null for one to one. */
                    "class_name": string | null;
                    /** Of their account. */
                    "client_email": string | null;
                    /** Their full name; null where they gave none. */
                    "client_name": string | null;
                    /** Credits or money given back by a cancellation. */
                    "credit_returned": number | null;
                    /** The fee that was due for it; owed_fees has what became of it. */
                    "fee_charged": number | null;
                    /** Of fee_charged. */
                    "fee_currency": string;
                    /** How long before the start, in hours. */
                    "hours_before_session": number | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string | null;
                    /** Their name, as their profile has it. */
                    "practitioner_name": string | null;
                    /** What they said. */
                    "reason": string | null;
                    /** When the session begins. */
                    "scheduled_at": string | null;
                    /** The cancelled session. */
                    "session_id": string | null;
                    /** Who cancelled. */
                    "user_id": string | null;
                };
                ComputedFields: never;
                Relationships: [
                    {
                        foreignKeyName: "session_cancellations_cancellation_policy_version_fkey";
                        columns: [
                            "cancellation_policy_version"
                        ];
                        isOneToOne: false;
                        referencedRelation: "cancellation_policy";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_cancellations_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_cancellations_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_cancellations_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** For admins: every contract issued, and what became of it. */
            "admin_contracts": {
                Row: {
                    /** Whether they take bookings at all. */
                    "available": boolean;
                    /** The version of the text. */
                    "contract_version": string;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of the evidence: who, when, from where, and the text's hash. */
                    "evidence_sha256": string | null;
                    /** From when on it is of no use; null: never. */
                    "expires_at": string | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** Signed, not expired, not revoked. */
                    "is_live": boolean | null;
                    /** Whether its signature was made under our eyes, with evidence. */
                    "is_observed": boolean | null;
                    /** Of their account. */
                    "practitioner_email": string | null;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** Their name, as their profile has it. */
                    "practitioner_name": string;
                    /** Why it was revoked. */
                    "revoked_reason": string | null;
                    /** When it was signed. */
                    "signed_at": string | null;
                    /** Where it stands. */
                    "status": string;
                    /** What it was made from. */
                    "template_id": string | null;
                    /** Of the text, as it was shown. */
                    "text_sha256": string;
                    /** What the contract is called. */
                    "title": string;
                };
                ComputedFields: never;
                Relationships: [
                    {
                        foreignKeyName: "practitioner_contracts_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "practitioner_contracts_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "practitioner_contracts_template_id_fkey";
                        columns: [
                            "template_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "contract_templates";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** For admins: every recording, how far it is, and how often it was opened. */
            "admin_recordings": {
                Row: {
                    /** What the class is called; null for one to one. */
                    "class_name": string | null;
                    /** Of their account. */
                    "client_email": string | null;
                    /** The client it belongs to: their account. */
                    "client_id": string;
                    /** Their full name; null where they gave none. */
                    "client_name": string | null;
                    /** When it was done; null: it is not. */
                    "completed_at": string | null;
                    /** When the row was made. */
                    "created_at": string;
                    /** Of all takes that play. */
                    "duration_seconds": number | null;
                    /** Of all their files. */
                    "file_size_bytes": number | null;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether it is for several at once. */
                    "is_group": boolean | null;
                    /** When it was last watched. */
                    "last_viewed_at": string | null;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** Their name, as their profile has it. */
                    "practitioner_name": string | null;
                    /** Of its page; only for those who may watch it. */
                    "recording_url": string | null;
                    /** When the session begins. */
                    "scheduled_at": string;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string;
                    /** When it began. */
                    "started_at": string | null;
                    /** Where it stands. */
                    "status": string;
                    /** How often it was watched. */
                    "views": number | null;
                };
                ComputedFields: never;
                Relationships: [
                    {
                        foreignKeyName: "session_recordings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_recordings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_recordings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** For admins: every refund and dispute, how it stands at Stripe, who asked for it, and what is owed after it. */
            "admin_returns": {
                Row: {
                    /** In cents. */
                    "amount_minor": number | null;
                    /** When Stripe first said so. */
                    "changed_at": string | null;
                    /** The purchase it is about: checkout_sessions.id. */
                    "checkout_id": string | null;
                    /** Of their account. */
                    "client_email": string | null;
                    /** Their full name; null where they gave none. */
                    "client_name": string | null;
                    /** Credits that were used and whose price went back. */
                    "credits_owed": number | null;
                    /** Credits that went with it. */
                    "credits_taken_back": number | null;
                    /** By its three letters, in lower case. */
                    "currency": string | null;
                    /** In words, as people read it. */
                    "description": string | null;
                    /** Why it did not arrive, as Stripe says it. */
                    "failure_reason": string | null;
                    /** Stripe's own id of it. */
                    "id": string | null;
                    /** Whether what was booked with the money stays. */
                    "keeps_sessions": boolean | null;
                    /** refund or dispute. */
                    "kind": string | null;
                    /** What was paid, in cents. */
                    "paid_minor": number | null;
                    /** In words, for whoever reads it later. */
                    "reason": string | null;
                    /** The admin who asked for it; null: it was made in Stripe. */
                    "requested_by": string | null;
                    /** Of it, what went back, in cents. */
                    "returned_minor": number | null;
                    /** As Stripe says it. */
                    "status": string | null;
                    /** Whose it is. */
                    "user_id": string | null;
                };
                ComputedFields: never;
                Relationships: [
                ];
            };
            /** For admins: who takes part in a session to come and has not signed the current waiver. */
            "admin_sessions_without_waiver": {
                Row: {
                    /** What the class is called; null for one to one. */
                    "class_name": string | null;
                    /** Of their account. */
                    "client_email": string | null;
                    /** The client it belongs to: their account. */
                    "client_id": string;
                    /** Their full name; null where they gave none. */
                    "client_name": string | null;
                    /** The class, where this is a seat in one. */
                    "group_class_id": string | null;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** Their name, as their profile has it. */
                    "practitioner_name": string | null;
                    /** When the session begins. */
                    "scheduled_at": string;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string;
                    /** Where it is held: online or in_person. */
                    "session_location": string;
                };
                ComputedFields: never;
                Relationships: [
                    {
                        foreignKeyName: "session_schedules_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_group_class_id_fkey";
                        columns: [
                            "group_class_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** For admins: who signed which version of the waiver, when. Without a session: for all of them. */
            "admin_waivers": {
                Row: {
                    /** Of their account. */
                    "client_email": string | null;
                    /** Their full name; null where they gave none. */
                    "client_name": string | null;
                    /** Of the evidence: who, when, from where, and the text's hash. */
                    "evidence_sha256": string;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether it is the newest text. */
                    "is_current": boolean | null;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string | null;
                    /** Their name, as their profile has it. */
                    "practitioner_name": string | null;
                    /** When the session begins. */
                    "scheduled_at": string | null;
                    /** The session it was signed before; null: at another time. */
                    "session_id": string | null;
                    /** The name they typed as their signature. */
                    "signature_name": string | null;
                    /** When it was signed. */
                    "signed_at": string;
                    /** Of the text, as it was shown. */
                    "text_sha256": string;
                    /** Whose it is. */
                    "user_id": string;
                    /** The text that was signed. */
                    "waiver_policy_id": string | null;
                    /** Its number. */
                    "waiver_policy_version": number | null;
                };
                ComputedFields: never;
                Relationships: [
                    {
                        foreignKeyName: "liability_waivers_waiver_policy_id_fkey";
                        columns: [
                            "waiver_policy_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "waiver_policy";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** The ledger of one's own credits: what was added, what was spent, for what, and until when. */
            "credit_history": {
                Row: {
                    /** Credits that came (above zero) or went. */
                    "change": number | null;
                    /** When the row was made. */
                    "created_at": string | null;
                    /** How long the session lasts. */
                    "duration_minutes": number | null;
                    /** From when on it is of no use; null: never. */
                    "expires_at": string | null;
                    /** Of the row; made here. */
                    "id": string | null;
                    /** Whether it is for several at once. */
                    "is_group": boolean | null;
                    /** purchase, spend, return, expiry, refund or adjustment. */
                    "kind": string | null;
                    /** What is left of them now. */
                    "lot_credits_remaining": number | null;
                    /** Which credits: user_session_credits.id. */
                    "lot_id": string | null;
                    /** The package it came with: session_packages.id. */
                    "package_id": string | null;
                    /** What that package is called. */
                    "package_name": string | null;
                    /** When it was bought or given. */
                    "purchased_at": string | null;
                    /** In words, for whoever reads it later. */
                    "reason": string | null;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string | null;
                    /** When that session begins. */
                    "session_scheduled_at": string | null;
                    /** standing or laying. */
                    "session_type": string | null;
                    /** The kind of session: session_types.id. */
                    "session_type_id": string | null;
                    /** What that kind is called. */
                    "session_type_name": string | null;
                    /** Whose it is. */
                    "user_id": string | null;
                };
                ComputedFields: never;
                Relationships: [
                    {
                        foreignKeyName: "user_session_credits_package_id_fkey";
                        columns: [
                            "package_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_packages";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "user_session_credits_session_type_id_fkey";
                        columns: [
                            "session_type_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_types";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** For admins: every class, what it is linked to, and what is wrong with that. */
            "group_session_correlations": {
                Row: {
                    /** What the class is called; null for one to one. */
                    "class_name": string | null;
                    /** What the linked one is called. */
                    "correlated_class_name": string | null;
                    /** Where the linked one is held. */
                    "correlated_location": string | null;
                    /** How many seats the linked one has. */
                    "correlated_max_participants": number | null;
                    /** How many of those are taken. */
                    "correlated_participants": number | null;
                    /** When the linked one begins. */
                    "correlated_scheduled_at": string | null;
                    /** The class it is linked to. */
                    "correlated_session_id": string | null;
                    /** Where the linked one stands. */
                    "correlated_status": string | null;
                    /** linked, or what is wrong: alone, one_sided, times_differ, states_differ. */
                    "correlation": string | null;
                    /** How many seats are taken; counted here, never by a page. */
                    "current_participants": number;
                    /** How long the session lasts. */
                    "duration_minutes": number;
                    /** How many seats it has. */
                    "max_participants": number;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string;
                    /** When the session begins. */
                    "scheduled_at": string;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string;
                    /** Where it is held: online or in_person. */
                    "session_location": string;
                    /** Of the session. */
                    "status": string;
                };
                ComputedFields: never;
                Relationships: [
                    {
                        foreignKeyName: "session_schedules_correlated_session_id_fkey";
                        columns: [
                            "correlated_session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_correlated_session_id_fkey";
                        columns: [
                            "correlated_session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_correlated_session_id_fkey";
                        columns: [
                            "correlated_session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_banking";
                        referencedColumns: [
                            "practitioner_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_schedules_practitioner_id_fkey";
                        columns: [
                            "practitioner_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "practitioners";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** The links that one has made, and those to recordings that one may read. */
            "my_share_links": {
                Row: {
                    /** When the row was made. */
                    "created_at": string;
                    /** From when on it is of no use; null: never. */
                    "expires_at": string;
                    /** Whether it asks for one. */
                    "has_password": boolean;
                    /** Of the row; made here. */
                    "id": string;
                    /** Whether I made it. */
                    "is_mine": boolean | null;
                    /** Whether it can be used now. */
                    "is_open": boolean | null;
                    /** When it was last watched. */
                    "last_viewed_at": string | null;
                    /** session_recordings.id. */
                    "recording_id": string;
                    /** When it was taken back; null: it holds. */
                    "revoked_at": string | null;
                    /** Of the recorded session. */
                    "session_id": string | null;
                    /** How many it has had. */
                    "view_count": number;
                    /** How many views it is good for; null: any. */
                    "view_limit": number | null;
                };
                ComputedFields: never;
                Relationships: [
                    {
                        foreignKeyName: "recording_share_links_recording_id_fkey";
                        columns: [
                            "recording_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_recordings";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "recording_share_links_recording_id_fkey";
                        columns: [
                            "recording_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_history";
                        referencedColumns: [
                            "recording_id"
                        ];
                    },
                    {
                        foreignKeyName: "recording_share_links_recording_id_fkey";
                        columns: [
                            "recording_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_recordings";
                        referencedColumns: [
                            "id"
                        ];
                    },
                    {
                        foreignKeyName: "session_recordings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "admin_sessions_without_waiver";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_recordings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "group_session_correlations";
                        referencedColumns: [
                            "session_id"
                        ];
                    },
                    {
                        foreignKeyName: "session_recordings_session_id_fkey";
                        columns: [
                            "session_id"
                        ];
                        isOneToOne: false;
                        referencedRelation: "session_schedules";
                        referencedColumns: [
                            "id"
                        ];
                    }
                ];
            };
            /** What somebody bought, what was refunded, what is left; amounts in cents. */
            "past_purchases": {
                Row: {
                    /** In cents. */
                    "amount_minor": number | null;
                    /** The credits that paid or were bought: user_session_credits.id. */
                    "credit_lot_id": string | null;
                    /** How many it is about. */
                    "credits": number | null;
                    /** What is left of the credits. */
                    "credits_remaining": number | null;
                    /** By its three letters, in lower case. */
                    "currency": string | null;
                    /** In words, as people read it. */
                    "description": string | null;
                    /** From when on it is of no use; null: never. */
                    "expires_at": string | null;
                    /** Of the row; made here. */
                    "id": string | null;
                    /** single, package_5, package_10 or fee. */
                    "payment_type": string | null;
                    /** When it was bought or given. */
                    "purchased_at": string | null;
                    /** Stripe's receipt. */
                    "receipt_url": string | null;
                    /** Of it, what went back, in cents. */
                    "refunded_minor": number | null;
                    /** The session it is about: session_schedules.id. */
                    "session_id": string | null;
                    /** When that session begins. */
                    "session_scheduled_at": string | null;
                    /** Where it stands. */
                    "status": string | null;
                    /** Whose it is. */
                    "user_id": string | null;
                };
                ComputedFields: never;
                Relationships: [
                ];
            };
            /** One's own recommendations, counted. Filter by grouped_by: client, template, client_and_template. Template null: own texts. */
            "recommendation_progress": {
                Row: {
                    /** The client it belongs to: their account. */
                    "client_id": string | null;
                    /** Their full name; null where they gave none. */
                    "client_name": string | null;
                    /** Done. */
                    "done": number | null;
                    /** client_and_template, client or template: what a row sums up. */
                    "grouped_by": string | null;
                    /** When something was last done. */
                    "last_completed_at": string | null;
                    /** When something was last recommended. */
                    "last_recommended_at": string | null;
                    /** Not done yet. */
                    "open": number | null;
                    /** Of those, past their day. */
                    "overdue": number | null;
                    /** Who recommended. */
                    "practitioner_id": string | null;
                    /** What it was made from. */
                    "template_id": string | null;
                    /** What that is called. */
                    "template_title": string | null;
                };
                ComputedFields: never;
                Relationships: [
                ];
            };
            /** One's own sessions. Filter by session_type, is_group, scheduled_at, practitioner_id, status. */
            "session_history": {
                Row: {
                    /** standard, late, last_minute, grace or emergency: what the policy made of it. */
                    "cancellation_type": string | null;
                    /** When it was cancelled. */
                    "cancelled_at": string | null;
                    /** What the class is called; null for one to one. */
                    "class_name": string | null;
                    /** The client it belongs to: their account. */
                    "client_id": string | null;
                    /** Credits or money given back by a cancellation. */
                    "credit_returned": number | null;
                    /** How many seats are taken; counted here, never by a page. */
                    "current_participants": number | null;
                    /** How long the session lasts. */
                    "duration_minutes": number | null;
                    /** The class, where this is a seat in one. */
                    "group_class_id": string | null;
                    /** Of the session. */
                    "id": string | null;
                    /** Whether it is for several at once. */
                    "is_group": boolean | null;
                    /** Where the page leads to write about it. */
                    "journal_path": string | null;
                    /** When it begins, on the clocks of that zone. */
                    "local_start": string | null;
                    /** How many seats it has. */
                    "max_participants": number | null;
                    /** credit, or payment; null: with neither. */
                    "paid_with": string | null;
                    /** The studio's name and address, where it is held in person. */
                    "physical_location": string | null;
                    /** Of their picture. */
                    "practitioner_avatar_url": string | null;
                    /** The practitioner it belongs to. */
                    "practitioner_id": string | null;
                    /** Their name, as their profile has it. */
                    "practitioner_name": string | null;
                    /** session_recordings.id. */
                    "recording_id": string | null;
                    /** Of session_recordings.status; null without one. */
                    "recording_status": string | null;
                    /** Of its page; only for those who may watch it. */
                    "recording_url": string | null;
                    /** When the session begins. */
                    "scheduled_at": string | null;
                    /** Where it is held: online or in_person. */
                    "session_location": string | null;
                    /** standing or laying. */
                    "session_type": string | null;
                    /** The kind of session: session_types.id. */
                    "session_type_id": string | null;
                    /** What that kind is called. */
                    "session_type_name": string | null;
                    /** Of the session. */
                    "status": string | null;
                    /** By its IANA name, such as America/Toronto. */
                    "time_zone": string | null;
                };
                ComputedFields: never;
                Relationships: [
                ];
            };
            /** Whom mails do not reach: for admins all, for a practitioner the clients of sessions to come, and oneself. */
            "unreachable_people": {
                Row: {
                    /** When their next session begins. */
                    "meets_at": string | null;
                    /** Of whom. */
                    "name": string | null;
                    /** When mail to them first came back. */
                    "since": string | null;
                    /** Whose it is. */
                    "user_id": string | null;
                };
                ComputedFields: never;
                Relationships: [
                ];
            };
        };
        Functions: {
            /** For admins: gives what was bought with a payment that is not what we asked for. */
            "accept_payment": {
                Args: {
                    "checkout_id": string;
                    "reason": string;
                };
                Returns: {
                    "id": string;
                    "outcome": string;
                }[];
            };
            /** For practitioners: another calendar, whose times are then kept free. */
            "add_busy_calendar": {
                Args: {
                    "address"?: string;
                    "token"?: string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "calendars_page";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** For admins: changes a lot, or gives a user a new one, of a kind of session or of a length. The reason stays in the ledger. No row, and 202: a second admin was asked. */
            "adjust_credits": {
                Args: {
                    "change": number;
                    "duration_minutes"?: number;
                    "is_group"?: boolean;
                    "lot_id"?: string;
                    "reason": string;
                    "session_type_id"?: string;
                    "user_id"?: string;
                };
                Returns: {
                    "cancellation_policy_agreed_at": string | null;
                    "cancellation_policy_version": string | null;
                    "created_at": string;
                    "credits_owed": number;
                    "credits_remaining": number;
                    "duration_minutes": number | null;
                    "end_told": string | null;
                    "expires_at": string | null;
                    "grace_cancellation_used": boolean;
                    "id": string;
                    "is_group": boolean | null;
                    "metadata": Json | null;
                    "order_id": string | null;
                    "package_id": string | null;
                    "purchased_at": string;
                    "session_type_id": string | null;
                    "stripe_payment_intent_id": string | null;
                    "updated_at": string;
                    "user_id": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "user_session_credits";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** For admins: gives a practitioner an amount from the platform's part, or with a minus takes it back. Minor units. No row, and 202: a second admin was asked. */
            "adjust_earnings": {
                Args: {
                    "amount_minor": number;
                    "currency": string;
                    "practitioner_id": string;
                    "reason": string;
                    "session_id"?: string;
                };
                Returns: {
                    "cause": string;
                    "created_by": string | null;
                    "currency": string;
                    "id": string;
                    "kind": string;
                    "occurred_at": string;
                    "payment_id": string | null;
                    "payout_id": string | null;
                    "practitioner_id": string;
                    "reason": string | null;
                    "session_id": string | null;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "ledger_transactions";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** The admin's page, in one row; amounts in cents, a row for each currency. */
            "admin_dashboard": {
                Args: {
                    "time_zone"?: string;
                };
                Returns: {
                    "attention": Json;
                    "cancellations_this_month": number;
                    "payouts": Json;
                    "practitioners": number;
                    "practitioners_paused": number;
                    "recordings_this_month": number;
                    "sessions_live": number;
                    "sessions_next_week": number;
                    "sessions_today": number;
                    "sold": Json;
                    "users": number;
                    "users_this_month": number;
                }[];
            };
            /** For the scheduler and the doctor: looks at the next rows, again until is_complete; the call after that begins a new round. */
            "advance_invariant_round": {
                Args: {
                    "pieces"?: number;
                };
                Returns: {
                    "begins": boolean;
                    "is_complete": boolean;
                }[];
            };
            /** Checks one session. Call it again with the first answer's asked_at until an answer names no session. */
            "advance_next_session": {
                Args: {
                    "since"?: string;
                };
                Returns: {
                    "asked_at": string;
                    "failure": string;
                    "moved_to": string;
                    "session_id": string;
                    "take": unknown;
                    "task": string;
                }[];
            };
            /** By a link in a mail: tells the other side that one is late, by so many minutes. */
            "announce_delay": {
                Args: {
                    "minutes"?: number;
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "managed_session";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: says yes or no to another time. */
            "answer_change": {
                Args: {
                    "accepts"?: boolean;
                    "proposal_id"?: number;
                    "sequence"?: number;
                    "token": string;
                };
                Returns: {
                    "outcome": string;
                    "shown": unknown;
                }[];
            };
            /** By a link in a mail: says yes or no to leading a session. */
            "answer_offer": {
                Args: {
                    "accepts"?: boolean;
                    "offer_id"?: number;
                    "sequence"?: number;
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "offered_session";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            "answer_recording_consent": {
                Args: {
                    "consented": boolean;
                    "ip_address"?: string;
                    "text_sha256"?: string;
                    "token": string;
                    "user_agent"?: string;
                };
                Returns: {
                    "answer": string;
                    "answered_at": string;
                    "body": string;
                    "text_sha256": string;
                    "texts": Json;
                    "time_zone": string;
                }[];
            };
            /** For clients. To a proposed time: moved or kept. To a change that was made: agreed, or cancelled with full credit. */
            "answer_session_change": {
                Args: {
                    "accepts": boolean;
                    "session_id": string;
                };
                Returns: {
                    "outcome": string;
                    "scheduled_at": string;
                }[];
            };
            /** For practitioners who were asked to take a session over: accepted, if nobody was quicker, or declined. */
            "answer_session_offer": {
                Args: {
                    "accepts": boolean;
                    "session_id": string;
                };
                Returns: {
                    "outcome": string;
                }[];
            };
            /** Applies a retention policy to one batch of rows; no row: nothing is due. */
            "apply_retention": {
                Args: {
                    "max_rows"?: number;
                };
                Returns: {
                    "rows": number;
                    "table_name": string;
                }[];
            };
            "apply_waiting_agora_notifications": {
                Args: {
                    "max_rows"?: number;
                };
                Returns: {
                    "applied": number;
                    "forgotten": number;
                    "tried": number;
                }[];
            };
            "apply_waiting_stripe_events": {
                Args: {
                    "max_rows"?: number;
                };
                Returns: {
                    "applied": number;
                    "forgotten": number;
                    "tried": number;
                }[];
            };
            /** By a link in a mail: asks the admins for somebody else to lead it. */
            "ask_for_substitute": {
                Args: {
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "managed_session";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: asks practitioners whether they lead it. */
            "ask_substitutes": {
                Args: {
                    "hours"?: number;
                    "practitioner_ids"?: (string)[];
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "substitution";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            "assign_admin_role": {
                Args: {
                    "p_user_email": string;
                };
                Returns: Json;
            };
            "assign_admin_role_by_id": {
                Args: {
                    "p_user_id": string;
                };
                Returns: Json;
            };
            /** Decides and records what is to be paid; create-session-payment then opens it at Stripe. */
            "begin_checkout": {
                Args: {
                    "cancellation_policy_agreed"?: boolean;
                    "cancellation_policy_version"?: string;
                    "currency"?: string;
                    "duration_minutes"?: number;
                    "group_class_id"?: string;
                    "is_group"?: boolean;
                    "notes"?: string;
                    "payment_type": string;
                    "physical_location"?: string;
                    "practitioner_id"?: string;
                    "scheduled_at"?: string;
                    "session_location"?: string;
                    "session_type"?: string;
                    "session_type_id"?: string;
                };
                Returns: {
                    "amount_minor": number;
                    "checkout_id": string;
                    "currency": string;
                    "description": string;
                    "expires_at": string;
                    "supersedes": (string)[];
                    "url": string;
                }[];
            };
            /** The caller's earnings line by line, for a file; that it was taken is logged. */
            "begin_earnings_export": {
                Args: {
                    "from_date"?: string;
                    "page_size"?: number;
                    "practitioner_id"?: string;
                    "until_date"?: string;
                };
                Returns: {
                    "class_name": string;
                    "client_id": string;
                    "client_name": string;
                    "currency": string;
                    "duration_minutes": number;
                    "is_forfeited": boolean;
                    "local_start": string;
                    "next_cursor": string;
                    "paid_out_at": string;
                    "paid_with": string;
                    "payment_id": string;
                    "price_minor": number;
                    "returned_minor": number;
                    "scheduled_at": string;
                    "session_id": string;
                    "session_type_name": string;
                    "share_minor": number;
                    "status": string;
                    "time_zone": string;
                }[];
            };
            /** By a link in a mail: book_session_series, all of it or nothing. */
            "book_series_by_link": {
                Args: {
                    "at_time": string;
                    "first_date": string;
                    "idempotency_key"?: string;
                    "physical_location"?: string;
                    "practitioner_id": string;
                    "replacements"?: Json;
                    "session_location"?: string;
                    "session_type_id": string;
                    "sessions": number;
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "series_plan";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Books a session every week, a credit each: all of them or none; with only_possible, those that can be had. */
            "book_session_series": {
                Args: {
                    "at_time": string;
                    "first_date": string;
                    "idempotency_key"?: string;
                    "only_possible"?: boolean;
                    "physical_location"?: string;
                    "practitioner_id": string;
                    "replacements"?: Json;
                    "session_location"?: string;
                    "session_type_id": string;
                    "sessions": number;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "series_plan";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Books a one-to-one session with a credit. The same booking again finds the first one. Returns the credits that are left. */
            "book_session_with_credit": {
                Args: {
                    "duration_minutes": number;
                    "is_group"?: boolean;
                    "location_coordinates"?: unknown;
                    "notes"?: string;
                    "physical_location"?: string;
                    "practitioner_id": string;
                    "scheduled_at": string;
                    "session_location"?: string;
                    "session_type"?: string;
                    "session_type_id"?: string;
                };
                Returns: {
                    "credits_remaining": number;
                    "session_id": string;
                }[];
            };
            /** Calls another function of the API with named arguments; a repeat under the same key gets the first answer. */
            "call_once": {
                Args: {
                    "arguments": Json;
                    "idempotency_key": string;
                    "rpc": string;
                };
                Returns: Json;
            };
            /** Whether somebody takes part in a session or leads it. */
            "can_access_session": {
                Args: {
                    "p_session_id": string;
                    "p_user_id": string;
                };
                Returns: boolean;
            };
            /** By a link in a mail: cancels a session, or a seat. */
            "cancel_managed_session": {
                Args: {
                    "reason"?: string;
                    "shown_credit"?: number;
                    "shown_fee"?: number;
                    "token": string;
                    "use_grace"?: boolean;
                };
                Returns: {
                    "cancellation_type": string;
                    "credit_returned": number;
                    "currency": string;
                    "fee_charged": number;
                    "shown": unknown;
                }[];
            };
            /** By a link in a mail: cancel_session_series. */
            "cancel_series_by_link": {
                Args: {
                    "reason"?: string;
                    "session_id": string;
                    "shown_terms"?: Json;
                    "token": string;
                };
                Returns: {
                    "cancelled": number;
                    "credits_returned": number;
                    "currency": string;
                    "fee_charged": number;
                    "fees": Json;
                    "shown": unknown;
                }[];
            };
            /** Cancels a session, a seat or a class, as the pages do by updating the row. */
            "cancel_session": {
                Args: {
                    "reason"?: string;
                    "session_id": string;
                    "use_grace"?: boolean;
                };
                Returns: {
                    "approved_by": string | null;
                    "cancellation_policy_version": string | null;
                    "cancellation_type": string;
                    "cancelled_at": string;
                    "created_at": string;
                    "credit_currency": string;
                    "credit_returned": number | null;
                    "fee_charged": number | null;
                    "fee_currency": string;
                    "hours_before_session": number | null;
                    "id": string;
                    "reason": string | null;
                    "session_id": string | null;
                    "user_id": string | null;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "session_cancellations";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Cancels a session of a series and all that follow it, each by its own terms; quote_series_cancellation says them before. */
            "cancel_session_series": {
                Args: {
                    "reason"?: string;
                    "session_id": string;
                };
                Returns: {
                    "approved_by": string | null;
                    "cancellation_policy_version": string | null;
                    "cancellation_type": string;
                    "cancelled_at": string;
                    "created_at": string;
                    "credit_currency": string;
                    "credit_returned": number | null;
                    "fee_charged": number | null;
                    "fee_currency": string;
                    "hours_before_session": number | null;
                    "id": string;
                    "reason": string | null;
                    "session_id": string | null;
                    "user_id": string | null;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "session_cancellations";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Cancels what is to come of an account that is about to be erased. */
            "cancel_sessions_before_erasure": {
                Args: {
                    "user_id": string;
                };
                Returns: {
                    "sessions_cancelled": number;
                }[];
            };
            /** For the scheduler and the doctor: each rule that did not hold when it was last looked at, how often, and where; and what waits for a person. */
            "check_invariants": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "broken": number;
                    "examples": (string)[];
                    "rule": string;
                    "waits": boolean;
                }[];
            };
            /** The caller's credits, all together and by lot. */
            "check_session_credits": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "credits": Json;
                    "credits_owed": number;
                    "has_credits": boolean;
                    "package_credits": number;
                    "single_credits": number;
                    "total_credits": number;
                    "user_id": string;
                }[];
            };
            /** By a link in a mail: says where a paid session is held. */
            "choose_place": {
                Args: {
                    "studio_id"?: string;
                    "token": string;
                };
                Returns: {
                    "can_choose": boolean;
                    "choose_until": string;
                    "session": unknown;
                    "studios": (unknown)[];
                    "time_zone": string;
                }[];
            };
            /** For send-notifications: the head to be mailed today, once. */
            "claim_audit_head": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "before_day": string;
                    "before_position": number;
                    "before_sha256": string;
                    "day": string;
                    "finding": string;
                    "line_id": string;
                    "mail_id": string;
                    "position": number;
                    "sealed_at": string;
                    "sha256": string;
                }[];
            };
            /** For the reader: the next calendar that is due. */
            "claim_busy_calendar": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "address": string;
                    "calendar_id": string;
                    "from_time": string;
                    "lease_id": string;
                    "time_zone": string;
                    "until_time": string;
                }[];
            };
            "claim_checkout_check": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "amount_minor": number;
                    "checkout_id": string;
                    "payment_intent_id": string;
                    "refund_id": string;
                    "stripe_session_id": string;
                    "task": string;
                }[];
            };
            "claim_join": {
                Args: {
                    "recording_id"?: string;
                };
                Returns: {
                    "files": Json;
                    "id": string;
                    "lease_id": string;
                    "parts_sha256": string;
                    "seconds": number;
                    "session_id": string;
                    "upload_url": string;
                }[];
            };
            "claim_mail": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "audience": string;
                    "credits": unknown;
                    "document": unknown;
                    "kind": string;
                    "language": string;
                    "lease_id": string;
                    "links": Json;
                    "mail_id": string;
                    "payload": Json;
                    "payment": unknown;
                    "recipient_email": string;
                    "recipient_name": string;
                    "session": unknown;
                    "started_at": string;
                    "task": string;
                    "time_zone": string;
                    "unsubscribe_category": string;
                    "unsubscribe_token": string;
                }[];
            };
            "claim_recording_erasure": {
                Args: {
                    "recording_id"?: string;
                };
                Returns: {
                    "recording": Database["public"]['Tables']["session_recordings"]['Row'];
                    "source_folder": string;
                    "storage_folder": string;
                }[];
            };
            "claim_take_check": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "take": unknown;
                    "task": string;
                }[];
            };
            "claim_take_copy": {
                Args: {
                    "recording_id"?: string;
                };
                Returns: {
                    "is_claimed": boolean;
                    "is_planned": boolean;
                    "take": unknown;
                }[];
            };
            "claim_webhook_delivery": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "body": string;
                    "delivery_id": string;
                    "lease_id": string;
                    "secrets": (string)[];
                    "url": string;
                }[];
            };
            /** The client's own page, in one row. */
            "client_dashboard": {
                Args: {
                    "at_most"?: number;
                };
                Returns: {
                    "getting_started": Json;
                    "in_person_sessions": Json;
                    "journal_entries": number;
                    "online_sessions": Json;
                    "open_actions": Json;
                    "package_credits": number;
                    "recent_recordings": Json;
                    "sessions_completed": number;
                    "single_credits": number;
                    "steps_done": number;
                    "steps_in_all": number;
                    "total_credits": number;
                }[];
            };
            "complete_take": {
                Args: {
                    "lease_id": string;
                    "playback_url": string;
                    "take_id": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "recording_takes";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            "count_expected_people": {
                Args: {
                    "session_id": string;
                };
                Returns: {
                    "people": number;
                }[];
            };
            "count_password_guess": {
                Args: {
                    "ip_address"?: string;
                    "token_sha256": string;
                };
                Returns: {
                    "counted": boolean;
                }[];
            };
            /** A practitioner recommends something to a client of theirs. */
            "create_action_recommendation": {
                Args: {
                    "action_type"?: string;
                    "client_id": string;
                    "description"?: string;
                    "due_date"?: string;
                    "frequency"?: string;
                    "session_id"?: string;
                    "template_id"?: string;
                    "title"?: string;
                };
                Returns: {
                    "action_type": string;
                    "client_id": string;
                    "completed": boolean;
                    "completed_at": string | null;
                    "created_at": string;
                    "description": string | null;
                    "due_date": string | null;
                    "frequency": string | null;
                    "id": string;
                    "practitioner_id": string;
                    "session_id": string | null;
                    "template_id": string | null;
                    "title": string;
                    "updated_at": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "action_recommendations";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** The name of a session's channel, for those who may enter it. */
            "create_agora_room": {
                Args: {
                    "channel_name": string;
                    "session_id"?: string;
                };
                Returns: {
                    "channel": string;
                }[];
            };
            /** Admits the caller to a session's channel, if it is time and they may. */
            "create_agora_token": {
                Args: {
                    "channel_name": string;
                    "session_id"?: string;
                };
                Returns: {
                    "channel": string;
                    "expires_at": string;
                    "recording_without_consent": boolean;
                    "uid": number;
                }[];
            };
            "create_liability_waiver": {
                Args: {
                    "ip_address"?: string;
                    "session_id"?: string;
                    "signature_image"?: string;
                    "signature_name"?: string;
                    "user_agent"?: string;
                    "user_id": string;
                    "waiver_policy_id"?: string;
                    "waiver_policy_version"?: number;
                    "waiver_text": string;
                };
                Returns: {
                    "signed_at": string;
                    "waiver_id": string;
                }[];
            };
            /** Makes a link by which anybody watches a recording; the token is told once. */
            "create_recording_share_link": {
                Args: {
                    "expires_in_days"?: number;
                    "password_scrypt"?: string;
                    "recording_id": string;
                    "view_limit"?: number;
                };
                Returns: {
                    "expires_at": string;
                    "has_password": boolean;
                    "recording_id": string;
                    "share_link_id": string;
                    "token": string;
                    "view_limit": number;
                }[];
            };
            /** For admins. The secret is shown this once. */
            "create_webhook_endpoint": {
                Args: {
                    "description"?: string;
                    "events": (string)[];
                    "url": string;
                };
                Returns: {
                    "id": string;
                    "secret": string;
                }[];
            };
            /** For admins: approves what another admin asked for, which is then done, or declines it. */
            "decide_approval": {
                Args: {
                    "approve": boolean;
                    "request_id": string;
                };
                Returns: {
                    "amount": number;
                    "currency": string | null;
                    "decided_at": string | null;
                    "decided_by": string | null;
                    "details": NonNullable<Json>;
                    "expires_at": string;
                    "id": string;
                    "kind": string;
                    "requested_at": string;
                    "requested_by": string | null;
                    "status": string;
                    "user_id": string | null;
                };
                SetofOptions: {
                    from: "*";
                    to: "approval_requests";
                    isOneToOne: true;
                    isSetofReturn: true;
                };
            };
            /** A row per currency. Pending is what is earned and has not arrived, with what is on its way and what is disputed. */
            "earnings_overview": {
                Args: {
                    "practitioner_id"?: string;
                };
                Returns: {
                    "booked_minor": number;
                    "currency": string;
                    "disputed_minor": number;
                    "last_year_minor": number;
                    "on_its_way_minor": number;
                    "paid_out_minor": number;
                    "pending_payout_minor": number;
                    "period_earned_minor": number;
                    "period_end": string;
                    "period_sessions": number;
                    "period_start": string;
                }[];
            };
            /** For a chart: every day, week (from Monday) or month with either currency, also where nothing was earned. On the practitioner's clock. */
            "earnings_series": {
                Args: {
                    "from_date"?: string;
                    "practitioner_id"?: string;
                    "step"?: string;
                    "until_date"?: string;
                };
                Returns: {
                    "currency": string;
                    "earned_minor": number;
                    "sessions": number;
                    "starts_on": string;
                }[];
            };
            /** Seats that were earned, the latest first. The last row's next_cursor leads to the next page. A given credit earns nothing. */
            "earnings_sessions": {
                Args: {
                    "cursor"?: string;
                    "from_date"?: string;
                    "page_size"?: number;
                    "practitioner_id"?: string;
                    "until_date"?: string;
                };
                Returns: {
                    "class_name": string;
                    "client_id": string;
                    "client_name": string;
                    "currency": string;
                    "duration_minutes": number;
                    "is_forfeited": boolean;
                    "local_start": string;
                    "next_cursor": string;
                    "paid_out_at": string;
                    "paid_with": string;
                    "payment_id": string;
                    "price_minor": number;
                    "returned_minor": number;
                    "scheduled_at": string;
                    "session_id": string;
                    "session_type_name": string;
                    "share_minor": number;
                    "status": string;
                    "time_zone": string;
                }[];
            };
            /** Ends one of them: the program that has it gets nothing more. */
            "end_calendar_feed": {
                Args: {
                    "feed_id"?: string;
                    "token"?: string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "calendars_page";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Erases one's own data or, for admins and the service, somebody's. The account itself is deleted by erase-my-account. */
            "erase_my_account": {
                Args: {
                    "user_id"?: string;
                };
                Returns: {
                    "account_deleted_at": string | null;
                    "asked_at": string;
                    "asked_by": string;
                    "counts": NonNullable<Json>;
                    "id": string;
                    "last_counts": NonNullable<Json>;
                    "last_erased_at": string | null;
                    "pseudonym": string;
                    "rows_erased_at": string | null;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "erasure_receipts";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** All that is known of a person, and their files. How often is limited; each export is in the audit log. */
            "export_my_data": {
                Args: {
                    "ip_address"?: string;
                    "user_agent"?: string;
                    "user_id": string;
                };
                Returns: {
                    "content": string;
                    "name": string;
                    "rows": Json;
                    "storage_path": string;
                }[];
            };
            /** For export-payout-file, which has verified user_id and user_aal, and opens the sealed numbers. */
            "export_payout_file": {
                Args: {
                    "format"?: string;
                    "in_currency"?: string;
                    "reference": string;
                    "user_aal"?: string;
                    "user_id": string;
                };
                Returns: {
                    "account_holder_name": string;
                    "account_number": string;
                    "account_type": string;
                    "amount_minor": number;
                    "bank_name": string;
                    "country": string;
                    "currency": string;
                    "exported_before": string;
                    "payout_id": string;
                    "period_end": string;
                    "period_start": string;
                    "practitioner_id": string;
                    "practitioner_name": string;
                    "routing_number": string;
                    "withheld": string;
                }[];
            };
            /** For admins: moves the end of a lot, also of one that has ended. Its owner is told; the reason stays in the ledger. */
            "extend_credits": {
                Args: {
                    "expires_at": string;
                    "lot_id": string;
                    "reason": string;
                };
                Returns: {
                    "cancellation_policy_agreed_at": string | null;
                    "cancellation_policy_version": string | null;
                    "created_at": string;
                    "credits_owed": number;
                    "credits_remaining": number;
                    "duration_minutes": number | null;
                    "end_told": string | null;
                    "expires_at": string | null;
                    "grace_cancellation_used": boolean;
                    "id": string;
                    "is_group": boolean | null;
                    "metadata": Json | null;
                    "order_id": string | null;
                    "package_id": string | null;
                    "purchased_at": string;
                    "session_type_id": string | null;
                    "stripe_payment_intent_id": string | null;
                    "updated_at": string;
                    "user_id": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "user_session_credits";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            "find_take": {
                Args: {
                    "take_id": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "recording_takes";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            "finish_join": {
                Args: {
                    "lease_id": string;
                    "recording_id": string;
                    "sha256": string;
                };
                Returns: {
                    "joined_at": string;
                }[];
            };
            "finish_mail": {
                Args: {
                    "lease_id": string;
                    "mail_id": string;
                    "outcome": string;
                    "provider_message_id"?: string;
                    "reason"?: string;
                };
                Returns: {
                    "status": string;
                }[];
            };
            "finish_recording_erasure": {
                Args: {
                    "lease_id": string;
                    "recording_id": string;
                };
                Returns: {
                    "bytes": number;
                    "erased_at": string;
                    "files": number;
                    "id": string;
                    "queued_at": string;
                    "reasons": (string)[];
                    "recording_id": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "recording_erasures";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            "finish_webhook_delivery": {
                Args: {
                    "delivery_id": string;
                    "error"?: string;
                    "lease_id": string;
                    "status"?: number;
                };
                Returns: {
                    "outcome": string;
                }[];
            };
            /** For admins: lets somebody off a fee, with a reason. They are told by mail, and a payment under way goes back. */
            "forgive_fee": {
                Args: {
                    "fee_id": string;
                    "reason": string;
                };
                Returns: {
                    "id": string;
                    "reason": string;
                    "status": string;
                }[];
            };
            /** By the link in an admin's mail: lets somebody off a fee, with a reason, as forgive_fee does. */
            "forgive_fee_by_link": {
                Args: {
                    "fee_id": string;
                    "find"?: string;
                    "reason": string;
                    "token": string;
                };
                Returns: unknown;
                SetofOptions: {
                    from: "*";
                    to: "fees_and_ratings";
                    isOneToOne: true;
                    isSetofReturn: false;
                };
            };
            /** Day by day, the starts at which sessions of a type can be booked; with explain also the others, each with its reason. */
            "get_available_slots": {
                Args: {
                    "after_practitioner_id"?: string;
                    "explain"?: boolean;
                    "from_date": string;
                    "practitioner_id"?: string;
                    "session_location"?: string;
                    "session_type_id": string;
                    "time_zone": string;
                    "until_date": string;
                };
                Returns: {
                    "next_after_practitioner_id": string;
                    "on_date": string;
                    "refused": (Database["public"]['CompositeTypes']["available_slot"])[];
                    "slots": (Database["public"]['CompositeTypes']["available_slot"])[];
                }[];
            };
            /** What the caller has agreed to. */
            "get_consent_status": {
                Args: {
                    "consent_type"?: string;
                };
                Returns: {
                    "consent_status": Json;
                    "consents": (Database["public"]['Tables']["user_consents"]['Row'])[];
                    "has_consent": boolean;
                    "user_id": string;
                }[];
            };
            /** A contract and its evidence, as it is printed. */
            "get_contract_pdf": {
                Args: {
                    "contract_id": string;
                };
                Returns: Database["public"]['CompositeTypes']["signed_document"][];
                SetofOptions: {
                    from: "*";
                    to: "signed_document";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            "get_expired_records": {
                Args: {
                    "p_table_name": string;
                };
                Returns: {
                    "created_at": string;
                    "record_id": string;
                }[];
            };
            /** Whether the caller has signed the current waiver. */
            "get_liability_waiver_status": {
                Args: {
                    "session_id"?: string;
                };
                Returns: {
                    "has_signed": boolean;
                    "waiver": Json;
                    "waiver_policy_version": number;
                }[];
            };
            /** For the practitioner whose payout it is, and for admins. */
            "get_payout_statement": {
                Args: {
                    "payout_id": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "payout_statement";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** How a session's recording stands. */
            "get_recording_status": {
                Args: {
                    "recording_id"?: string;
                    "session_id"?: string;
                };
                Returns: {
                    "agora_resource_id": string;
                    "agora_seen_at": string;
                    "agora_sid": string;
                    "agora_status": number;
                    "completed_at": string;
                    "created_at": string;
                    "duration_seconds": number;
                    "failure_code": string;
                    "failure_reason": string;
                    "file_size_bytes": number;
                    "id": string;
                    "recording_url": string;
                    "session_id": string;
                    "started_at": string;
                    "status": string;
                    "storage_path": string;
                    "updated_at": string;
                }[];
            };
            "get_retention_policy": {
                Args: {
                    "p_table_name": string;
                };
                Returns: {
                    "auto_delete": boolean;
                    "retention_days": number;
                }[];
            };
            /** A session as a calendar entry. */
            "get_session_calendar": {
                Args: {
                    "session_id": string;
                };
                Returns: {
                    "link": string;
                    "session": unknown;
                    "time_zone": string;
                }[];
            };
            /** What the client of a session may answer: a change that was made, with what they had agreed to, or a proposed time. */
            "get_session_change": {
                Args: {
                    "session_id": string;
                };
                Returns: {
                    "agreed": Json;
                    "answer_until": string;
                    "changed_at": string;
                    "changed_by": string;
                    "is_changed": boolean;
                    "proposed_scheduled_at": string;
                    "session": unknown;
                }[];
            };
            /** How many credits somebody has: their own, or for an admin anybody's. */
            "get_user_credits": {
                Args: {
                    "p_user_id": string;
                };
                Returns: {
                    "package_credits": number;
                    "single_credits": number;
                    "total_credits": number;
                }[];
            };
            /** For admins: whose account an address is. */
            "get_user_id_by_email": {
                Args: {
                    "email_input": string;
                };
                Returns: string;
            };
            /** A signed waiver and its evidence, as it is printed. */
            "get_waiver_pdf": {
                Args: {
                    "waiver_id": string;
                };
                Returns: Database["public"]['CompositeTypes']["signed_document"][];
                SetofOptions: {
                    from: "*";
                    to: "signed_document";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Of the caller's own earnings; admins say whose. */
            "get_year_statement": {
                Args: {
                    "currency": string;
                    "practitioner_id"?: string;
                    "year": number;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "year_statement";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** The checklist of somebody new, in its order. */
            "getting_started": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "done": boolean;
                    "place": number;
                    "step": string;
                }[];
            };
            /** For admins: another practitioner leads a session or class from now on. Outside their hours only if you say so. */
            "give_session_to": {
                Args: {
                    "outside_hours"?: boolean;
                    "practitioner_id": string;
                    "session_id": string;
                };
                Returns: {
                    "practitioner_id": string;
                    "previous_practitioner_id": string;
                    "session_id": string;
                }[];
            };
            /** By a link in a mail: gives a session to another practitioner. */
            "give_to_substitute": {
                Args: {
                    "outside_hours"?: boolean;
                    "practitioner_id"?: string;
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "substitution";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Whether somebody was granted something on a resource. */
            "has_access": {
                Args: {
                    "p_permission": string;
                    "p_resource_id": string;
                    "p_resource_type": string;
                    "p_user_id": string;
                };
                Returns: boolean;
            };
            /** Whether somebody has agreed to something, and not taken it back. */
            "has_consent": {
                Args: {
                    "p_consent_type": string;
                    "p_user_id": string;
                };
                Returns: boolean;
            };
            /** Whether somebody has a role. */
            "has_role": {
                Args: {
                    "_role": Database["public"]['Enums']["app_role"];
                    "_user_id": string;
                };
                Returns: boolean;
            };
            /** By the link in an admin's mail: hides a rating or shows it again, with a reason, as hide_session_rating does. */
            "hide_rating_by_link": {
                Args: {
                    "find"?: string;
                    "is_hidden"?: boolean;
                    "rating_id": string;
                    "reason": string;
                    "token": string;
                };
                Returns: unknown;
                SetofOptions: {
                    from: "*";
                    to: "fees_and_ratings";
                    isOneToOne: true;
                    isSetofReturn: false;
                };
            };
            /** For admins: takes a rating out of the average and out of what practitioners read, or puts it back; with a reason. */
            "hide_session_rating": {
                Args: {
                    "is_hidden"?: boolean;
                    "rating_id": string;
                    "reason": string;
                };
                Returns: {
                    "decision_reason": string;
                    "hidden_at": string;
                    "id": string;
                }[];
            };
            /** Holds a time, or a seat in a class, for a few minutes. Calling it again returns the same hold. */
            "hold_slot": {
                Args: {
                    "group_class_id"?: string;
                    "physical_location"?: string;
                    "practitioner_id": string;
                    "scheduled_at": string;
                    "session_location"?: string;
                    "session_type_id": string;
                };
                Returns: {
                    "checkout_session_id": string | null;
                    "created_at": string;
                    "duration_minutes": number;
                    "expires_at": string;
                    "group_class_id": string | null;
                    "id": string;
                    "physical_location": string | null;
                    "practitioner_id": string;
                    "scheduled_at": string;
                    "session_location": string;
                    "session_type_id": string;
                    "status": string;
                    "user_id": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "session_holds";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Returns how full a class is: the pages call it before they insert a seat, and the seat is counted. */
            "increment_group_class_participants": {
                Args: {
                    "group_class_id": string;
                    "increment_by"?: number;
                };
                Returns: {
                    "current_participants": number;
                    "id": string;
                    "max_participants": number;
                }[];
            };
            /** Whether a key is the service's: nobody else gets an answer. */
            "is_operator": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "is_operator": boolean;
                }[];
            };
            /** Whether somebody leads sessions of a client. */
            "is_practitioner_of": {
                Args: {
                    "_client_id": string;
                    "_practitioner_id": string;
                };
                Returns: boolean;
            };
            /** Offers a version, by default the newest, to one practitioner or to all who are available. Whoever has it keeps what they have. */
            "issue_practitioner_contract": {
                Args: {
                    "expires_at"?: string;
                    "practitioner_id"?: string;
                    "template_version"?: number;
                };
                Returns: {
                    "already_issued": number;
                    "contract_version": string;
                    "issued": (string)[];
                    "replaced": number;
                    "template_id": string;
                }[];
            };
            /** Takes a seat and spends a credit, as the pages do by inserting the row. */
            "join_group_class": {
                Args: {
                    "class_id": string;
                };
                Returns: {
                    "credits_remaining": number;
                    "session_id": string;
                }[];
            };
            /** Waits for a seat in a full class. Joining again finds the first entry. */
            "join_waiting_list": {
                Args: {
                    "class_id": string;
                };
                Returns: {
                    "entry_id": string;
                    "kept_until": string;
                    "status": string;
                }[];
            };
            /** What an entry about a session starts with; journal_entry_id is the entry that exists already. */
            "journal_prefill": {
                Args: {
                    "mood"?: string;
                    "session_id": string;
                };
                Returns: {
                    "class_name": string;
                    "duration_minutes": number;
                    "entry_date": string;
                    "is_group": boolean;
                    "journal_entry_id": string;
                    "practitioner_id": string;
                    "practitioner_name": string;
                    "session_location": string;
                    "session_type": string;
                    "session_type_name": string;
                    "suggested_mood": string;
                }[];
            };
            /** For the reader: the times that a calendar holds now. */
            "keep_busy_times": {
                Args: {
                    "calendar_id": string;
                    "entries": Json;
                    "lease_id": string;
                };
                Returns: {
                    "kept": number;
                }[];
            };
            /** Keeps what was picked, for the page to pay at: the last pick of each person. Gives that page's address, if it has one. */
            "keep_refused_pick": {
                Args: {
                    "duration_minutes": number;
                    "notes"?: string;
                    "physical_location"?: string;
                    "practitioner_id": string;
                    "scheduled_at": string;
                    "session_location"?: string;
                    "session_type"?: string;
                    "session_type_id"?: string;
                };
                Returns: {
                    "pay_at": string;
                }[];
            };
            /** For send-notifications: what the database says, by language and English message, when prepare_mails lacks this version. */
            "keep_translations": {
                Args: {
                    "translations": Json;
                    "version": string;
                };
                Returns: {
                    "kept": number;
                }[];
            };
            /** By a link in a mail: whoever leads a session says that they do, though they are away then. */
            "lead_anyway": {
                Args: {
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "managed_session";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Waits no longer, and gives back a seat that is kept. */
            "leave_waiting_list": {
                Args: {
                    "class_id": string;
                };
                Returns: {
                    "success": boolean;
                }[];
            };
            /** For admins: links a class online with one in the studio. */
            "link_group_sessions": {
                Args: {
                    "correlated_session_id": string;
                    "session_id": string;
                };
                Returns: {
                    "class_name": string | null;
                    "correlated_class_name": string | null;
                    "correlated_location": string | null;
                    "correlated_max_participants": number | null;
                    "correlated_participants": number | null;
                    "correlated_scheduled_at": string | null;
                    "correlated_session_id": string | null;
                    "correlated_status": string | null;
                    "correlation": string | null;
                    "current_participants": number;
                    "duration_minutes": number;
                    "max_participants": number;
                    "practitioner_id": string;
                    "scheduled_at": string;
                    "session_id": string;
                    "session_location": string;
                    "status": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "group_session_correlations";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** The classes to come, with their seats and waiting lists, and where the caller stands on them. */
            "list_coming_classes": {
                Args: {
                    "at_most"?: number;
                };
                Returns: Database["public"]['CompositeTypes']["coming_class"][];
                SetofOptions: {
                    from: "*";
                    to: "coming_class";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** For admins: what waits for a person, or what was settled and how. */
            "list_matters": {
                Args: {
                    "at_most"?: number;
                    "is_settled"?: boolean;
                };
                Returns: {
                    "detail": string;
                    "id": string;
                    "kind": string;
                    "remedy": string;
                    "settled_at": string;
                    "settled_by": string;
                    "settlement": string;
                    "since": string;
                    "subject": string;
                    "told_at": string;
                    "what": string;
                }[];
            };
            /** For practitioners: what was said of sessions with them, by month, and not by whom. Hidden ones are left out. */
            "list_my_ratings": {
                Args: {
                    "at_most"?: number;
                };
                Returns: {
                    "id": string;
                    "month": string;
                    "stars": number;
                    "words": string;
                }[];
            };
            /** For admins: the fees that are owed, oldest first; or those that were paid, returned or forgiven. */
            "list_owed_fees": {
                Args: {
                    "at_most"?: number;
                    "state"?: string;
                };
                Returns: {
                    "amount_minor": number;
                    "because": string;
                    "created_at": string;
                    "currency": string;
                    "forgiven_at": string;
                    "forgiven_by": string;
                    "full_name": string;
                    "id": string;
                    "paid_at": string;
                    "practitioner_name": string;
                    "reason": string;
                    "scheduled_at": string;
                    "session_id": string;
                    "status": string;
                    "user_id": string;
                }[];
            };
            /** For admins: payments, newest first, a page at a time. */
            "list_payments": {
                Args: {
                    "currency"?: string;
                    "cursor"?: string;
                    "page_size"?: number;
                    "status"?: string;
                };
                Returns: {
                    "next_cursor": string;
                    "payments": Json;
                }[];
            };
            /** For practitioners: the sessions they are asked to lead, and until when they may answer. Without the client's name. */
            "list_session_offers": {
                Args: Record<PropertyKey, never>;
                Returns: {
                    "answer_until": string;
                    "session": unknown;
                }[];
            };
            /** For admins: people, newest first, a page at a time. */
            "list_users": {
                Args: {
                    "cursor"?: string;
                    "page_size"?: number;
                };
                Returns: {
                    "next_cursor": string;
                    "users": Json;
                }[];
            };
            /** For admins: who waits for a class, in their order. */
            "list_waiting_people": {
                Args: {
                    "class_id": string;
                };
                Returns: {
                    "created_at": string;
                    "entry_id": string;
                    "full_name": string;
                    "kept_until": string;
                    "place": number;
                    "place_reason": string;
                    "status": string;
                    "user_id": string;
                }[];
            };
            "log_audit_event": {
                Args: {
                    "p_action": string;
                    "p_ip_address"?: string;
                    "p_metadata"?: Json;
                    "p_record_id"?: string;
                    "p_table_name": string;
                    "p_user_agent"?: string;
                    "p_user_id": string;
                };
                Returns: undefined;
            };
            /** A new address of one's sessions for a calendar program; its token is told this once. */
            "make_calendar_feed": {
                Args: {
                    "token"?: string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "calendars_page";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** For send-notifications: the mail service has taken it. */
            "mark_audit_head_mailed": {
                Args: {
                    "day": string;
                };
                Returns: {
                    "mailed_at": string;
                }[];
            };
            /** For admins and providers: the money did not leave. The next run pays it again. */
            "mark_payout_failed": {
                Args: {
                    "payout_id": string;
                    "reason": string;
                };
                Returns: {
                    "amount_minor": number;
                    "created_at": string;
                    "currency": string;
                    "failed_reason": string | null;
                    "id": string;
                    "paid_at": string | null;
                    "period_end": string;
                    "period_start": string;
                    "practitioner_id": string;
                    "settled_by": string | null;
                    "status": string;
                    "transaction_reference": string | null;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "payouts";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** For admins and providers: the money has left, under this reference. */
            "mark_payout_paid": {
                Args: {
                    "paid_at"?: string;
                    "payout_id": string;
                    "transaction_reference": string;
                };
                Returns: {
                    "amount_minor": number;
                    "created_at": string;
                    "currency": string;
                    "failed_reason": string | null;
                    "id": string;
                    "paid_at": string | null;
                    "period_end": string;
                    "period_start": string;
                    "practitioner_id": string;
                    "settled_by": string | null;
                    "status": string;
                    "transaction_reference": string | null;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "payouts";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Memories of one person that mean something like this. */
            "match_memories": {
                Args: {
                    "match_count"?: number;
                    "match_threshold"?: number;
                    "match_user_id": string;
                    "query_embedding": string;
                };
                Returns: {
                    "content": string;
                    "id": string;
                    "memory_type": string;
                    "metadata": Json;
                    "session_date": string;
                    "similarity": number;
                }[];
            };
            /** By a link in a mail: moves a session, or takes another class. */
            "move_managed_session": {
                Args: {
                    "class_id"?: string;
                    "starts_at"?: string;
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "managed_session";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: move_session_series, all of it or nothing. */
            "move_series_by_link": {
                Args: {
                    "replacements"?: Json;
                    "session_id": string;
                    "starts_at": string;
                    "token": string;
                };
                Returns: {
                    "plan": unknown;
                    "shown": unknown;
                }[];
            };
            /** Moves a session of a series and all that follow it to that time of the week: all or none; with only_possible, what can be moved. */
            "move_session_series": {
                Args: {
                    "only_possible"?: boolean;
                    "replacements"?: Json;
                    "session_id": string;
                    "starts_at": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "series_plan";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By the link in an admin's mail: puts somebody first on a waiting list, with a reason that the audit log keeps. */
            "move_up_by_link": {
                Args: {
                    "class_id": string;
                    "entry_id": string;
                    "reason": string;
                    "token": string;
                };
                Returns: {
                    "duration_minutes": number;
                    "has_credit": boolean;
                    "practitioner_id": string;
                    "session_type": string;
                    "session_type_id": string;
                    "shown": Database["public"]['CompositeTypes']["coming_class"];
                    "signer_name": string;
                    "time_zone": string;
                    "waiting_people": Json;
                    "waiver_body": string;
                    "waiver_texts": Json;
                    "waiver_version": number;
                }[];
            };
            /** For admins: puts somebody first on a waiting list, with a reason that the audit log keeps. */
            "move_up_waiting_person": {
                Args: {
                    "entry_id": string;
                    "reason": string;
                };
                Returns: {
                    "id": string;
                    "place_reason": string;
                    "status": string;
                }[];
            };
            "next_take_file": {
                Args: {
                    "lease_id": string;
                    "take_id": string;
                };
                Returns: {
                    "file": unknown;
                    "remaining": number;
                }[];
            };
            /** For the reader: why a calendar could not be read. */
            "note_busy_failure": {
                Args: {
                    "calendar_id": string;
                    "failure": string;
                    "lease_id": string;
                };
                Returns: {
                    "success": boolean;
                }[];
            };
            /** For export-bank-file. A number is given once, whatever becomes of the file. */
            "number_bank_file": {
                Args: {
                    "available_on"?: string;
                    "may_repeat"?: boolean;
                    "payout_ids": (string)[];
                    "pending": number;
                    "reference": string;
                    "total_minor": number;
                    "user_aal"?: string;
                    "user_id": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "numbered_bank_file";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Applies what Stripe answered when it was asked: the same facts that events bring. */
            "observe_checkout": {
                Args: {
                    "checkout_id": string;
                    "facts": Json;
                };
                Returns: {
                    "id": string;
                    "status": string;
                }[];
            };
            "observe_take": {
                Args: {
                    "agora_status"?: number;
                    "attempt": number;
                    "observation": string;
                    "reason"?: string;
                    "resource_id"?: string;
                    "sid"?: string;
                    "take_id": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "recording_takes";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** For admins: asks practitioners to take a session or class over. The first yes wins. Returns what is open. */
            "offer_session_to": {
                Args: {
                    "practitioner_ids": (string)[];
                    "session_id": string;
                    "until"?: string;
                };
                Returns: {
                    "answer_until": string;
                    "practitioner_id": string;
                }[];
            };
            "open_checkout": {
                Args: {
                    "checkout_id": string;
                    "stripe_session_id": string;
                    "url": string;
                };
                Returns: {
                    "checkout_id": string;
                    "expires_at": string;
                    "url": string;
                }[];
            };
            "open_share_link": {
                Args: {
                    "begins_view"?: boolean;
                    "describes"?: boolean;
                    "file_name"?: string;
                    "ip_address"?: string;
                    "opens"?: boolean;
                    "part"?: number;
                    "password_scrypt"?: string;
                    "token_sha256": string;
                    "user_agent"?: string;
                    "view_sha256"?: string;
                };
                Returns: {
                    "film": Json;
                    "has_password": boolean;
                    "kind": string;
                    "new_view_key": string;
                    "recording_id": string;
                    "state": string;
                    "storage_path": string;
                }[];
            };
            /** For the service: what is late or broken, and how everything is; on behalf of a person, if that is an admin. */
            "ops_status": {
                Args: {
                    "admin_id"?: string;
                };
                Returns: {
                    "at": string;
                    "audit_head": string;
                    "functions": Json;
                    "invariants": Json;
                    "problems": Json;
                    "queues": Json;
                    "schema_version": string;
                    "waiting": Json;
                    "webhooks": Json;
                }[];
            };
            /** By a link in a mail: decides and records what is to be paid for a fee; the page then opens it at Stripe. */
            "pay_fee": {
                Args: {
                    "fee_id": string;
                    "token": string;
                };
                Returns: {
                    "amount_minor": number;
                    "checkout_id": string;
                    "currency": string;
                    "description": string;
                    "email": string;
                    "expires_at": string;
                    "supersedes": (string)[];
                    "url": string;
                }[];
            };
            "plan_take_files": {
                Args: {
                    "duration_seconds": number;
                    "files": Json;
                    "lease_id": string;
                    "take_id": string;
                };
                Returns: {
                    "planned": number;
                }[];
            };
            "postpone_join": {
                Args: {
                    "code": string;
                    "is_final"?: boolean;
                    "lease_id": string;
                    "reason": string;
                    "recording_id": string;
                };
                Returns: {
                    "status": string;
                }[];
            };
            "postpone_take_copy": {
                Args: {
                    "code": string;
                    "lease_id": string;
                    "reason": string;
                    "take_id": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "recording_takes";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** The practitioner's own page, in one row; none for whoever is not one. Earnings have a row for each currency. */
            "practitioner_dashboard": {
                Args: {
                    "at_most"?: number;
                };
                Returns: {
                    "actions_open": number;
                    "actions_overdue": number;
                    "available": boolean;
                    "banking": string;
                    "clients_in_all": number;
                    "contract": string;
                    "earnings": Json;
                    "name": string;
                    "pending_actions": Json;
                    "practitioner_id": string;
                    "recent_clients": Json;
                    "recording_consent": string;
                    "sessions_completed": number;
                    "time_zone": string;
                    "today": Json;
                    "unreachable_clients": Json;
                    "upcoming": Json;
                }[];
            };
            /** For the scheduler, again until all are nought: due reminders, mails whose sender died, what nobody answered in time, waiting lists. Keeps where the pages of our own are, answers who asked for their links, and notes what waits for a person. Says whether it has the translations of another version. */
            "prepare_mails": {
                Args: {
                    "pages_origin": string;
                    "translations_version"?: string;
                };
                Returns: {
                    "lacks_translations": boolean;
                    "lost": number;
                    "reminders": number;
                    "unanswered": number;
                    "waiting": number;
                }[];
            };
            "prepare_recording_erasures": {
                Args: {
                    "max_rows"?: number;
                };
                Returns: {
                    "held": number;
                    "queued": number;
                    "told": number;
                }[];
            };
            /** By a link in a mail: proposes another time to the client. */
            "propose_managed_time": {
                Args: {
                    "starts_at"?: string;
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "managed_session";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** For practitioners: asks the client of a session for another time. Their yes moves it; else all stays as it is. */
            "propose_session_time": {
                Args: {
                    "scheduled_at": string;
                    "session_id": string;
                };
                Returns: {
                    "answer_until": string;
                    "proposed_scheduled_at": string;
                    "session_id": string;
                }[];
            };
            /** What cancelling would return and cost right now. It changes nothing. */
            "quote_cancellation": {
                Args: {
                    "session_id": string;
                    "use_grace"?: boolean;
                };
                Returns: {
                    "cancellation_policy_version": string;
                    "cancellation_type": string;
                    "credit_expires_at": string;
                    "credit_returned": number;
                    "currency": string;
                    "fee_charged": number;
                    "free_until": string;
                    "grace_available": boolean;
                    "hours_before_session": number;
                    "no_credit_because": string;
                    "session_id": string;
                }[];
            };
            /** By a link in a mail: quote_session_series. */
            "quote_series_by_link": {
                Args: {
                    "at_time": string;
                    "first_date": string;
                    "physical_location"?: string;
                    "practitioner_id": string;
                    "replacements"?: Json;
                    "session_location"?: string;
                    "session_type_id": string;
                    "sessions": number;
                    "token": string;
                };
                Returns: {
                    "plan": unknown;
                    "waiver_token": string;
                }[];
            };
            /** What cancelling a session of a series and all that follow would return and cost right now, one by one. */
            "quote_series_cancellation": {
                Args: {
                    "session_id": string;
                };
                Returns: {
                    "scheduled_at": string;
                    "session_id": string;
                    "terms": unknown;
                }[];
            };
            /** A session of a series and all that follow it, at another time of the week: which can be moved, and what is free else. */
            "quote_series_move": {
                Args: {
                    "replacements"?: Json;
                    "session_id": string;
                    "starts_at": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "series_plan";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: quote_series_move. */
            "quote_series_move_by_link": {
                Args: {
                    "replacements"?: Json;
                    "session_id": string;
                    "starts_at": string;
                    "token": string;
                };
                Returns: {
                    "plan": unknown;
                    "shown": unknown;
                }[];
            };
            /** A session every week: which of them can be booked with the caller's credits, and what is free near the others. */
            "quote_session_series": {
                Args: {
                    "at_time": string;
                    "first_date": string;
                    "physical_location"?: string;
                    "practitioner_id": string;
                    "replacements"?: Json;
                    "session_location"?: string;
                    "session_type_id": string;
                    "sessions": number;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "series_plan";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** For its client, or by a link in a mail: gives a session that was held one to five stars, and words; or changes them. */
            "rate_session": {
                Args: {
                    "session_id"?: string;
                    "stars"?: number;
                    "token"?: string;
                    "words"?: string;
                };
                Returns: unknown;
                SetofOptions: {
                    from: "*";
                    to: "shown_rating";
                    isOneToOne: true;
                    isSetofReturn: false;
                };
            };
            /** A column to select with practitioners: the average of their ratings, to a tenth; null while there are too few. */
            "rating_average": {
                Args: {
                    "practitioner": Omit<Database["public"]['Tables']["practitioners"]['Row'], Database["public"]['Tables']["practitioners"]['ComputedFields']>;
                };
                Returns: number;
            };
            /** A column to select with practitioners: of how many ratings the average is; null while there are too few. */
            "rating_count": {
                Args: {
                    "practitioner": Omit<Database["public"]['Tables']["practitioners"]['Row'], Database["public"]['Tables']["practitioners"]['ComputedFields']>;
                };
                Returns: number;
            };
            /** For export-bank-file, which has verified user_id and user_aal, and opens the sealed numbers. */
            "read_bank_file_payouts": {
                Args: {
                    "reference": string;
                    "user_aal"?: string;
                    "user_id": string;
                };
                Returns: {
                    "account_holder_name": string;
                    "account_number": string;
                    "amount_minor": number;
                    "is_exported": boolean;
                    "payout_id": string;
                    "practitioner_id": string;
                    "practitioner_name": string;
                    "routing_number": string;
                    "withheld": string;
                }[];
            };
            /** For calendar programs, by their token: somebody's sessions. */
            "read_calendar_feed": {
                Args: {
                    "known_version"?: string;
                    "token": string;
                };
                Returns: {
                    "sessions": Json;
                    "version": string;
                }[];
            };
            /** One's calendar addresses, and those whose times are kept free. */
            "read_calendars": {
                Args: {
                    "token"?: string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "calendars_page";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: the time that is proposed. */
            "read_change": {
                Args: {
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "answerable_change";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: one class, and what taking a seat in it needs. */
            "read_coming_class": {
                Args: {
                    "class_id": string;
                    "token": string;
                };
                Returns: {
                    "duration_minutes": number;
                    "has_credit": boolean;
                    "practitioner_id": string;
                    "session_type": string;
                    "session_type_id": string;
                    "shown": Database["public"]['CompositeTypes']["coming_class"];
                    "signer_name": string;
                    "time_zone": string;
                    "waiting_people": Json;
                    "waiver_body": string;
                    "waiver_texts": Json;
                    "waiver_version": number;
                }[];
            };
            /** The classes to come with their seats and waiting lists; by a link in a mail also where its person stands. */
            "read_coming_classes": {
                Args: {
                    "token"?: string;
                };
                Returns: {
                    "classes": (Database["public"]['CompositeTypes']["coming_class"])[];
                    "time_zone": string;
                }[];
            };
            /** By the link in an admin's mail: the fees that are owed, and the newest ratings; or those in which a word is found. */
            "read_fees_and_ratings": {
                Args: {
                    "find"?: string;
                    "token": string;
                };
                Returns: unknown;
                SetofOptions: {
                    from: "*";
                    to: "fees_and_ratings";
                    isOneToOne: true;
                    isSetofReturn: false;
                };
            };
            /** By a link in a mail: the fees that its reader owes, and what became of others. */
            "read_fees_to_pay": {
                Args: {
                    "token": string;
                };
                Returns: {
                    "fees": (unknown)[];
                    "time_zone": string;
                }[];
            };
            /** By a link in a mail: a practitioner's year, of one currency. */
            "read_linked_year_statement": {
                Args: {
                    "currency": string;
                    "token": string;
                    "year": number;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "year_statement";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: what is to come of a series, with what leaving returns. */
            "read_managed_series": {
                Args: {
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "managed_series";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: a session, and what may be done with it. */
            "read_managed_session": {
                Args: {
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "managed_session";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: a session that wants somebody to lead it. */
            "read_offer": {
                Args: {
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "offered_session";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: one payout, and the years there are. */
            "read_payout_page": {
                Args: {
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "payout_page";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: where a session may be held. */
            "read_place": {
                Args: {
                    "token": string;
                };
                Returns: {
                    "can_choose": boolean;
                    "choose_until": string;
                    "session": unknown;
                    "studios": (unknown)[];
                    "time_zone": string;
                }[];
            };
            /** Of a session of one's own, or by a link in a mail: its rating, and whether it can be rated. */
            "read_rating": {
                Args: {
                    "session_id"?: string;
                    "token"?: string;
                };
                Returns: unknown;
                SetofOptions: {
                    from: "*";
                    to: "shown_rating";
                    isOneToOne: true;
                    isSetofReturn: false;
                };
            };
            /** By a link in a mail: the text that asks whether one may be recorded. */
            "read_recording_consent": {
                Args: {
                    "token": string;
                };
                Returns: {
                    "answer": string;
                    "answered_at": string;
                    "body": string;
                    "text_sha256": string;
                    "texts": Json;
                    "time_zone": string;
                }[];
            };
            /** By a link in a mail: with whom, for what and when in the week a session every week could be. Fifty practitioners to a page, all or those whose names are searched. */
            "read_series_choices": {
                Args: {
                    "page"?: number;
                    "practitioner_id"?: string;
                    "search"?: string;
                    "session_type_id"?: string;
                    "token": string;
                };
                Returns: {
                    "is_more": boolean;
                    "kinds": (unknown)[];
                    "practitioner_id": string;
                    "practitioners": (unknown)[];
                    "session_type_id": string;
                    "starts": (unknown)[];
                    "studios": (unknown)[];
                    "time_zone": string;
                }[];
            };
            /** By a link in a mail: times of the week to which a series could move. */
            "read_series_times": {
                Args: {
                    "session_id": string;
                    "token": string;
                };
                Returns: {
                    "shown": unknown;
                    "starts": (unknown)[];
                }[];
            };
            /** By a link in a mail: times that a session could be moved to. */
            "read_session_offers": {
                Args: {
                    "day"?: string;
                    "token": string;
                };
                Returns: {
                    "earlier_day": string;
                    "from_day": string;
                    "later_day": string;
                    "offers": (unknown)[];
                    "shown": unknown;
                    "until_day": string;
                }[];
            };
            /** By a link in a mail: what is to be paid, and until when. */
            "read_session_to_pay": {
                Args: {
                    "token": string;
                };
                Returns: {
                    "duration_minutes": number;
                    "ends_at": string;
                    "group_class_id": string;
                    "has_failed": boolean;
                    "is_group": boolean;
                    "name": string;
                    "physical_location": string;
                    "practitioner_id": string;
                    "practitioner_name": string;
                    "reason": string;
                    "scheduled_at": string;
                    "session_location": string;
                    "session_type": string;
                    "session_type_id": string;
                    "time_zone": string;
                }[];
            };
            /** By a link in a mail: who could lead a session. */
            "read_substitution": {
                Args: {
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "substitution";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: the waiver that is to be signed. */
            "read_waiver_to_sign": {
                Args: {
                    "token": string;
                };
                Returns: {
                    "body": string;
                    "is_required_to_enter": boolean;
                    "language": string;
                    "signature_name": string;
                    "signed_at": string;
                    "signer_name": string;
                    "texts": Json;
                    "time_zone": string;
                    "version": number;
                }[];
            };
            "receive_agora_notification": {
                Args: {
                    "channel": string;
                    "event_type": number;
                    "failover_uid"?: number;
                    "happened_at"?: string;
                    "notice_id": string;
                    "observation"?: string;
                    "payload": Json;
                    "product": number;
                    "recorder_uid"?: number;
                    "sid": string;
                };
                Returns: {
                    "is_applied": boolean;
                    "is_repeated": boolean;
                }[];
            };
            "receive_channel_event": {
                Args: {
                    "change"?: string;
                    "channel": string;
                    "client_seq"?: number;
                    "event_type": number;
                    "happened_at"?: string;
                    "is_recorder"?: boolean;
                    "notice_id": string;
                    "payload": Json;
                    "reason"?: number;
                    "stayed_seconds"?: number;
                    "uid"?: number;
                };
                Returns: {
                    "is_repeated": boolean;
                    "session_id": string;
                }[];
            };
            "receive_stripe_event": {
                Args: {
                    "event_id": string;
                    "event_type": string;
                    "facts"?: Json;
                    "happened_at"?: string;
                    "payload": Json;
                };
                Returns: {
                    "is_applied": boolean;
                    "is_repeated": boolean;
                }[];
            };
            /** For the scheduler, batch by batch. Stuck is a session whose new time is taken: somebody has to reschedule it. */
            "reconcile_bookings": {
                Args: {
                    "after_id"?: string;
                    "after_start"?: string;
                    "max_rows"?: number;
                };
                Returns: {
                    "is_done": boolean;
                    "lots_ending": number;
                    "lots_expired": number;
                    "next_id": string;
                    "next_start": string;
                    "sessions_moved": number;
                    "sessions_stuck": number;
                }[];
            };
            /** For the scheduler, again until it did nothing. Late is harmless: past its end a contract is not live anyway. */
            "reconcile_contracts": {
                Args: {
                    "max_rows"?: number;
                };
                Returns: {
                    "contracts_expired": number;
                    "contracts_expiring": number;
                }[];
            };
            /** Adds a line to the audit log. `recorder` is the verified caller; null is the service. */
            "record_audit_log": {
                Args: {
                    "action": string;
                    "ip_address"?: string;
                    "metadata"?: Json;
                    "record_id"?: string;
                    "recorder": string;
                    "table_name": string;
                    "user_agent"?: string;
                    "user_id"?: string;
                };
                Returns: {
                    "message": string;
                    "success": boolean;
                }[];
            };
            "record_consent": {
                Args: {
                    "consent_type": string;
                    "consented": boolean;
                    "ip_address"?: string;
                    "metadata"?: Json;
                    "user_agent"?: string;
                    "user_id": string;
                    "version"?: string;
                };
                Returns: {
                    "consent_date": string;
                    "consent_type": string;
                    "consented": boolean;
                    "created_at": string;
                    "id": string;
                    "ip_address": string | null;
                    "metadata": Json | null;
                    "revoked_at": string | null;
                    "revoked_ip_address": string | null;
                    "updated_at": string;
                    "user_agent": string | null;
                    "user_id": string;
                    "version": string | null;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "user_consents";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            "record_join": {
                Args: {
                    "duration_seconds": number;
                    "kind": string;
                    "lease_id": string;
                    "parts_sha256": string;
                    "recording_id": string;
                    "size_bytes": number;
                    "storage_path": string;
                    "upload_url": string;
                };
                Returns: {
                    "lease_until": string;
                }[];
            };
            "record_refund": {
                Args: {
                    "facts": Json;
                    "refund_id": string;
                    "stripe_refund_id"?: string;
                };
                Returns: {
                    "refunded_minor": number;
                    "status": string;
                }[];
            };
            /** For scheduled functions: how a run ended. Runs older than a week are deleted. */
            "record_run": {
                Args: {
                    "code"?: string;
                    "facts"?: Json;
                    "function": string;
                    "ms": number;
                    "outcome": string;
                    "request_id"?: string;
                };
                Returns: {
                    "id": number;
                }[];
            };
            "record_take_upload": {
                Args: {
                    "file_id": string;
                    "lease_id": string;
                    "take_id": string;
                    "upload_url": string;
                };
                Returns: {
                    "lease_until": string;
                }[];
            };
            /** For admins and operators: one delivery again, or all that failed since a time. */
            "redeliver_webhooks": {
                Args: {
                    "delivery_id"?: string;
                    "endpoint_id"?: string;
                    "since"?: string;
                };
                Returns: {
                    "redelivered": number;
                }[];
            };
            /** Releases a hold. Releasing it twice is fine. */
            "release_hold": {
                Args: {
                    "hold_id": string;
                };
                Returns: {
                    "checkout_session_id": string | null;
                    "created_at": string;
                    "duration_minutes": number;
                    "expires_at": string;
                    "group_class_id": string | null;
                    "id": string;
                    "physical_location": string | null;
                    "practitioner_id": string;
                    "scheduled_at": string;
                    "session_location": string;
                    "session_type_id": string;
                    "status": string;
                    "user_id": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "session_holds";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** For practitioners: it is not read any more, and its times are free. */
            "remove_busy_calendar": {
                Args: {
                    "calendar_id"?: string;
                    "token"?: string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "calendars_page";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            "renew_join_lease": {
                Args: {
                    "lease_id": string;
                    "recording_id": string;
                };
                Returns: {
                    "lease_until": string;
                }[];
            };
            "renew_take_lease": {
                Args: {
                    "lease_id": string;
                    "take_id": string;
                };
                Returns: {
                    "lease_until": string;
                }[];
            };
            /** For admins: takes back the completion of a session or class, and what followed from it, unless it was paid out. */
            "reopen_session": {
                Args: {
                    "reason": string;
                    "session_id": string;
                };
                Returns: {
                    "session_id": string;
                    "status": string;
                }[];
            };
            /** For admins: makes a class again in each of the following weeks, without the dates left out: all of them or none; with only_possible, those that can be. */
            "repeat_class": {
                Args: {
                    "class_id": string;
                    "left_out"?: (string)[];
                    "only_possible"?: boolean;
                    "times": number;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "series_date";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** By a link in a mail: the practitioner says that somebody did not come. */
            "report_absence": {
                Args: {
                    "person"?: string;
                    "token": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "managed_session";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Writes an address down, to which a link to the classes and their waiting lists is sent. The same for every address. */
            "request_class_links": {
                Args: {
                    "address": string;
                    "ip_address"?: string;
                };
                Returns: {
                    "success": boolean;
                }[];
            };
            /** For admins: decides and records a refund; refund-payment then makes it at Stripe. */
            "request_refund": {
                Args: {
                    "amount_minor"?: number;
                    "checkout_id"?: string;
                    "keeps_sessions"?: boolean;
                    "reason": string;
                    "session_id"?: string;
                };
                Returns: {
                    "amount_minor": number;
                    "checkout_id": string;
                    "currency": string;
                    "payment_intent_id": string;
                    "refund_id": string;
                    "stripe_session_id": string;
                }[];
            };
            /** Writes an address down, to which its links are sent if it has any. The same for every address. */
            "request_session_links": {
                Args: {
                    "address": string;
                    "ip_address"?: string;
                };
                Returns: {
                    "success": boolean;
                }[];
            };
            /** Reschedules a session or a class, as the pages do by updating the row. */
            "reschedule_session": {
                Args: {
                    "scheduled_at": string;
                    "session_id": string;
                };
                Returns: {
                    "calendar_sequence": number;
                    "cancellation_policy_agreed_at": string | null;
                    "cancellation_policy_version": string | null;
                    "cancelled_at": string | null;
                    "class_name": string | null;
                    "client_id": string;
                    "completed_at": string | null;
                    "correlated_session_id": string | null;
                    "created_at": string;
                    "credit_lot_id": string | null;
                    "current_participants": number;
                    "duration_minutes": number;
                    "grace_cancellation_used": boolean;
                    "group_class_id": string | null;
                    "host_room_url": string | null;
                    "id": string;
                    "local_start": string;
                    "location_coordinates": unknown;
                    "max_participants": number;
                    "notes": string | null;
                    "physical_location": string | null;
                    "place_said_at": string | null;
                    "practitioner_id": string;
                    "reminder_sent": string | null;
                    "room_name": string;
                    "scheduled_at": string;
                    "session_location": string;
                    "session_type_id": string | null;
                    "started_at": string | null;
                    "status": string;
                    "studio_id": string | null;
                    "time_zone": string;
                    "updated_at": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "session_schedules";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** For operators: records that a mail of unknown fate was sent, or queues it again, as it does a failed one. */
            "resolve_mail": {
                Args: {
                    "mail_id": string;
                    "outcome": string;
                };
                Returns: {
                    "status": string;
                }[];
            };
            "retry_take": {
                Args: {
                    "take_id": string;
                };
                Returns: unknown[];
                SetofOptions: {
                    from: "*";
                    to: "recording_takes";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Ends a shared link at once. */
            "revoke_recording_share_link": {
                Args: {
                    "share_link_id": string;
                };
                Returns: {
                    "revoked_at": string;
                    "share_link_id": string;
                }[];
            };
            /** Replaces a recording's own link; the old one ends. */
            "rotate_recording_link": {
                Args: {
                    "recording_id": string;
                };
                Returns: {
                    "recording_url": string;
                }[];
            };
            /** For admins. The old secret signs beside the new one for a day. */
            "rotate_webhook_secret": {
                Args: {
                    "endpoint_id": string;
                };
                Returns: {
                    "secret": string;
                }[];
            };
            /** For the scheduler, again until is_done. Carried forward are those who were paid more than they earned. */
            "run_payouts": {
                Args: {
                    "batch"?: number;
                };
                Returns: {
                    "carried_forward": number;
                    "is_done": boolean;
                    "payouts_made": number;
                    "periods_closed": number;
                    "waits_for_admins": boolean;
                }[];
            };
            /** Stores a bank account whose numbers are sealed: {account_number, routing_number}. The service has verified who asks. */
            "save_practitioner_banking": {
                Args: {
                    "account_holder_name": string;
                    "account_last4": string;
                    "account_type": string;
                    "bank_name": string;
                    "country": string;
                    "fingerprint": string;
                    "practitioner_id": string;
                    "routing_last4": string;
                    "sealed": Json;
                    "user_aal"?: string;
                    "user_id": string;
                };
                Returns: {
                    "id": string;
                    "verified": boolean;
                }[];
            };
            /** Queues the confirmation of a booking again. */
            "send_booking_confirmation": {
                Args: {
                    "session_id": string;
                };
                Returns: {
                    "mail_id": string;
                }[];
            };
            /** Queues the notice of a cancellation again. */
            "send_cancellation_notice": {
                Args: {
                    "is_reschedule"?: boolean;
                    "session_id": string;
                };
                Returns: {
                    "mail_id": string;
                }[];
            };
            /** Queues reminders to the people of a class. */
            "send_class_reminder": {
                Args: {
                    "session_id"?: string;
                };
                Returns: {
                    "reminders_sent": number;
                }[];
            };
            /** Queues the receipt of a payment again. */
            "send_payment_receipt": {
                Args: {
                    "checkout_session_id"?: string;
                    "payment_intent_id"?: string;
                };
                Returns: {
                    "mail_id": string;
                }[];
            };
            /** Succeeds in any case, so that nobody learns from it who has an account. */
            "send_welcome_email": {
                Args: {
                    "ip_address"?: string;
                    "user_id": string;
                };
                Returns: {
                    "success": boolean;
                }[];
            };
            /** Who in a session has agreed to be recorded, for its practitioner and admins; no other consents. */
            "session_consents": {
                Args: {
                    "session_id": string;
                };
                Returns: {
                    "has_consented": boolean;
                    "user_id": string;
                }[];
            };
            /** A computed relationship: the session that correlated_session_id names, as one object. Null: none, or not readable. */
            "session_schedules": {
                Args: {
                    "": Database["public"]['Tables']["session_schedules"]['Row'];
                };
                Returns: {
                    error: true;
                } & "the function public.session_schedules with parameter or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache";
                SetofOptions: {
                    from: "session_schedules";
                    to: "session_schedules";
                    isOneToOne: true;
                    isSetofReturn: true;
                };
            };
            /** For the session's practitioner and admins: sets whether somebody attended, and why. Events change it no more. A no-show set before the session is completed has the consequences that the session rules name, within a minute. */
            "set_attendance": {
                Args: {
                    "attended": boolean;
                    "joined_at"?: string;
                    "left_at"?: string;
                    "reason": string;
                    "session_id": string;
                    "user_id": string;
                };
                Returns: {
                    "created_at": string;
                    "decided_at": string | null;
                    "decided_by": string | null;
                    "id": string;
                    "intervals": unknown;
                    "is_no_show": boolean;
                    "joined_at": string | null;
                    "left_at": string | null;
                    "reason": string | null;
                    "session_id": string;
                    "source": string;
                    "total_seconds": number | null;
                    "updated_at": string;
                    "user_id": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "session_attendance";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** In which language the caller reads mails, notifications and pages by mail. */
            "set_language": {
                Args: {
                    "language": string;
                };
                Returns: {
                    "language": string;
                }[];
            };
            /** By any link in a mail: in which language its person reads. */
            "set_language_by_link": {
                Args: {
                    "language": string;
                    "token": string;
                };
                Returns: {
                    "language": string;
                }[];
            };
            /** For admins: says that something needs nobody any more, and why. It changes nothing else. */
            "settle_matter": {
                Args: {
                    "matter_id": string;
                    "reason": string;
                };
                Returns: {
                    "id": string;
                    "kind": string;
                    "settled_at": string;
                    "settlement": string;
                    "subject": string;
                }[];
            };
            /** Writes the evidence, which signs the contract. Signing again gives the first signature. */
            "sign_practitioner_contract": {
                Args: {
                    "contract_id"?: string;
                    "ip_address"?: string;
                    "shown_sha256"?: string;
                    "signature_image"?: string;
                    "signature_name"?: string;
                    "user_agent"?: string;
                    "user_id": string;
                };
                Returns: {
                    "contract_version": string;
                    "evidence_sha256": string;
                    "id": string;
                    "signed_at": string;
                    "text_sha256": string;
                }[];
            };
            "sign_waiver": {
                Args: {
                    "ip_address"?: string;
                    "signature_name": string;
                    "text_sha256"?: string;
                    "token": string;
                    "user_agent"?: string;
                    "version": number;
                };
                Returns: {
                    "body": string;
                    "is_required_to_enter": boolean;
                    "language": string;
                    "signature_name": string;
                    "signed_at": string;
                    "signer_name": string;
                    "texts": Json;
                    "time_zone": string;
                    "version": number;
                }[];
            };
            /** Starts a take of a session, if everybody there has agreed. */
            "start_agora_recording": {
                Args: {
                    "mode"?: string;
                    "session_id": string;
                };
                Returns: {
                    "agora_resource_id": string;
                    "agora_sid": string;
                    "is_new": boolean;
                    "recording_id": string;
                    "status": string;
                    "take_id": string;
                }[];
            };
            "start_mail": {
                Args: {
                    "lease_id": string;
                    "mail_id": string;
                    "recipient_email": string;
                    "session_sequence": number;
                    "template_id": string;
                };
                Returns: {
                    "lease_until": string;
                }[];
            };
            /** Stops the take that is on. */
            "stop_agora_recording": {
                Args: {
                    "recording_id"?: string;
                    "session_id"?: string;
                };
                Returns: {
                    "recording_id": string;
                    "status": string;
                    "take_id": string;
                }[];
            };
            /** The studios for a map: where they are, their classes with free seats, and when a one-to-one session can be booked. */
            "studio_availability": {
                Args: {
                    "from_date"?: string;
                    "session_type_id"?: string;
                    "time_zone"?: string;
                    "until_date"?: string;
                };
                Returns: {
                    "address": string;
                    "city": string;
                    "classes": Json;
                    "country": string;
                    "days": (string)[];
                    "latitude": number;
                    "longitude": number;
                    "name": string;
                    "next_slot": string;
                    "postal_code": string;
                    "province_state": string;
                    "studio_location_id": string;
                }[];
            };
            "take_class_seat": {
                Args: {
                    "class_id": string;
                    "ip_address"?: string;
                    "signature_name"?: string;
                    "text_sha256"?: string;
                    "token": string;
                    "user_agent"?: string;
                    "version"?: number;
                    "with_credit": boolean;
                };
                Returns: {
                    "duration_minutes": number;
                    "has_credit": boolean;
                    "practitioner_id": string;
                    "session_type": string;
                    "session_type_id": string;
                    "shown": Database["public"]['CompositeTypes']["coming_class"];
                    "signer_name": string;
                    "time_zone": string;
                    "waiting_people": Json;
                    "waiver_body": string;
                    "waiver_texts": Json;
                    "waiver_version": number;
                }[];
            };
            /** For practitioners: what is free becomes time off; the clients of sessions in it are asked by mail to move, cancel or keep them. */
            "take_time_off": {
                Args: {
                    "ends_at": string;
                    "practitioner_id"?: string;
                    "reason"?: string;
                    "starts_at": string;
                };
                Returns: {
                    "asked_session_ids": (string)[];
                    "kept_class_ids": (string)[];
                    "time_off_ids": (string)[];
                }[];
            };
            /** For admins: undoes link_group_sessions. */
            "unlink_group_sessions": {
                Args: {
                    "session_id": string;
                };
                Returns: {
                    "class_name": string | null;
                    "correlated_class_name": string | null;
                    "correlated_location": string | null;
                    "correlated_max_participants": number | null;
                    "correlated_participants": number | null;
                    "correlated_scheduled_at": string | null;
                    "correlated_session_id": string | null;
                    "correlated_status": string | null;
                    "correlation": string | null;
                    "current_participants": number;
                    "duration_minutes": number;
                    "max_participants": number;
                    "practitioner_id": string;
                    "scheduled_at": string;
                    "session_id": string;
                    "session_location": string;
                    "status": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "group_session_correlations";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Shows what a mailed link is about and, if opts_out, unsubscribes. */
            "unsubscribe": {
                Args: {
                    "ip_address"?: string;
                    "opts_out": boolean;
                    "token_sha256": string;
                };
                Returns: {
                    "category": string;
                    "is_opted_out": boolean;
                }[];
            };
            /** Ticks off a recommended action, or unticks it. */
            "update_action_status": {
                Args: {
                    "action_id": string;
                    "completed": boolean;
                };
                Returns: {
                    "action_type": string;
                    "client_id": string;
                    "completed": boolean;
                    "completed_at": string | null;
                    "created_at": string;
                    "description": string | null;
                    "due_date": string | null;
                    "frequency": string | null;
                    "id": string;
                    "practitioner_id": string;
                    "session_id": string | null;
                    "template_id": string | null;
                    "title": string;
                    "updated_at": string;
                }[];
                SetofOptions: {
                    from: "*";
                    to: "action_recommendations";
                    isOneToOne: false;
                    isSetofReturn: true;
                };
            };
            /** Verifies the account as it was at changed_at, or takes that back. For admins, and never for their own. */
            "verify_practitioner_banking": {
                Args: {
                    "changed_at": string;
                    "practitioner_id": string;
                    "verified"?: boolean;
                };
                Returns: {
                    "account_holder_name": string;
                    "account_last4": string | null;
                    "account_number_encrypted": string;
                    "account_type": string;
                    "bank_name": string;
                    "changed_at": string;
                    "cooling_until": string;
                    "country": string;
                    "created_at": string;
                    "id": string;
                    "practitioner_id": string;
                    "routing_last4": string | null;
                    "routing_number_encrypted": string;
                    "updated_at": string;
                    "verified": boolean;
                    "verified_at": string | null;
                    "verified_by": string | null;
                };
                SetofOptions: {
                    from: "*";
                    to: "practitioner_banking";
                    isOneToOne: true;
                    isSetofReturn: true;
                };
            };
            /** Whether a copy is genuine, by the fingerprint of the signature that is printed on it, and whether it still holds. */
            "verify_signature": {
                Args: {
                    "ip_address"?: string;
                    "sha256": string;
                };
                Returns: {
                    "ended_at": string;
                    "expires_at": string;
                    "kind": string;
                    "signed_at": string;
                    "status": string;
                    "text_sha256": string;
                    "version": string;
                }[];
            };
            "verify_take_file": {
                Args: {
                    "file_id": string;
                    "lease_id": string;
                    "sha256": string;
                    "take_id": string;
                };
                Returns: {
                    "lease_until": string;
                }[];
            };
            "view_recording": {
                Args: {
                    "begins_view"?: boolean;
                    "describes"?: boolean;
                    "file_name"?: string;
                    "ip_address"?: string;
                    "part"?: number;
                    "token_sha256": string;
                    "user_agent"?: string;
                    "view_sha256"?: string;
                };
                Returns: {
                    "film": Json;
                    "kind": string;
                    "new_view_key": string;
                    "recording_id": string;
                    "storage_path": string;
                }[];
            };
            /** By a link in a mail: joins a waiting list, or leaves it. */
            "wait_for_class": {
                Args: {
                    "class_id": string;
                    "token": string;
                    "waits"?: boolean;
                };
                Returns: {
                    "duration_minutes": number;
                    "has_credit": boolean;
                    "practitioner_id": string;
                    "session_type": string;
                    "session_type_id": string;
                    "shown": Database["public"]['CompositeTypes']["coming_class"];
                    "signer_name": string;
                    "time_zone": string;
                    "waiting_people": Json;
                    "waiver_body": string;
                    "waiver_texts": Json;
                    "waiver_version": number;
                }[];
            };
        };
        Enums: {
            "app_role": "admin" | "practitioner" | "user";
        };
        CompositeTypes: {
            "available_slot": {
                "starts_at": string | null;
                "ends_at": string | null;
                "local_start": string | null;
                "practitioner_ids": (string)[] | null;
                "group_class_id": string | null;
                "seats_left": number | null;
                "reason": string | null;
            };
            "coming_class": {
                "class_id": string | null;
                "class_name": string | null;
                "practitioner_name": string | null;
                "scheduled_at": string | null;
                "ends_at": string | null;
                "time_zone": string | null;
                "session_location": string | null;
                "physical_location": string | null;
                "max_participants": number | null;
                "free_seats": number | null;
                "waiting": number | null;
                "takes_waiting": boolean | null;
                "is_joined": boolean | null;
                "my_status": string | null;
                "my_place": number | null;
                "kept_until": string | null;
            };
            "signed_document": {
                "kind": string | null;
                "document_id": string | null;
                "title": string | null;
                "version": string | null;
                "body": string | null;
                "text_sha256": string | null;
                "status": string | null;
                "issued_at": string | null;
                "expires_at": string | null;
                "ended_at": string | null;
                "ended_reason": string | null;
                "signed_at": string | null;
                "signer_id": string | null;
                "signer_name": string | null;
                "signer_email": string | null;
                "is_observed": boolean | null;
                "ip_address": string | null;
                "user_agent": string | null;
                "signature_name": string | null;
                "signature_image": string | null;
                "signature_image_sha256": string | null;
                "evidence_sha256": string | null;
                "language": string | null;
            };
        };
    };
};
type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>;
type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];
export type Tables<DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"]) | {
    schema: keyof DatabaseWithoutInternals;
}, TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
} ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]) : never = never> = DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
} ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
    Row: infer R;
} ? R : never : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"]) ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
    Row: infer R;
} ? R : never : never;
export type TablesInsert<DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"] | {
    schema: keyof DatabaseWithoutInternals;
}, TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
} ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] : never = never> = DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
    Insert: infer I;
} ? I : never : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"] ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
    Insert: infer I;
} ? I : never : never;
export type TablesUpdate<DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"] | {
    schema: keyof DatabaseWithoutInternals;
}, TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
} ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] : never = never> = DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
    Update: infer U;
} ? U : never : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"] ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
    Update: infer U;
} ? U : never : never;
export type Enums<DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"] | {
    schema: keyof DatabaseWithoutInternals;
}, EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
} ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"] : never = never> = DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName] : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"] ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions] : never;
export type CompositeTypes<PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"] | {
    schema: keyof DatabaseWithoutInternals;
}, CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
} ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"] : never = never> = PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
} ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName] : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"] ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions] : never;
export const Constants = {
    "public": {
        Enums: {
            "app_role": ["admin", "practitioner", "user"]
        }
    }
} as const;
