-- One look at a server at a time, whichever process looks: beside a conductor's connections the budget has room for one more. A row lasts as long as its lease.
create unlogged table server_turn (key text primary key, holder text not null, until timestamptz not null);
