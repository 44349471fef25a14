-- How many items of a server are worked at once, as many as its budget would allow, and what holds it below that.
alter table conductor add column at_once integer, add column at_most integer, add column pace_reason text;
