alter table orders add column channel text not null default 'web';
create index orders_channel_idx on orders (channel);
