-- The mobile app syncs by time of change.

create function touch_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end;
$$;

alter table employees add column updated_at timestamptz not null default now();
alter table shifts add column updated_at timestamptz not null default now();
alter table invoices add column updated_at timestamptz not null default now();

create trigger employees_touch before update on employees for each row execute function touch_updated_at();
create trigger shifts_touch before update on shifts for each row execute function touch_updated_at();
create trigger invoices_touch before update on invoices for each row execute function touch_updated_at();
