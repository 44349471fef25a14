-- A report that only some tenants of its choice were asked, to try it: out of how many. Null: all of them were.
alter table report_run add column sampled_of integer check (sampled_of > 0);
