-- People who use the console, their sessions, and the one-time links that let them in.

create table person (
  id text primary key default gen_random_uuid()::text,
  email text not null unique check (email = lower(email)),
  name text not null default '',
  role text not null check (role in ('admin', 'operator', 'support')),
  email_verified boolean not null default true,
  image text,
  invited_at timestamptz not null default now(),
  -- Null until the invitation's link was used.
  activated_at timestamptz,
  disabled_at timestamptz,
  last_seen_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table auth_session (
  id text primary key,
  person_id text not null references person on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index auth_session_person on auth_session (person_id);

create table account (
  id text primary key default gen_random_uuid()::text,
  account_id text not null,
  provider_id text not null,
  person_id text not null references person on delete cascade,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  -- scrypt, with its salt.
  password text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (person_id, provider_id)
);

create table verification (
  id text primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index verification_identifier on verification (identifier);

create table one_time_link (
  -- SHA-256 of the token, in hex; the token itself is shown once and kept nowhere.
  token_hash text primary key,
  person_id text not null references person on delete cascade,
  purpose text not null check (purpose in ('first_admin', 'invitation', 'new_password')),
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now()
);
create index one_time_link_person on one_time_link (person_id);

-- Attempts to sign in, by digest of the e-mail address and by client address; counted here so that a restart forgets none.
create table sign_in_limit (
  key text primary key,
  attempts integer not null,
  window_started_at timestamptz not null default now()
);
create index sign_in_limit_window on sign_in_limit (window_started_at);
