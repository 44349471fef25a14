-- A database that holds no tenant can be forgotten, with what failed onboardings left behind there; past runs keep telling of it.
alter table run_item
  alter column target_id drop not null,
  -- Where the item's target was; written when the target is forgotten.
  add column database_name text,
  add column schema_name text collate "C",
  drop constraint run_item_target_id_fkey,
  add constraint run_item_target_id_fkey foreign key (target_id) references target on delete set null,
  add constraint run_item_open_has_target check (target_id is not null or state not in ('pending', 'running', 'interrupted'));
