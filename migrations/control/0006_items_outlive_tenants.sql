-- A tenant that was never built can be discarded, and its slug given to another one; past runs keep telling of it.
alter table run_item
  alter column tenant_id drop not null,
  -- Whose part of the run it was; written when the tenant is discarded.
  add column tenant_slug text collate "C",
  drop constraint run_item_tenant_id_fkey,
  add constraint run_item_tenant_id_fkey foreign key (tenant_id) references tenant on delete set null,
  add constraint run_item_names_tenant check (tenant_id is not null or tenant_slug is not null),
  add constraint run_item_open_has_tenant check (tenant_id is not null or state not in ('pending', 'running', 'interrupted'));
