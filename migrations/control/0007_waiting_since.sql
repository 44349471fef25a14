-- Since when a server's conductor waits for what it says it waits for.
alter table conductor add column waiting_since timestamptz;
