-- A look that finds nobody counts no connections: when they were counted is not when the database was looked at.
alter table database add column connections_at timestamptz;
update database set connections_at = checked_at where connections_used is not null and reachable;
