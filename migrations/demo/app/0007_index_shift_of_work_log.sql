-- tenantry: transaction=off
-- The table is written to all day, so the index is built without locking it.

create index concurrently work_logs_shift_idx on work_logs (shift_id) where shift_id is not null;
