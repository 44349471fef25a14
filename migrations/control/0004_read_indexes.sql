-- Which targets failed last is asked on every look at the fleet; failed items stay few while runs pile up.
create index run_item_failed on run_item (target_id, run_id) where state = 'failed';
