alter table users add column role text not null default 'member';
alter table users add constraint users_role_check check (role in ('owner', 'member', 'guest'));
