alter table orders add column total_cents integer not null default 0, add column tax_cents integer not null default 0;
alter table orders add constraint orders_totals_check check (total_cents >= 0 and tax_cents >= 0);
