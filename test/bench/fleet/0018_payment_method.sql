alter table payments add column method text not null default 'card' check (method in ('card', 'transfer', 'cash'));
