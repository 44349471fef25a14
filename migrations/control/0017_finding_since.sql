-- Since when a target shows a finding: structures and versions change around it, and with a migration its sighting is another one.
create table finding_since (
  target_id bigint not null references target on delete cascade,
  -- The finding's key.
  finding text collate "C" not null,
  since timestamptz not null,
  -- The run that it was first seen after; null: outside of Tenantry.
  after_run bigint,
  primary key (target_id, finding)
);
insert into finding_since (target_id, finding, since, after_run)
select o.target_id, f ->> 'key', o.structure_since, o.structure_after_run
from seen_structure x join observation o on o.seen_id = x.id and o.digest = x.digest cross join lateral jsonb_array_elements(x.findings) f
where x.findings <> '[]' and o.structure_since is not null
on conflict do nothing;

-- What differed before a run is known from when it was first seen.
alter table run_item drop column seen_before;
