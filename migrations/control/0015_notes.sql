-- Changes of structure that databases of the fleet tell of by themselves, where that is switched on.
alter table database
  -- Since when; null: switched off.
  add column notes_since timestamptz,
  add column notes_tried_at timestamptz,
  add column notes_last_at timestamptz,
  -- Why they could not be read, in words.
  add column notes_problem text;

-- DDL in a target's schema that did not come from Tenantry; the newest of each target.
create table outside_change (
  id bigint generated always as identity primary key,
  target_id bigint not null references target on delete cascade,
  -- Its number there: the same note may be read twice.
  note bigint not null,
  -- By its server's clock.
  at timestamptz not null,
  -- By this one's, after it was read: a look at the structure that began later has seen the change.
  heard_at timestamptz not null default clock_timestamp(),
  username text not null,
  application text not null,
  -- The address; null: over the server's own socket.
  client text,
  command text not null,
  object text not null,
  unique (target_id, at, note)
);
