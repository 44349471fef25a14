alter table orders add column status text not null default 'open';
alter table orders add constraint orders_status_check check (status in ('open', 'paid', 'shipped', 'cancelled'));
create index orders_open_idx on orders (placed_at) where status = 'open';
