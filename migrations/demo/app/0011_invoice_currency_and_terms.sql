-- Customers outside the euro, and reminders that know the payment terms.

alter table invoices
  add column currency char(3) not null default 'EUR' check (currency = upper(currency)),
  add column payment_terms_days smallint not null default 14 check (payment_terms_days between 0 and 120);

comment on column invoices.payment_terms_days is 'Days from issue to due date as agreed with the customer.';
