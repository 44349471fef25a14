-- However few items the runs before had, the next may have thousands: PostgreSQL is to believe in a thousand a run, or it looks for each item of a batch among all
-- items of its run instead of by its key.
alter table run_item alter column run_id set (n_distinct = -0.001);
analyze run_item;
