-- How often in a row a parked message was tried again without spending an attempt, because it had met another transaction, or
-- something that looked like an outage while this database answered. Too many, and attempts count.
alter table parked_message add column uncounted int not null default 0;
