-- Generated from the migrations. Do not edit: change it by a new migration, then print it again.

create table address_change (
  tenant_id uuid not null,
  agent_id uuid not null,
  id uuid not null,
  email text not null,
  present_digest bytea,
  next_digest bytea,
  present_confirmed_at timestamp with time zone,
  next_confirmed_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  constraint address_change_pkey PRIMARY KEY (tenant_id, agent_id),
  constraint address_change_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint address_change_next_digest_check CHECK ((length(next_digest) = 32)),
  constraint address_change_present_digest_check CHECK ((length(present_digest) = 32))
);
alter table address_change enable row level security;
alter table address_change force row level security;
create policy own_tenant on address_change for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on address_change to omnidesk_app;

create table agent (
  tenant_id uuid not null,
  id uuid not null,
  email text not null,
  name text not null,
  role text not null,
  state text not null,
  locale text not null,
  password_hash text,
  created_at timestamp with time zone not null,
  signature text not null default ''::text,
  joined_at timestamp with time zone,
  role_id uuid,
  constraint agent_pkey PRIMARY KEY (tenant_id, id),
  constraint agent_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint agent_tenant_id_role_id_fkey FOREIGN KEY (tenant_id, role_id) REFERENCES role(tenant_id, id),
  constraint agent_locale_check CHECK ((locale = ANY (ARRAY['en'::text, 'nl'::text]))),
  constraint agent_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'agent'::text, 'privacy_officer'::text, 'custom'::text]))),
  constraint agent_role_named CHECK (((role = 'custom'::text) = (role_id IS NOT NULL))),
  constraint agent_state_check CHECK ((state = ANY (ARRAY['invited'::text, 'active'::text, 'deactivated'::text, 'deleted'::text])))
);
CREATE INDEX agent_role ON public.agent USING btree (tenant_id, role_id) WHERE (role_id IS NOT NULL);
CREATE INDEX agent_sign_in ON public.agent USING btree (lower(email));
CREATE UNIQUE INDEX agent_email ON public.agent USING btree (tenant_id, lower(email));
alter table agent enable row level security;
alter table agent force row level security;
create policy lookup on agent for select to omnidesk_lookup using (true);
create policy own_tenant on agent for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on agent to omnidesk_app;
grant SELECT (created_at, email, id, state, tenant_id) on agent to omnidesk_lookup;

create table agent_mail_alarm (
  tenant_id uuid not null,
  connection_id uuid not null,
  told_at timestamp with time zone not null,
  constraint agent_mail_alarm_pkey PRIMARY KEY (tenant_id, connection_id),
  constraint agent_mail_alarm_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE
);
alter table agent_mail_alarm enable row level security;
alter table agent_mail_alarm force row level security;
create policy own_teams on agent_mail_alarm for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on agent_mail_alarm for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on agent_mail_alarm to omnidesk_app;

create table agent_mail_return (
  tenant_id uuid not null,
  id uuid not null,
  agent_id uuid not null,
  connection_id uuid not null,
  code text not null,
  sealed_text bytea not null,
  created_at timestamp with time zone not null,
  constraint agent_mail_return_pkey PRIMARY KEY (tenant_id, id),
  constraint agent_mail_return_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint agent_mail_return_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX agent_mail_return_agent ON public.agent_mail_return USING btree (tenant_id, agent_id);
CREATE INDEX agent_mail_return_connection ON public.agent_mail_return USING btree (tenant_id, connection_id);
alter table agent_mail_return enable row level security;
alter table agent_mail_return force row level security;
create policy own_teams on agent_mail_return for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on agent_mail_return for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on agent_mail_return to omnidesk_app;

create table agent_mail_token (
  tenant_id uuid not null,
  digest bytea not null,
  connection_id uuid not null,
  agent_id uuid not null,
  conversation_id uuid not null,
  expires_at timestamp with time zone not null,
  constraint agent_mail_token_pkey PRIMARY KEY (tenant_id, digest),
  constraint agent_mail_token_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint agent_mail_token_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE,
  constraint agent_mail_token_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation(tenant_id, id) ON DELETE CASCADE,
  constraint agent_mail_token_digest_check CHECK ((length(digest) = 32))
);
CREATE INDEX agent_mail_token_agent ON public.agent_mail_token USING btree (tenant_id, agent_id);
CREATE INDEX agent_mail_token_connection ON public.agent_mail_token USING btree (tenant_id, connection_id);
CREATE INDEX agent_mail_token_conversation ON public.agent_mail_token USING btree (tenant_id, conversation_id);
CREATE INDEX agent_mail_token_expires ON public.agent_mail_token USING btree (tenant_id, expires_at);
alter table agent_mail_token enable row level security;
alter table agent_mail_token force row level security;
create policy own_teams on agent_mail_token for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on agent_mail_token for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on agent_mail_token to omnidesk_app;

create table allowed_range (
  tenant_id uuid not null,
  range text not null,
  note text not null,
  created_at timestamp with time zone not null,
  constraint allowed_range_pkey PRIMARY KEY (tenant_id, range),
  constraint allowed_range_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint allowed_range_range_check CHECK ((length(range) <= 50))
);
alter table allowed_range enable row level security;
alter table allowed_range force row level security;
create policy own_tenant on allowed_range for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on allowed_range to omnidesk_app;

create table api_key (
  tenant_id uuid not null,
  id uuid not null,
  agent_id uuid not null,
  name text not null,
  token_digest bytea not null,
  permissions text[] not null,
  ranges text[] not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  constraint api_key_pkey PRIMARY KEY (tenant_id, id),
  constraint api_key_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint api_key_token_digest_check CHECK ((length(token_digest) = 32))
);
CREATE INDEX api_key_agent ON public.api_key USING btree (tenant_id, agent_id);
CREATE UNIQUE INDEX api_key_token ON public.api_key USING btree (tenant_id, token_digest);
alter table api_key enable row level security;
alter table api_key force row level security;
create policy own_tenant on api_key for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on api_key to omnidesk_app;

create table attachment (
  tenant_id uuid not null,
  id uuid not null,
  message_id uuid not null,
  position integer not null,
  kind text not null,
  name text not null,
  media_type text,
  size_bytes bigint,
  state text not null,
  blob text,
  content_id text,
  source_url text,
  summary jsonb,
  constraint attachment_pkey PRIMARY KEY (tenant_id, id),
  constraint attachment_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES message(tenant_id, id) ON DELETE CASCADE,
  constraint attachment_state_check CHECK ((state = ANY (ARRAY['stored'::text, 'fetching'::text, 'lost'::text, 'not_recorded'::text])))
);
CREATE INDEX attachment_message ON public.attachment USING btree (tenant_id, message_id, "position");
alter table attachment enable row level security;
alter table attachment force row level security;
create policy own_teams on attachment for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR message_is_seen(message_id)));
create policy own_tenant on attachment for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on attachment to omnidesk_app;

create table attempt (
  subject_digest bytea not null,
  window_started_at timestamp with time zone not null,
  count integer not null,
  constraint attempt_pkey PRIMARY KEY (subject_digest)
);
grant DELETE, INSERT, SELECT, UPDATE on attempt to omnidesk_app;

create table audit_entry (
  tenant_id uuid not null default current_tenant(),
  seq bigint not null,
  at timestamp with time zone not null,
  entry text not null,
  hash bytea not null,
  act text not null default ((entry)::jsonb ->> 'act'::text),
  by_kind text not null default (((entry)::jsonb -> 'by'::text) ->> 'kind'::text),
  by_id text default (((entry)::jsonb -> 'by'::text) ->> 'id'::text),
  about_kind text default (((entry)::jsonb -> 'about'::text) ->> 'kind'::text),
  about_id text default (((entry)::jsonb -> 'about'::text) ->> 'id'::text),
  constraint audit_entry_pkey PRIMARY KEY (tenant_id, seq),
  constraint audit_entry_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint audit_entry_hash_check CHECK ((length(hash) = 32)),
  constraint audit_entry_seq_check CHECK ((seq > 0))
);
CREATE INDEX audit_entry_about ON public.audit_entry USING btree (tenant_id, about_id, seq);
CREATE INDEX audit_entry_act ON public.audit_entry USING btree (tenant_id, act, seq);
CREATE INDEX audit_entry_at ON public.audit_entry USING btree (tenant_id, at, seq);
CREATE INDEX audit_entry_by ON public.audit_entry USING btree (tenant_id, by_id, seq);
alter table audit_entry enable row level security;
alter table audit_entry force row level security;
create policy own_tenant on audit_entry for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant INSERT, SELECT on audit_entry to omnidesk_app;

create table audit_head (
  tenant_id uuid not null default current_tenant(),
  seq bigint not null,
  hash bytea not null,
  constraint audit_head_pkey PRIMARY KEY (tenant_id),
  constraint audit_head_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint audit_head_hash_check CHECK ((length(hash) = 32))
);
alter table audit_head enable row level security;
alter table audit_head force row level security;
create policy own_tenant on audit_head for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant INSERT, SELECT, UPDATE on audit_head to omnidesk_app;

create table audit_personal (
  tenant_id uuid not null default current_tenant(),
  seq bigint not null,
  name text not null,
  value text not null,
  salt bytea not null,
  constraint audit_personal_pkey PRIMARY KEY (tenant_id, seq, name),
  constraint audit_personal_tenant_id_seq_fkey FOREIGN KEY (tenant_id, seq) REFERENCES audit_entry(tenant_id, seq),
  constraint audit_personal_salt_check CHECK ((length(salt) = 32))
);
alter table audit_personal enable row level security;
alter table audit_personal force row level security;
create policy own_tenant on audit_personal for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT on audit_personal to omnidesk_app;

create table automatic_mail (
  id bigint generated always as identity not null,
  counted_digest bytea not null,
  at timestamp with time zone not null,
  constraint automatic_mail_pkey PRIMARY KEY (id),
  constraint automatic_mail_counted_digest_check CHECK ((length(counted_digest) = 32))
);
CREATE INDEX automatic_mail_age ON public.automatic_mail USING btree (at);
CREATE INDEX automatic_mail_counted ON public.automatic_mail USING btree (counted_digest, at);
grant DELETE, INSERT, SELECT, UPDATE on automatic_mail to omnidesk_app;

create table awake_mark (
  id boolean not null default true,
  at timestamp with time zone not null,
  constraint awake_mark_pkey PRIMARY KEY (id),
  constraint awake_mark_id_check CHECK (id)
);
grant DELETE, INSERT, SELECT, UPDATE on awake_mark to omnidesk_app;

create table connection (
  tenant_id uuid not null,
  id uuid not null,
  channel text not null,
  external_id text not null,
  name text not null,
  state text not null,
  problem text,
  sealed_secrets bytea,
  last_received_at timestamp with time zone,
  created_at timestamp with time zone not null,
  human_agent boolean not null default false,
  personas boolean not null default false,
  comments boolean not null default true,
  granted_scopes text[] not null default '{}'::text[],
  granted_by text,
  restriction text,
  restricted_at timestamp with time zone,
  checked_at timestamp with time zone,
  sound_at timestamp with time zone,
  self_test_nonce text,
  self_test_at timestamp with time zone,
  constraint connection_pkey PRIMARY KEY (tenant_id, id),
  constraint connection_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint connection_channel_check CHECK ((channel = ANY (ARRAY['messenger'::text, 'email'::text]))),
  constraint connection_state_check CHECK ((state = ANY (ARRAY['active'::text, 'needs_reconnecting'::text, 'disconnected'::text])))
);
CREATE UNIQUE INDEX connection_external ON public.connection USING btree (tenant_id, channel, external_id);
alter table connection enable row level security;
alter table connection force row level security;
create policy lookup on connection for select to omnidesk_lookup using (true);
create policy own_teams on connection for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on connection for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on connection to omnidesk_app;
grant SELECT (id, state, tenant_id) on connection to omnidesk_lookup;

create table contact (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  picture_blob text,
  created_at timestamp with time zone not null,
  name_at timestamp with time zone,
  constraint contact_pkey PRIMARY KEY (tenant_id, id),
  constraint contact_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
alter table contact enable row level security;
alter table contact force row level security;
create policy own_teams on contact for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR contact_is_seen(id))) with check (true);
create policy own_tenant on contact for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on contact to omnidesk_app;

create table contact_identity (
  tenant_id uuid not null,
  channel text not null,
  scope text not null,
  external_id text not null,
  contact_id uuid not null,
  profile_fetched_at timestamp with time zone,
  delivered_watermark_at timestamp with time zone,
  read_watermark_at timestamp with time zone,
  constraint contact_identity_pkey PRIMARY KEY (tenant_id, channel, scope, external_id),
  constraint contact_identity_tenant_id_contact_id_fkey FOREIGN KEY (tenant_id, contact_id) REFERENCES contact(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX contact_identity_contact ON public.contact_identity USING btree (tenant_id, contact_id);
alter table contact_identity enable row level security;
alter table contact_identity force row level security;
create policy own_teams on contact_identity for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (((scope = ''::text) OR (scope = ANY ((( SELECT seen_connections() AS seen_connections))::text[]))) AND contact_is_seen(contact_id)))) with check (true);
create policy own_tenant on contact_identity for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on contact_identity to omnidesk_app;

create table conversation (
  tenant_id uuid not null,
  id uuid not null,
  number bigint not null,
  channel text not null,
  connection_id uuid not null,
  contact_id uuid not null,
  subject text not null,
  preview text not null,
  preview_direction text not null,
  status text not null,
  assignee_id uuid,
  tags text[] not null default '{}'::text[],
  unread boolean not null,
  last_inbound_at timestamp with time zone,
  last_message_at timestamp with time zone not null,
  closed_at timestamp with time zone,
  retention_rule_id uuid not null,
  retention_anchor_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  kind text not null default 'messages'::text,
  thread_external_id text,
  post_id text,
  post_url text,
  imported boolean not null default false,
  controlled_by_other boolean not null default false,
  control_at timestamp with time zone,
  control_ours_at timestamp with time zone,
  control_app_id text,
  control_app_at timestamp with time zone,
  control_requested_at timestamp with time zone,
  quarantined_at timestamp with time zone,
  loop_stopped_at timestamp with time zone,
  merged_into_id uuid,
  team_id uuid,
  constraint conversation_pkey PRIMARY KEY (tenant_id, id),
  constraint conversation_tenant_id_assignee_id_fkey FOREIGN KEY (tenant_id, assignee_id) REFERENCES agent(tenant_id, id),
  constraint conversation_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id),
  constraint conversation_tenant_id_contact_id_fkey FOREIGN KEY (tenant_id, contact_id) REFERENCES contact(tenant_id, id),
  constraint conversation_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint conversation_tenant_id_merged_into_id_fkey FOREIGN KEY (tenant_id, merged_into_id) REFERENCES conversation(tenant_id, id) ON DELETE CASCADE,
  constraint conversation_tenant_id_retention_rule_id_fkey FOREIGN KEY (tenant_id, retention_rule_id) REFERENCES retention_rule(tenant_id, id),
  constraint conversation_tenant_id_team_id_fkey FOREIGN KEY (tenant_id, team_id) REFERENCES team(tenant_id, id) ON DELETE SET NULL (team_id),
  constraint conversation_kind_check CHECK ((kind = ANY (ARRAY['messages'::text, 'comments'::text]))),
  constraint conversation_status_check CHECK ((status = ANY (ARRAY['open'::text, 'pending'::text, 'snoozed'::text, 'closed'::text])))
);
CREATE INDEX conversation_by_assignee ON public.conversation USING btree (tenant_id, assignee_id, last_message_at DESC, id DESC) WHERE ((status <> 'closed'::text) AND (quarantined_at IS NULL));
CREATE INDEX conversation_by_contact ON public.conversation USING btree (tenant_id, contact_id, last_message_at DESC);
CREATE INDEX conversation_by_rule ON public.conversation USING btree (tenant_id, retention_rule_id, retention_anchor_at);
CREATE INDEX conversation_by_status ON public.conversation USING btree (tenant_id, status, last_message_at DESC, id DESC) WHERE (quarantined_at IS NULL);
CREATE INDEX conversation_by_team ON public.conversation USING btree (tenant_id, team_id, last_message_at DESC, id DESC) WHERE ((team_id IS NOT NULL) AND (status <> 'closed'::text) AND (quarantined_at IS NULL));
CREATE INDEX conversation_merged ON public.conversation USING btree (tenant_id, merged_into_id) WHERE (merged_into_id IS NOT NULL);
CREATE INDEX conversation_newest ON public.conversation USING btree (tenant_id, last_message_at DESC, id DESC) WHERE ((status <> 'closed'::text) AND (quarantined_at IS NULL));
CREATE INDEX conversation_quarantined ON public.conversation USING btree (tenant_id, last_message_at DESC, id DESC) WHERE (quarantined_at IS NOT NULL);
CREATE UNIQUE INDEX conversation_number ON public.conversation USING btree (tenant_id, number);
CREATE UNIQUE INDEX conversation_thread ON public.conversation USING btree (tenant_id, connection_id, thread_external_id) WHERE (thread_external_id IS NOT NULL);
alter table conversation enable row level security;
alter table conversation force row level security;
create policy own_teams on conversation for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on conversation for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on conversation to omnidesk_app;

create table conversation_link (
  tenant_id uuid not null,
  conversation_id uuid not null,
  related_id uuid not null,
  how text not null,
  constraint conversation_link_pkey PRIMARY KEY (tenant_id, conversation_id, related_id),
  constraint conversation_link_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation(tenant_id, id) ON DELETE CASCADE,
  constraint conversation_link_tenant_id_related_id_fkey FOREIGN KEY (tenant_id, related_id) REFERENCES conversation(tenant_id, id) ON DELETE CASCADE,
  constraint conversation_link_how_check CHECK ((how = ANY (ARRAY['possibly'::text, 'continues'::text])))
);
CREATE INDEX conversation_link_related ON public.conversation_link USING btree (tenant_id, related_id);
alter table conversation_link enable row level security;
alter table conversation_link force row level security;
create policy own_teams on conversation_link for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (conversation_is_seen(conversation_id) AND conversation_is_seen(related_id))));
create policy own_tenant on conversation_link for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on conversation_link to omnidesk_app;

create table conversation_merge (
  tenant_id uuid not null,
  conversation_id uuid not null,
  into_id uuid not null,
  merged_at timestamp with time zone not null,
  line_id uuid not null,
  message_ids uuid[] not null,
  referral_ids uuid[] not null,
  reference_digests bytea[] not null,
  was jsonb not null,
  into_was jsonb not null,
  into_became jsonb not null,
  constraint conversation_merge_pkey PRIMARY KEY (tenant_id, conversation_id),
  constraint conversation_merge_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation(tenant_id, id) ON DELETE CASCADE,
  constraint conversation_merge_tenant_id_into_id_fkey FOREIGN KEY (tenant_id, into_id) REFERENCES conversation(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX conversation_merge_into ON public.conversation_merge USING btree (tenant_id, into_id);
alter table conversation_merge enable row level security;
alter table conversation_merge force row level security;
create policy own_teams on conversation_merge for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR conversation_is_seen(conversation_id)));
create policy own_tenant on conversation_merge for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on conversation_merge to omnidesk_app;

create table deletion_request (
  code_digest bytea not null,
  received_at timestamp with time zone not null,
  done_at timestamp with time zone,
  constraint deletion_request_pkey PRIMARY KEY (code_digest),
  constraint deletion_request_code_digest_check CHECK ((length(code_digest) = 32))
);
CREATE INDEX deletion_request_received ON public.deletion_request USING btree (received_at);
grant DELETE, INSERT, SELECT, UPDATE on deletion_request to omnidesk_app;

create table delivery (
  id bigint generated always as identity not null,
  channel text not null,
  digest bytea not null,
  body bytea,
  body_blob text,
  tenant_id uuid,
  connection_id uuid,
  received_at timestamp with time zone not null,
  attempts integer not null default 0,
  failures integer not null default 0,
  quarantined_at timestamp with time zone,
  problem text,
  envelope jsonb,
  body_bytes integer,
  retry_at timestamp with time zone,
  postponed integer not null default 0,
  head bytea,
  constraint delivery_pkey PRIMARY KEY (id),
  constraint delivery_check CHECK (((body IS NULL) <> (body_blob IS NULL))),
  constraint delivery_digest_check CHECK ((length(digest) = 32))
);
CREATE INDEX delivery_postponed ON public.delivery USING btree (channel, retry_at) WHERE ((quarantined_at IS NULL) AND (retry_at IS NOT NULL));
CREATE INDEX delivery_quarantined ON public.delivery USING btree (tenant_id, id) WHERE (quarantined_at IS NOT NULL);
CREATE INDEX delivery_waiting ON public.delivery USING btree (channel, id) WHERE ((quarantined_at IS NULL) AND (retry_at IS NULL));
CREATE UNIQUE INDEX delivery_digest ON public.delivery USING btree (channel, digest);
alter table delivery set (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=500, autovacuum_vacuum_cost_delay=0);
grant DELETE, INSERT, SELECT, UPDATE on delivery to omnidesk_app;

create table early_event (
  tenant_id uuid not null,
  id uuid not null,
  connection_id uuid not null,
  waits_for text not null,
  digest bytea not null,
  event jsonb not null,
  happened_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  constraint early_event_pkey PRIMARY KEY (tenant_id, id),
  constraint early_event_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id),
  constraint early_event_digest_check CHECK ((length(digest) = 32))
);
CREATE INDEX early_event_age ON public.early_event USING btree (tenant_id, created_at);
CREATE UNIQUE INDEX early_event_once ON public.early_event USING btree (tenant_id, connection_id, waits_for, digest);
alter table early_event enable row level security;
alter table early_event force row level security;
create policy own_teams on early_event for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on early_event for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on early_event to omnidesk_app;

create table feed_head (
  tenant_id uuid not null,
  seq bigint not null,
  constraint feed_head_pkey PRIMARY KEY (tenant_id),
  constraint feed_head_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
alter table feed_head enable row level security;
alter table feed_head force row level security;
create policy own_tenant on feed_head for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on feed_head to omnidesk_app;

create table feed_line (
  tenant_id uuid not null,
  seq bigint not null,
  type text not null,
  conversation_id uuid,
  message_id uuid,
  contact_id uuid,
  connection_id uuid,
  agent_id uuid,
  created_at timestamp with time zone not null,
  quiet boolean not null default false,
  constraint feed_line_pkey PRIMARY KEY (tenant_id, seq),
  constraint feed_line_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
CREATE INDEX feed_line_age ON public.feed_line USING btree (tenant_id, created_at);
alter table feed_line enable row level security;
alter table feed_line force row level security;
create policy own_tenant on feed_line for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on feed_line to omnidesk_app;

create table installation_audit_entry (
  seq bigint not null,
  at timestamp with time zone not null,
  entry text not null,
  hash bytea not null,
  act text not null default ((entry)::jsonb ->> 'act'::text),
  by_kind text not null default (((entry)::jsonb -> 'by'::text) ->> 'kind'::text),
  by_id text default (((entry)::jsonb -> 'by'::text) ->> 'id'::text),
  about_kind text default (((entry)::jsonb -> 'about'::text) ->> 'kind'::text),
  about_id text default (((entry)::jsonb -> 'about'::text) ->> 'id'::text),
  constraint installation_audit_entry_pkey PRIMARY KEY (seq),
  constraint installation_audit_entry_hash_check CHECK ((length(hash) = 32)),
  constraint installation_audit_entry_seq_check CHECK ((seq > 0))
);
CREATE INDEX installation_audit_entry_about ON public.installation_audit_entry USING btree (about_id, seq);
CREATE INDEX installation_audit_entry_act ON public.installation_audit_entry USING btree (act, seq);
CREATE INDEX installation_audit_entry_at ON public.installation_audit_entry USING btree (at, seq);
grant INSERT, SELECT on installation_audit_entry to omnidesk_app;

create table installation_audit_head (
  one boolean not null default true,
  seq bigint not null,
  hash bytea not null,
  constraint installation_audit_head_pkey PRIMARY KEY (one),
  constraint installation_audit_head_hash_check CHECK ((length(hash) = 32)),
  constraint installation_audit_head_one_check CHECK (one)
);
grant INSERT, SELECT, UPDATE on installation_audit_head to omnidesk_app;

create table installation_audit_personal (
  seq bigint not null,
  name text not null,
  value text not null,
  salt bytea not null,
  constraint installation_audit_personal_pkey PRIMARY KEY (seq, name),
  constraint installation_audit_personal_seq_fkey FOREIGN KEY (seq) REFERENCES installation_audit_entry(seq),
  constraint installation_audit_personal_salt_check CHECK ((length(salt) = 32))
);
grant DELETE, INSERT, SELECT on installation_audit_personal to omnidesk_app;

create table invitation (
  tenant_id uuid not null,
  agent_id uuid not null,
  token_digest bytea not null,
  expires_at timestamp with time zone not null,
  mailed_digest bytea,
  constraint invitation_pkey PRIMARY KEY (tenant_id, agent_id),
  constraint invitation_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint invitation_mailed_digest_check CHECK ((length(mailed_digest) = 32)),
  constraint invitation_token_digest_check CHECK ((length(token_digest) = 32))
);
CREATE UNIQUE INDEX invitation_mailed ON public.invitation USING btree (tenant_id, mailed_digest);
CREATE UNIQUE INDEX invitation_token ON public.invitation USING btree (tenant_id, token_digest);
alter table invitation enable row level security;
alter table invitation force row level security;
create policy own_tenant on invitation for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on invitation to omnidesk_app;

create table job_worker (
  id text not null,
  beat_at timestamp with time zone not null,
  constraint job_worker_pkey PRIMARY KEY (id)
);
grant DELETE, INSERT, SELECT, UPDATE on job_worker to omnidesk_jobs;

create table known_mail (
  tenant_id uuid not null,
  digest bytea not null,
  message_id uuid,
  taken_at timestamp with time zone not null,
  constraint known_mail_pkey PRIMARY KEY (tenant_id, digest),
  constraint known_mail_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint known_mail_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES message(tenant_id, id) ON DELETE SET NULL (message_id) DEFERRABLE INITIALLY DEFERRED,
  constraint known_mail_digest_check CHECK ((length(digest) = 32))
);
CREATE INDEX known_mail_message ON public.known_mail USING btree (tenant_id, message_id) WHERE (message_id IS NOT NULL);
alter table known_mail enable row level security;
alter table known_mail force row level security;
create policy own_tenant on known_mail for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on known_mail to omnidesk_app;

create table mail_folder (
  tenant_id uuid not null,
  connection_id uuid not null,
  path text not null,
  uid_validity bigint not null,
  last_uid bigint not null,
  started_at timestamp with time zone not null,
  last_seen_at timestamp with time zone,
  rescan_to_uid bigint,
  failing_uid bigint,
  failing_tries integer not null default 0,
  constraint mail_folder_pkey PRIMARY KEY (tenant_id, connection_id, path),
  constraint mail_folder_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES mailbox(tenant_id, connection_id) ON DELETE CASCADE
);
alter table mail_folder enable row level security;
alter table mail_folder force row level security;
create policy own_teams on mail_folder for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on mail_folder for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on mail_folder to omnidesk_app;

create table mail_grant (
  tenant_id uuid not null,
  connection_id uuid not null,
  provider text not null,
  address text not null,
  sealed_tokens bytea not null,
  access_expires_at timestamp with time zone not null,
  refreshing_until timestamp with time zone,
  version integer not null default 1,
  constraint mail_grant_pkey PRIMARY KEY (tenant_id, connection_id),
  constraint mail_grant_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES mailbox(tenant_id, connection_id) ON DELETE CASCADE,
  constraint mail_grant_provider_check CHECK ((provider = ANY (ARRAY['google'::text, 'microsoft'::text])))
);
alter table mail_grant enable row level security;
alter table mail_grant force row level security;
create policy own_teams on mail_grant for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on mail_grant for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on mail_grant to omnidesk_app;

create table mail_key (
  tenant_id uuid not null,
  connection_id uuid not null,
  selector text not null,
  public_key text not null,
  sealed_private_key bytea not null,
  found_at timestamp with time zone,
  checked_at timestamp with time zone,
  created_at timestamp with time zone not null,
  constraint mail_key_pkey PRIMARY KEY (tenant_id, connection_id),
  constraint mail_key_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE
);
alter table mail_key enable row level security;
alter table mail_key force row level security;
create policy own_teams on mail_key for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on mail_key for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on mail_key to omnidesk_app;

create table mail_login (
  tenant_id uuid not null,
  id uuid not null,
  agent_id uuid not null,
  session_id uuid not null,
  provider text not null,
  state_digest bytea not null,
  state_used_at timestamp with time zone,
  address text,
  sealed_tokens bytea,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  constraint mail_login_pkey PRIMARY KEY (tenant_id, id),
  constraint mail_login_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint mail_login_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id) REFERENCES session(tenant_id, id) ON DELETE CASCADE,
  constraint mail_login_provider_check CHECK ((provider = ANY (ARRAY['google'::text, 'microsoft'::text]))),
  constraint mail_login_state_digest_check CHECK ((length(state_digest) = 32))
);
CREATE INDEX mail_login_agent ON public.mail_login USING btree (tenant_id, agent_id);
CREATE INDEX mail_login_session ON public.mail_login USING btree (tenant_id, session_id);
CREATE UNIQUE INDEX mail_login_state ON public.mail_login USING btree (tenant_id, state_digest);
alter table mail_login enable row level security;
alter table mail_login force row level security;
create policy own_tenant on mail_login for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on mail_login to omnidesk_app;

create table mail_recipient (
  tenant_id uuid not null,
  message_id uuid not null,
  address_digest bytea not null,
  role text not null,
  outcome text,
  code text,
  reason text,
  soft_at timestamp with time zone,
  constraint mail_recipient_pkey PRIMARY KEY (tenant_id, message_id, address_digest),
  constraint mail_recipient_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES message(tenant_id, id) ON DELETE CASCADE,
  constraint mail_recipient_address_digest_check CHECK ((length(address_digest) = 32)),
  constraint mail_recipient_outcome_check CHECK ((outcome = ANY (ARRAY['delayed'::text, 'delivered'::text, 'failed'::text]))),
  constraint mail_recipient_role_check CHECK ((role = ANY (ARRAY['to'::text, 'copy'::text])))
);
CREATE INDEX mail_recipient_soft ON public.mail_recipient USING btree (tenant_id, address_digest, soft_at) WHERE (soft_at IS NOT NULL);
alter table mail_recipient enable row level security;
alter table mail_recipient force row level security;
create policy own_teams on mail_recipient for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR message_is_seen(message_id)));
create policy own_tenant on mail_recipient for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on mail_recipient to omnidesk_app;

create table mail_reference (
  tenant_id uuid not null,
  message_id_digest bytea not null,
  conversation_id uuid not null,
  constraint mail_reference_pkey PRIMARY KEY (tenant_id, message_id_digest, conversation_id),
  constraint mail_reference_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation(tenant_id, id) ON DELETE CASCADE,
  constraint mail_reference_message_id_digest_check CHECK ((length(message_id_digest) = 32))
);
CREATE INDEX mail_reference_conversation ON public.mail_reference USING btree (tenant_id, conversation_id);
alter table mail_reference enable row level security;
alter table mail_reference force row level security;
create policy own_teams on mail_reference for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR conversation_is_seen(conversation_id)));
create policy own_tenant on mail_reference for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on mail_reference to omnidesk_app;

create table mail_relay (
  tenant_id uuid not null,
  connection_id uuid not null,
  sent_at timestamp with time zone[] not null default '{}'::timestamp with time zone[],
  plain_sender_until timestamp with time zone,
  constraint mail_relay_pkey PRIMARY KEY (tenant_id, connection_id),
  constraint mail_relay_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE
);
alter table mail_relay enable row level security;
alter table mail_relay force row level security;
create policy own_teams on mail_relay for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on mail_relay for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on mail_relay to omnidesk_app;

create table mail_rest (
  tenant_id uuid not null,
  connection_id uuid not null,
  domain text not null,
  until timestamp with time zone not null,
  failures integer not null,
  constraint mail_rest_pkey PRIMARY KEY (tenant_id, connection_id, domain),
  constraint mail_rest_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX mail_rest_until ON public.mail_rest USING btree (tenant_id, until);
alter table mail_rest enable row level security;
alter table mail_rest force row level security;
create policy own_teams on mail_rest for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on mail_rest for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on mail_rest to omnidesk_app;

create table mail_test (
  tenant_id uuid not null,
  connection_id uuid not null,
  nonce text not null,
  sent_at timestamp with time zone not null,
  bare_at timestamp with time zone,
  plus_at timestamp with time zone,
  constraint mail_test_pkey PRIMARY KEY (tenant_id, connection_id),
  constraint mail_test_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES mailbox(tenant_id, connection_id) ON DELETE CASCADE,
  constraint mail_test_nonce_check CHECK ((nonce ~ '^[0-9a-f]{12}$'::text))
);
alter table mail_test enable row level security;
alter table mail_test force row level security;
create policy own_teams on mail_test for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on mail_test for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on mail_test to omnidesk_app;

create table mailbox (
  tenant_id uuid not null,
  connection_id uuid not null,
  inbound text not null,
  login text,
  folders text[] not null default '{}'::text[],
  revision integer not null default 0,
  signature text not null default ''::text,
  forms text[] not null default '{}'::text[],
  plus_addressing text not null default 'auto'::text,
  plus_works boolean,
  plus_checked_at timestamp with time zone,
  auto_reply_on boolean not null default false,
  auto_reply_text text not null default ''::text,
  agent_mail boolean not null default false,
  authserv_ids text[] not null default '{}'::text[],
  trusted_sealers text[] not null default '{}'::text[],
  last_seen_at timestamp with time zone,
  lag_seconds integer,
  error_code text,
  error_message text,
  error_remedy text,
  error_at timestamp with time zone,
  error_since timestamp with time zone,
  constraint mailbox_pkey PRIMARY KEY (tenant_id, connection_id),
  constraint mailbox_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE,
  constraint mailbox_error_remedy_check CHECK ((error_remedy = ANY (ARRAY['try_later'::text, 'reconnect'::text, 'give_up'::text]))),
  constraint mailbox_inbound_check CHECK ((inbound = ANY (ARRAY['imap'::text, 'raw'::text, 'postmark'::text, 'mailgun'::text, 'sendgrid'::text, 'ses'::text]))),
  constraint mailbox_login_check CHECK ((login = ANY (ARRAY['google'::text, 'microsoft'::text]))),
  constraint mailbox_plus_addressing_check CHECK ((plus_addressing = ANY (ARRAY['auto'::text, 'on'::text, 'off'::text])))
);
alter table mailbox enable row level security;
alter table mailbox force row level security;
create policy lookup on mailbox for select to omnidesk_lookup using (true);
create policy own_teams on mailbox for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on mailbox for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on mailbox to omnidesk_app;
grant SELECT (connection_id, folders, inbound, revision, tenant_id) on mailbox to omnidesk_lookup;

create table message (
  tenant_id uuid not null,
  id uuid not null,
  conversation_id uuid not null,
  connection_id uuid not null,
  direction text not null,
  kind text not null,
  author_kind text not null,
  author_contact_id uuid,
  author_agent_id uuid,
  text text not null,
  full_text text,
  html text,
  subject text,
  detail text,
  cc text[] not null default '{}'::text[],
  reply_address text,
  edited boolean not null default false,
  withheld boolean not null default false,
  from_stranger boolean not null default false,
  recording_version integer not null,
  external_id text,
  reply_to_external_id text,
  vendor_sent_at timestamp with time zone,
  delivery_state text,
  delivery_at timestamp with time zone,
  delivery_code text,
  delivery_reason text,
  delivery_remedy text,
  idempotency_key text,
  sent_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  unsent_at timestamp with time zone,
  hidden boolean not null default false,
  hidden_at timestamp with time zone,
  liked boolean not null default false,
  liked_at timestamp with time zone,
  private_reply_at timestamp with time zone,
  app_id text,
  quick_replies text[] not null default '{}'::text[],
  human_agent boolean not null default false,
  request_digest bytea,
  mail_class text,
  auth_verdict text,
  auth_by text,
  auth_domain text,
  mail_flags text[] not null default '{}'::text[],
  mail_headers jsonb,
  calendar jsonb,
  bcc text[] not null default '{}'::text[],
  constraint message_pkey PRIMARY KEY (tenant_id, id),
  constraint message_tenant_id_author_agent_id_fkey FOREIGN KEY (tenant_id, author_agent_id) REFERENCES agent(tenant_id, id),
  constraint message_tenant_id_author_contact_id_fkey FOREIGN KEY (tenant_id, author_contact_id) REFERENCES contact(tenant_id, id),
  constraint message_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id),
  constraint message_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation(tenant_id, id) ON DELETE CASCADE,
  constraint message_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint message_tenant_id_recording_version_fkey FOREIGN KEY (tenant_id, recording_version) REFERENCES recording_policy(tenant_id, version),
  constraint message_auth_by_check CHECK ((auth_by = ANY (ARRAY['dkim'::text, 'dmarc'::text, 'spf'::text, 'arc'::text]))),
  constraint message_auth_verdict_check CHECK ((auth_verdict = ANY (ARRAY['pass'::text, 'fail'::text, 'none'::text, 'temperror'::text]))),
  constraint message_author_kind_check CHECK ((author_kind = ANY (ARRAY['contact'::text, 'agent'::text, 'outside'::text, 'system'::text]))),
  constraint message_delivery_state_check CHECK ((delivery_state = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'delivered'::text, 'read'::text, 'failed'::text, 'unknown'::text]))),
  constraint message_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text, 'note'::text, 'system'::text]))),
  constraint message_request_digest_check CHECK ((length(request_digest) = 32))
);
CREATE INDEX message_author_contact ON public.message USING btree (tenant_id, author_contact_id) WHERE (author_contact_id IS NOT NULL);
CREATE INDEX message_on_its_way ON public.message USING btree (tenant_id, conversation_id, created_at, id) WHERE (delivery_state = ANY (ARRAY['queued'::text, 'sending'::text, 'unknown'::text]));
CREATE INDEX message_thread ON public.message USING btree (tenant_id, conversation_id, sent_at DESC, id DESC);
CREATE INDEX message_undelivered ON public.message USING btree (tenant_id, conversation_id, vendor_sent_at) WHERE ((direction = 'out'::text) AND (delivery_state = ANY (ARRAY['sent'::text, 'delivered'::text])));
CREATE UNIQUE INDEX message_external ON public.message USING btree (tenant_id, connection_id, external_id);
CREATE UNIQUE INDEX message_idempotency ON public.message USING btree (tenant_id, author_agent_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);
alter table message enable row level security;
alter table message force row level security;
create policy own_teams on message for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on message for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on message to omnidesk_app;

create table message_mailbox (
  tenant_id uuid not null,
  message_id uuid not null,
  connection_id uuid not null,
  received_at timestamp with time zone not null,
  constraint message_mailbox_pkey PRIMARY KEY (tenant_id, message_id, connection_id),
  constraint message_mailbox_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id),
  constraint message_mailbox_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES message(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX message_mailbox_connection ON public.message_mailbox USING btree (tenant_id, connection_id);
alter table message_mailbox enable row level security;
alter table message_mailbox force row level security;
create policy own_teams on message_mailbox for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on message_mailbox for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on message_mailbox to omnidesk_app;

create table message_version (
  tenant_id uuid not null,
  message_id uuid not null,
  edit_key text not null,
  edit_number integer not null,
  said_at timestamp with time zone not null,
  text text not null,
  constraint message_version_pkey PRIMARY KEY (tenant_id, message_id, edit_key),
  constraint message_version_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES message(tenant_id, id) ON DELETE CASCADE
);
alter table message_version enable row level security;
alter table message_version force row level security;
create policy own_teams on message_version for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR message_is_seen(message_id)));
create policy own_tenant on message_version for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on message_version to omnidesk_app;

create table migration (
  id integer not null default nextval('migration_id_seq'::regclass),
  timestamp bigint not null,
  name character varying not null,
  constraint PK_3043fc6b8af7c99b8b98830094f PRIMARY KEY (id)
);

create table move_code (
  tenant_id uuid not null,
  connection_id uuid not null,
  code_digest bytea not null,
  expires_at timestamp with time zone not null,
  constraint move_code_pkey PRIMARY KEY (tenant_id, connection_id),
  constraint move_code_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE,
  constraint move_code_code_digest_check CHECK ((length(code_digest) = 32))
);
alter table move_code enable row level security;
alter table move_code force row level security;
create policy own_teams on move_code for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on move_code for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on move_code to omnidesk_app;

create table operator (
  id uuid not null,
  name text not null,
  role text not null,
  created_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  constraint operator_pkey PRIMARY KEY (id),
  constraint operator_role_check CHECK ((role = ANY (ARRAY['full'::text, 'watcher'::text])))
);
CREATE UNIQUE INDEX operator_name ON public.operator USING btree (lower(name));
grant DELETE, INSERT, SELECT, UPDATE on operator to omnidesk_app;

create table operator_address (
  range text not null,
  label text not null,
  added_at timestamp with time zone not null,
  constraint operator_address_pkey PRIMARY KEY (range),
  constraint operator_address_range_check CHECK (((length(range) >= 1) AND (length(range) <= 50)))
);
grant DELETE, INSERT, SELECT, UPDATE on operator_address to omnidesk_app;

create table operator_challenge (
  challenge_digest bytea not null,
  purpose text not null,
  operator_id uuid,
  expires_at timestamp with time zone not null,
  constraint operator_challenge_pkey PRIMARY KEY (challenge_digest),
  constraint operator_challenge_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id),
  constraint operator_challenge_challenge_digest_check CHECK ((length(challenge_digest) = 32)),
  constraint operator_challenge_purpose_check CHECK ((purpose = ANY (ARRAY['sign_in'::text, 'enrol'::text])))
);
grant DELETE, INSERT, SELECT, UPDATE on operator_challenge to omnidesk_app;

create table operator_enrolment (
  operator_id uuid not null,
  token_digest bytea not null,
  expires_at timestamp with time zone not null,
  constraint operator_enrolment_token_digest_key UNIQUE (token_digest),
  constraint operator_enrolment_pkey PRIMARY KEY (operator_id),
  constraint operator_enrolment_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id),
  constraint operator_enrolment_token_digest_check CHECK ((length(token_digest) = 32))
);
grant DELETE, INSERT, SELECT, UPDATE on operator_enrolment to omnidesk_app;

create table operator_grant (
  tenant_id uuid not null,
  id uuid not null,
  reason text not null,
  granted_by uuid not null,
  granted_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  ended_by uuid,
  constraint operator_grant_pkey PRIMARY KEY (tenant_id, id),
  constraint operator_grant_tenant_id_ended_by_fkey FOREIGN KEY (tenant_id, ended_by) REFERENCES agent(tenant_id, id),
  constraint operator_grant_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint operator_grant_tenant_id_granted_by_fkey FOREIGN KEY (tenant_id, granted_by) REFERENCES agent(tenant_id, id),
  constraint operator_grant_check CHECK (((ends_at > granted_at) AND (ends_at <= (granted_at + '7 days'::interval))))
);
CREATE INDEX operator_grant_ended_by ON public.operator_grant USING btree (tenant_id, ended_by);
CREATE INDEX operator_grant_granted_by ON public.operator_grant USING btree (tenant_id, granted_by);
CREATE INDEX operator_grant_live ON public.operator_grant USING btree (tenant_id, ends_at) WHERE (ended_at IS NULL);
alter table operator_grant enable row level security;
alter table operator_grant force row level security;
create policy own_tenant on operator_grant for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on operator_grant to omnidesk_app;

create table operator_key (
  id text not null,
  operator_id uuid not null,
  public_key bytea not null,
  label text not null,
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint operator_key_public_key_key UNIQUE (public_key),
  constraint operator_key_pkey PRIMARY KEY (id),
  constraint operator_key_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id),
  constraint operator_key_id_check CHECK ((length(id) = 43)),
  constraint operator_key_public_key_check CHECK ((length(public_key) = 32))
);
CREATE INDEX operator_key_operator ON public.operator_key USING btree (operator_id);
grant DELETE, INSERT, SELECT, UPDATE on operator_key to omnidesk_app;

create table operator_nonce (
  key_id text not null,
  nonce text not null,
  forget_at timestamp with time zone not null,
  constraint operator_nonce_pkey PRIMARY KEY (key_id, nonce),
  constraint operator_nonce_key_id_fkey FOREIGN KEY (key_id) REFERENCES operator_key(id),
  constraint operator_nonce_nonce_check CHECK ((length(nonce) = 22))
);
CREATE INDEX operator_nonce_age ON public.operator_nonce USING btree (forget_at);
grant DELETE, INSERT, SELECT, UPDATE on operator_nonce to omnidesk_app;

create table operator_passkey (
  id uuid not null,
  operator_id uuid not null,
  credential_id text not null,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  label text not null,
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  constraint operator_passkey_credential_id_key UNIQUE (credential_id),
  constraint operator_passkey_pkey PRIMARY KEY (id),
  constraint operator_passkey_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id),
  constraint operator_passkey_credential_id_check CHECK (((length(credential_id) >= 1) AND (length(credential_id) <= 1500)))
);
CREATE INDEX operator_passkey_operator ON public.operator_passkey USING btree (operator_id);
grant DELETE, INSERT, SELECT, UPDATE on operator_passkey to omnidesk_app;

create table operator_session (
  token_digest bytea not null,
  operator_id uuid not null,
  passkey_id uuid not null,
  created_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint operator_session_pkey PRIMARY KEY (token_digest),
  constraint operator_session_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES operator(id),
  constraint operator_session_passkey_id_fkey FOREIGN KEY (passkey_id) REFERENCES operator_passkey(id) ON DELETE CASCADE,
  constraint operator_session_token_digest_check CHECK ((length(token_digest) = 32))
);
CREATE INDEX operator_session_operator ON public.operator_session USING btree (operator_id);
grant DELETE, INSERT, SELECT, UPDATE on operator_session to omnidesk_app;

create table outbox (
  tenant_id uuid not null,
  message_id uuid not null,
  sealed_content bytea not null,
  created_at timestamp with time zone not null,
  reply_id uuid,
  position integer not null default 0,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone,
  given_up_at timestamp with time zone,
  blobs text[] not null default '{}'::text[],
  first_failed_at timestamp with time zone,
  constraint outbox_pkey PRIMARY KEY (tenant_id, message_id),
  constraint outbox_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES message(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX outbox_given_up ON public.outbox USING btree (tenant_id, given_up_at) WHERE (given_up_at IS NOT NULL);
CREATE INDEX outbox_reply ON public.outbox USING btree (tenant_id, reply_id, "position") WHERE (reply_id IS NOT NULL);
alter table outbox enable row level security;
alter table outbox force row level security;
create policy own_teams on outbox for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR message_is_seen(message_id)));
create policy own_tenant on outbox for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on outbox to omnidesk_app;

create table page_login (
  tenant_id uuid not null,
  id uuid not null,
  agent_id uuid not null,
  session_id uuid not null,
  state_digest bytea not null,
  state_used_at timestamp with time zone,
  sealed_pages bytea,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  constraint page_login_pkey PRIMARY KEY (tenant_id, id),
  constraint page_login_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint page_login_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id) REFERENCES session(tenant_id, id) ON DELETE CASCADE,
  constraint page_login_state_digest_check CHECK ((length(state_digest) = 32))
);
CREATE INDEX page_login_agent ON public.page_login USING btree (tenant_id, agent_id);
CREATE INDEX page_login_session ON public.page_login USING btree (tenant_id, session_id);
CREATE UNIQUE INDEX page_login_state ON public.page_login USING btree (tenant_id, state_digest);
alter table page_login enable row level security;
alter table page_login force row level security;
create policy own_tenant on page_login for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on page_login to omnidesk_app;

create table passkey (
  tenant_id uuid not null,
  id uuid not null,
  agent_id uuid not null,
  name text not null,
  credential_id bytea not null,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  synced boolean not null,
  created_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  constraint passkey_pkey PRIMARY KEY (tenant_id, id),
  constraint passkey_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint passkey_credential_id_check CHECK (((length(credential_id) >= 16) AND (length(credential_id) <= 1023)))
);
CREATE INDEX passkey_agent ON public.passkey USING btree (tenant_id, agent_id);
CREATE UNIQUE INDEX passkey_credential ON public.passkey USING btree (tenant_id, credential_id);
alter table passkey enable row level security;
alter table passkey force row level security;
create policy own_tenant on passkey for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on passkey to omnidesk_app;

create table passkey_challenge (
  attempt_digest bytea not null,
  challenge bytea not null,
  purpose text not null,
  bound_to_digest bytea not null,
  expires_at timestamp with time zone not null,
  constraint passkey_challenge_pkey PRIMARY KEY (attempt_digest),
  constraint passkey_challenge_attempt_digest_check CHECK ((length(attempt_digest) = 32)),
  constraint passkey_challenge_bound_to_digest_check CHECK ((length(bound_to_digest) = 32)),
  constraint passkey_challenge_purpose_check CHECK ((purpose = ANY (ARRAY['sign_in'::text, 'confirm'::text, 'enrol'::text])))
);
CREATE INDEX passkey_challenge_expiry ON public.passkey_challenge USING btree (expires_at);
grant DELETE, INSERT, SELECT, UPDATE on passkey_challenge to omnidesk_app;

create table password_reset (
  tenant_id uuid not null,
  agent_id uuid not null,
  token_digest bytea not null,
  expires_at timestamp with time zone not null,
  constraint password_reset_pkey PRIMARY KEY (tenant_id, agent_id),
  constraint password_reset_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint password_reset_token_digest_check CHECK ((length(token_digest) = 32))
);
CREATE UNIQUE INDEX password_reset_token ON public.password_reset USING btree (tenant_id, token_digest);
alter table password_reset enable row level security;
alter table password_reset force row level security;
create policy own_tenant on password_reset for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on password_reset to omnidesk_app;

create table persona (
  tenant_id uuid not null,
  connection_id uuid not null,
  agent_id uuid not null,
  name text not null,
  vendor_id text not null,
  made_at timestamp with time zone not null,
  constraint persona_pkey PRIMARY KEY (tenant_id, connection_id, agent_id),
  constraint persona_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint persona_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX persona_agent ON public.persona USING btree (tenant_id, agent_id);
alter table persona enable row level security;
alter table persona force row level security;
create policy own_teams on persona for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on persona for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on persona to omnidesk_app;

create table raw_event (
  tenant_id uuid not null,
  id uuid not null,
  connection_id uuid not null,
  message_id uuid,
  digest bytea not null,
  body bytea not null,
  received_at timestamp with time zone not null,
  constraint raw_event_pkey PRIMARY KEY (tenant_id, id),
  constraint raw_event_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id),
  constraint raw_event_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES message(tenant_id, id) ON DELETE CASCADE,
  constraint raw_event_digest_check CHECK ((length(digest) = 32))
);
CREATE INDEX raw_event_age ON public.raw_event USING btree (tenant_id, received_at);
CREATE INDEX raw_event_message ON public.raw_event USING btree (tenant_id, message_id);
CREATE UNIQUE INDEX raw_event_once ON public.raw_event USING btree (tenant_id, connection_id, digest);
alter table raw_event enable row level security;
alter table raw_event force row level security;
create policy own_teams on raw_event for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on raw_event for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on raw_event to omnidesk_app;

create table reaction (
  tenant_id uuid not null,
  message_id uuid not null,
  contact_id uuid not null,
  emoji text not null,
  reacted_at timestamp with time zone not null,
  constraint reaction_pkey PRIMARY KEY (tenant_id, message_id, contact_id),
  constraint reaction_tenant_id_contact_id_fkey FOREIGN KEY (tenant_id, contact_id) REFERENCES contact(tenant_id, id),
  constraint reaction_tenant_id_message_id_fkey FOREIGN KEY (tenant_id, message_id) REFERENCES message(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX reaction_contact ON public.reaction USING btree (tenant_id, contact_id);
alter table reaction enable row level security;
alter table reaction force row level security;
create policy own_teams on reaction for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR message_is_seen(message_id)));
create policy own_tenant on reaction for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on reaction to omnidesk_app;

create table recording_policy (
  tenant_id uuid not null,
  version integer not null,
  rules jsonb not null,
  created_at timestamp with time zone not null,
  created_by uuid,
  constraint recording_policy_pkey PRIMARY KEY (tenant_id, version),
  constraint recording_policy_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES agent(tenant_id, id),
  constraint recording_policy_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
alter table recording_policy enable row level security;
alter table recording_policy force row level security;
create policy own_tenant on recording_policy for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on recording_policy to omnidesk_app;

create table recovery_code (
  tenant_id uuid not null,
  agent_id uuid not null,
  digest bytea not null,
  constraint recovery_code_pkey PRIMARY KEY (tenant_id, agent_id, digest),
  constraint recovery_code_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint recovery_code_digest_check CHECK ((length(digest) = 32))
);
alter table recovery_code enable row level security;
alter table recovery_code force row level security;
create policy own_tenant on recovery_code for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on recovery_code to omnidesk_app;

create table referral (
  tenant_id uuid not null,
  id uuid not null,
  conversation_id uuid not null,
  connection_id uuid not null,
  digest bytea not null,
  source text not null,
  ref text,
  ad_id text,
  title text,
  url text,
  came_at timestamp with time zone not null,
  constraint referral_pkey PRIMARY KEY (tenant_id, id),
  constraint referral_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id),
  constraint referral_tenant_id_conversation_id_fkey FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation(tenant_id, id) ON DELETE CASCADE,
  constraint referral_digest_check CHECK ((length(digest) = 32))
);
CREATE INDEX referral_conversation ON public.referral USING btree (tenant_id, conversation_id, came_at DESC);
CREATE UNIQUE INDEX referral_once ON public.referral USING btree (tenant_id, connection_id, digest);
alter table referral enable row level security;
alter table referral force row level security;
create policy own_teams on referral for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on referral for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on referral to omnidesk_app;

create table retention_policy (
  tenant_id uuid not null,
  version integer not null,
  rules jsonb not null,
  created_at timestamp with time zone not null,
  created_by uuid,
  constraint retention_policy_pkey PRIMARY KEY (tenant_id, version),
  constraint retention_policy_tenant_id_created_by_fkey FOREIGN KEY (tenant_id, created_by) REFERENCES agent(tenant_id, id),
  constraint retention_policy_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
alter table retention_policy enable row level security;
alter table retention_policy force row level security;
create policy own_tenant on retention_policy for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on retention_policy to omnidesk_app;

create table retention_rule (
  tenant_id uuid not null,
  id uuid not null,
  policy_version integer not null,
  position integer not null,
  name text not null,
  anchor text not null,
  keep_months integer not null,
  end_kind text not null,
  constraint retention_rule_pkey PRIMARY KEY (tenant_id, id),
  constraint retention_rule_tenant_id_policy_version_fkey FOREIGN KEY (tenant_id, policy_version) REFERENCES retention_policy(tenant_id, version),
  constraint retention_rule_anchor_check CHECK ((anchor = ANY (ARRAY['last_message'::text, 'closed'::text, 'satisfied'::text]))),
  constraint retention_rule_end_kind_check CHECK ((end_kind = ANY (ARRAY['erase'::text, 'anonymise'::text]))),
  constraint retention_rule_keep_months_check CHECK ((keep_months > 0))
);
CREATE UNIQUE INDEX retention_rule_position ON public.retention_rule USING btree (tenant_id, "position");
alter table retention_rule enable row level security;
alter table retention_rule force row level security;
create policy own_tenant on retention_rule for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on retention_rule to omnidesk_app;

create table role (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  permissions text[] not null,
  created_at timestamp with time zone not null,
  constraint role_pkey PRIMARY KEY (tenant_id, id),
  constraint role_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
CREATE UNIQUE INDEX role_name ON public.role USING btree (tenant_id, lower(name));
alter table role enable row level security;
alter table role force row level security;
create policy own_tenant on role for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on role to omnidesk_app;

create table route (
  channel text not null,
  external_id text not null,
  tenant_id uuid not null,
  connection_id uuid not null,
  granted_by text,
  constraint route_pkey PRIMARY KEY (channel, external_id),
  constraint route_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX route_connection ON public.route USING btree (tenant_id, connection_id);
CREATE INDEX route_granted_by ON public.route USING btree (granted_by) WHERE (granted_by IS NOT NULL);
grant DELETE, INSERT, SELECT, UPDATE on route to omnidesk_app;

create table session (
  tenant_id uuid not null,
  id uuid not null,
  agent_id uuid not null,
  token_digest bytea not null,
  device text not null,
  created_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  proved_at timestamp with time zone not null,
  locked_at timestamp with time zone,
  proved_all_at timestamp with time zone,
  last_active_at timestamp with time zone not null,
  constraint session_pkey PRIMARY KEY (tenant_id, id),
  constraint session_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint session_token_digest_check CHECK ((length(token_digest) = 32))
);
CREATE INDEX session_agent ON public.session USING btree (tenant_id, agent_id);
CREATE UNIQUE INDEX session_token ON public.session USING btree (tenant_id, token_digest);
alter table session enable row level security;
alter table session force row level security;
create policy own_tenant on session for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on session to omnidesk_app;

create table suppression (
  tenant_id uuid not null,
  id uuid not null,
  address text not null,
  stream text not null,
  reason text not null,
  code text,
  address_digest bytea not null,
  since timestamp with time zone not null,
  constraint suppression_pkey PRIMARY KEY (tenant_id, id),
  constraint suppression_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint suppression_address_digest_check CHECK ((length(address_digest) = 32)),
  constraint suppression_reason_check CHECK ((reason = ANY (ARRAY['hard_bounce'::text, 'soft_bounces'::text, 'complaint'::text]))),
  constraint suppression_stream_check CHECK ((stream = ANY (ARRAY['replies'::text, 'newsletter'::text])))
);
CREATE INDEX suppression_since ON public.suppression USING btree (tenant_id, since DESC, id DESC);
CREATE UNIQUE INDEX suppression_address ON public.suppression USING btree (tenant_id, address, stream);
alter table suppression enable row level security;
alter table suppression force row level security;
create policy own_teams on suppression for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR address_is_seen(address)));
create policy own_tenant on suppression for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on suppression to omnidesk_app;

create table sweep (
  tenant_id uuid not null,
  id uuid not null,
  connection_id uuid not null,
  kind text not null,
  cause text not null,
  state text not null,
  since timestamp with time zone not null,
  place jsonb,
  step_began_at timestamp with time zone,
  threads_done integer not null default 0,
  messages_seen integer not null default 0,
  messages_added integer not null default 0,
  messages_untold integer not null default 0,
  problem text,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint sweep_pkey PRIMARY KEY (tenant_id, id),
  constraint sweep_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE,
  constraint sweep_cause_check CHECK ((cause = ANY (ARRAY['asked'::text, 'outage'::text, 'subscription_lost'::text, 'reconnected'::text]))),
  constraint sweep_kind_check CHECK ((kind = ANY (ARRAY['gap'::text, 'import'::text]))),
  constraint sweep_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text])))
);
CREATE INDEX sweep_of_connection ON public.sweep USING btree (tenant_id, connection_id, started_at DESC);
CREATE UNIQUE INDEX sweep_running ON public.sweep USING btree (tenant_id, connection_id) WHERE (state = 'running'::text);
CREATE UNIQUE INDEX sweep_waiting ON public.sweep USING btree (tenant_id, connection_id, kind) WHERE (state = 'waiting'::text);
alter table sweep enable row level security;
alter table sweep force row level security;
create policy own_teams on sweep for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on sweep for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on sweep to omnidesk_app;

create table team (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  created_at timestamp with time zone not null,
  constraint team_pkey PRIMARY KEY (tenant_id, id),
  constraint team_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
CREATE UNIQUE INDEX team_name ON public.team USING btree (tenant_id, lower(name));
alter table team enable row level security;
alter table team force row level security;
create policy own_tenant on team for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on team to omnidesk_app;

create table team_agent (
  tenant_id uuid not null,
  team_id uuid not null,
  agent_id uuid not null,
  constraint team_agent_pkey PRIMARY KEY (tenant_id, team_id, agent_id),
  constraint team_agent_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE,
  constraint team_agent_tenant_id_team_id_fkey FOREIGN KEY (tenant_id, team_id) REFERENCES team(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX team_agent_agent ON public.team_agent USING btree (tenant_id, agent_id);
alter table team_agent enable row level security;
alter table team_agent force row level security;
create policy own_tenant on team_agent for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on team_agent to omnidesk_app;

create table team_connection (
  tenant_id uuid not null,
  team_id uuid not null,
  connection_id uuid not null,
  constraint team_connection_pkey PRIMARY KEY (tenant_id, team_id, connection_id),
  constraint team_connection_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE,
  constraint team_connection_tenant_id_team_id_fkey FOREIGN KEY (tenant_id, team_id) REFERENCES team(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX team_connection_connection ON public.team_connection USING btree (tenant_id, connection_id);
alter table team_connection enable row level security;
alter table team_connection force row level security;
create policy own_tenant on team_connection for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on team_connection to omnidesk_app;

create table tenant (
  id uuid not null,
  name text not null,
  created_at timestamp with time zone not null,
  lock_after_minutes smallint default 15,
  session_idle_hours smallint not null default 168,
  session_life_hours smallint not null default 720,
  state text not null default 'active'::text,
  suspended_at timestamp with time zone,
  suspended_reason text,
  constraint tenant_pkey PRIMARY KEY (id),
  constraint tenant_lock_after_minutes_check CHECK (((lock_after_minutes >= 1) AND (lock_after_minutes <= 120))),
  constraint tenant_session_idle_hours_check CHECK (((session_idle_hours >= 1) AND (session_idle_hours <= 168))),
  constraint tenant_session_life_hours_check CHECK (((session_life_hours >= 1) AND (session_life_hours <= 720))),
  constraint tenant_state_check CHECK ((state = ANY (ARRAY['active'::text, 'suspended'::text]))),
  constraint tenant_suspension CHECK (((state = 'suspended'::text) = (suspended_at IS NOT NULL)))
);
alter table tenant enable row level security;
alter table tenant force row level security;
create policy lookup on tenant for select to omnidesk_lookup using (true);
create policy own_tenant on tenant for all to public using ((id = ( SELECT current_tenant() AS current_tenant))) with check ((id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on tenant to omnidesk_app;
grant SELECT (id, state) on tenant to omnidesk_lookup;

create table tenant_security (
  tenant_id uuid not null,
  second_factor_since jsonb not null default '{}'::jsonb,
  second_factor_grace_days integer not null default 14,
  constraint tenant_security_pkey PRIMARY KEY (tenant_id),
  constraint tenant_security_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id),
  constraint tenant_security_second_factor_grace_days_check CHECK (((second_factor_grace_days >= 0) AND (second_factor_grace_days <= 90)))
);
alter table tenant_security enable row level security;
alter table tenant_security force row level security;
create policy own_tenant on tenant_security for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on tenant_security to omnidesk_app;

create table ticket_counter (
  tenant_id uuid not null,
  last_number bigint not null,
  constraint ticket_counter_pkey PRIMARY KEY (tenant_id),
  constraint ticket_counter_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(id)
);
alter table ticket_counter enable row level security;
alter table ticket_counter force row level security;
create policy own_tenant on ticket_counter for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on ticket_counter to omnidesk_app;

create table totp (
  tenant_id uuid not null,
  agent_id uuid not null,
  secret_sealed bytea not null,
  last_step bigint not null default 0,
  created_at timestamp with time zone not null,
  confirmed_at timestamp with time zone,
  constraint totp_pkey PRIMARY KEY (tenant_id, agent_id),
  constraint totp_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE
);
alter table totp enable row level security;
alter table totp force row level security;
create policy own_tenant on totp for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on totp to omnidesk_app;

create table upload (
  tenant_id uuid not null,
  id uuid not null,
  agent_id uuid not null,
  name text not null,
  media_type text not null,
  size_bytes bigint not null,
  blob text not null,
  created_at timestamp with time zone not null,
  constraint upload_pkey PRIMARY KEY (tenant_id, id),
  constraint upload_tenant_id_agent_id_fkey FOREIGN KEY (tenant_id, agent_id) REFERENCES agent(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX upload_age ON public.upload USING btree (tenant_id, created_at);
CREATE INDEX upload_agent ON public.upload USING btree (tenant_id, agent_id);
alter table upload enable row level security;
alter table upload force row level security;
create policy own_tenant on upload for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on upload to omnidesk_app;

create table vendor_file (
  tenant_id uuid not null,
  connection_id uuid not null,
  blob text not null,
  kind text not null,
  vendor_id text not null,
  uploaded_at timestamp with time zone not null,
  constraint vendor_file_pkey PRIMARY KEY (tenant_id, connection_id, blob),
  constraint vendor_file_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE,
  constraint vendor_file_kind_check CHECK ((kind = ANY (ARRAY['image'::text, 'video'::text, 'audio'::text, 'file'::text])))
);
CREATE INDEX vendor_file_age ON public.vendor_file USING btree (tenant_id, uploaded_at);
alter table vendor_file enable row level security;
alter table vendor_file force row level security;
create policy own_teams on vendor_file for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on vendor_file for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on vendor_file to omnidesk_app;

create table webhook_token (
  tenant_id uuid not null,
  connection_id uuid not null,
  token_digest bytea not null,
  body_digest bytea not null,
  seen_at timestamp with time zone not null,
  constraint webhook_token_pkey PRIMARY KEY (tenant_id, connection_id, token_digest),
  constraint webhook_token_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connection(tenant_id, id) ON DELETE CASCADE,
  constraint webhook_token_body_digest_check CHECK ((length(body_digest) = 32)),
  constraint webhook_token_token_digest_check CHECK ((length(token_digest) = 32))
);
CREATE INDEX webhook_token_age ON public.webhook_token USING btree (tenant_id, connection_id, seen_at);
alter table webhook_token enable row level security;
alter table webhook_token force row level security;
create policy own_teams on webhook_token for all to public using (((( SELECT seen_connections() AS seen_connections) IS NULL) OR (connection_id = ANY (( SELECT seen_connections() AS seen_connections)::uuid[]))));
create policy own_tenant on webhook_token for all to public using ((tenant_id = ( SELECT current_tenant() AS current_tenant))) with check ((tenant_id = ( SELECT current_tenant() AS current_tenant)));
grant DELETE, INSERT, SELECT, UPDATE on webhook_token to omnidesk_app;

CREATE OR REPLACE FUNCTION public.address_is_seen(asked text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
  begin return exists (select from contact_identity where channel = 'email' and scope = '' and external_id = asked); end $function$

alter function address_is_seen(text) owner to owner;

CREATE OR REPLACE FUNCTION public.connections_seen_by(agent uuid)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
AS $function$
  begin
    if not exists (
      select from team_connection shut where not exists (
        select from team_connection given join team_agent on team_agent.tenant_id = given.tenant_id and team_agent.team_id = given.team_id
        where given.connection_id = shut.connection_id and team_agent.agent_id = agent
      )
    ) then return null; end if;
    return array(
      select connection.id from connection
      where not exists (select from team_connection where team_connection.connection_id = connection.id)
        or exists (
          select from team_connection given join team_agent on team_agent.tenant_id = given.tenant_id and team_agent.team_id = given.team_id
          where given.connection_id = connection.id and team_agent.agent_id = agent
        )
      order by connection.id
    );
  end $function$

alter function connections_seen_by(uuid) owner to owner;

CREATE OR REPLACE FUNCTION public.contact_is_seen(asked uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
  begin
    return exists (select from conversation where contact_id = asked) or exists (select from message where author_contact_id = asked);
  end $function$

alter function contact_is_seen(uuid) owner to owner;

CREATE OR REPLACE FUNCTION public.conversation_is_seen(asked uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
  begin return exists (select from conversation where id = asked); end $function$

alter function conversation_is_seen(uuid) owner to owner;

CREATE OR REPLACE FUNCTION public.count_tables_anew()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  begin
    analyze public.contact, public.contact_identity, public.conversation, public.message, public.early_event, public.mail_reference,
      public.known_mail, public.conversation_link;
  end $function$

alter function count_tables_anew() owner to owner;

CREATE OR REPLACE FUNCTION public.current_tenant()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    select nullif(current_setting('app.tenant_id', true), '')::uuid
  $function$

alter function current_tenant() owner to owner;

CREATE OR REPLACE FUNCTION public.enqueue_job(identifier text, payload json, queue_name text, run_at timestamp with time zone, max_attempts integer, job_key text)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    select id from graphile_worker.add_job(identifier, payload, queue_name, run_at, max_attempts, job_key)
  $function$

alter function enqueue_job(text,json,text,timestamp with time zone,integer,text) owner to omnidesk_jobs;

CREATE OR REPLACE FUNCTION public.mailboxes_to_fetch()
 RETURNS TABLE(tenant_id uuid, connection_id uuid, fingerprint text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    select mailbox.tenant_id, mailbox.connection_id, concat_ws(' ', mailbox.revision, md5(array_to_json(mailbox.folders)::text))
    from mailbox join connection on connection.tenant_id = mailbox.tenant_id and connection.id = mailbox.connection_id
    where mailbox.inbound = 'imap' and connection.state <> 'disconnected'
    order by mailbox.connection_id
  $function$

alter function mailboxes_to_fetch() owner to omnidesk_lookup;

CREATE OR REPLACE FUNCTION public.message_is_seen(asked uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
  begin return exists (select from message where id = asked); end $function$

alter function message_is_seen(uuid) owner to owner;

CREATE OR REPLACE FUNCTION public.refuse_going_back()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  begin
    if tg_op = 'DELETE' or new.seq <= old.seq then
      raise exception 'the head of an audit chain only goes on' using errcode = 'insufficient_privilege';
    end if;
    return new;
  end $function$

alter function refuse_going_back() owner to owner;

CREATE OR REPLACE FUNCTION public.refuse_unwriting()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  begin
    raise exception 'the audit is only ever added to' using errcode = 'insufficient_privilege';
  end $function$

alter function refuse_unwriting() owner to owner;

CREATE OR REPLACE FUNCTION public.seen_connections()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    select nullif(current_setting('app.connections', true), '')::uuid[]
  $function$

alter function seen_connections() owner to owner;

CREATE OR REPLACE FUNCTION public.shut_to_other_tenants(guarded regclass, tenant_column text DEFAULT 'tenant_id'::text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
  begin
    execute format('alter table %s enable row level security', guarded);
    execute format('alter table %s force row level security', guarded);
    execute format(
      'create policy own_tenant on %s using (%I = (select current_tenant())) with check (%I = (select current_tenant()))',
      guarded, tenant_column, tenant_column
    );
  end $function$

alter function shut_to_other_tenants(regclass,text) owner to owner;

CREATE OR REPLACE FUNCTION public.sign_in_candidates(address text)
 RETURNS TABLE(tenant_id uuid, agent_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    select agent.tenant_id, agent.id from agent
    where lower(agent.email) = lower(address) and agent.state = 'active' order by agent.created_at limit 20
  $function$

alter function sign_in_candidates(text) owner to omnidesk_lookup;

CREATE OR REPLACE FUNCTION public.tenant_counts()
 RETURNS TABLE(active integer, suspended integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    select count(*) filter (where state = 'active')::int, count(*) filter (where state = 'suspended')::int from tenant
  $function$

alter function tenant_counts() owner to omnidesk_lookup;

CREATE OR REPLACE FUNCTION public.tenant_exists()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    select exists (select 1 from tenant)
  $function$

alter function tenant_exists() owner to omnidesk_lookup;

CREATE OR REPLACE FUNCTION public.tenant_ids()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    select id from tenant order by id
  $function$

alter function tenant_ids() owner to omnidesk_lookup;
