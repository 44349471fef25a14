-- A host leads to one tenant, whatever that tenant's state. Beside tenant.hosts, because no array can be unique in its parts.
create table tenant_host (
  host text collate "C" primary key,
  tenant_id bigint not null references tenant on delete cascade
);
create index tenant_host_tenant on tenant_host (tenant_id);

insert into tenant_host (host, tenant_id)
select h.host, min(t.id) from tenant t cross join unnest(t.hosts) as h(host) group by h.host;

-- Where several had one host the oldest keeps it, and the audit tells what was taken from the others.
with kept as (
  select t.id, t.slug, t.hosts as before, array(
    select h.host from unnest(t.hosts) with ordinality as h(host, place) join tenant_host o on o.host = h.host and o.tenant_id = t.id order by h.place
  ) as after
  from tenant t
  where exists (select from unnest(t.hosts) as h(host) join tenant_host o on o.host = h.host where o.tenant_id <> t.id)
), noted as (
  insert into audit (actor_kind, actor_label, action, subject_kind, subject, details)
  select 'system', 'tenantry', 'tenants.update', 'tenant', slug, jsonb_build_object(
    'before', jsonb_build_object('hosts', before), 'after', jsonb_build_object('hosts', after), 'reason', 'a host belongs to one tenant; an older tenant had it')
  from kept
)
update tenant set hosts = kept.after, updated_at = now() from kept where kept.id = tenant.id;

create function keep_tenant_hosts() returns trigger language plpgsql set search_path from current as $$
begin
  delete from tenant_host where tenant_id = new.id and host <> all (new.hosts);
  insert into tenant_host (host, tenant_id)
  select distinct h.host, new.id from unnest(new.hosts) as h(host)
  where not exists (select from tenant_host o where o.host = h.host and o.tenant_id = new.id)
  order by h.host;
  return null;
end $$;
create trigger tenant_hosts_added after insert on tenant for each row when (new.hosts <> '{}') execute function keep_tenant_hosts();
create trigger tenant_hosts_changed after update of hosts on tenant for each row when (new.hosts is distinct from old.hosts) execute function keep_tenant_hosts();
