-- A vacuum that is slowed down as PostgreSQL's default is takes half a minute for what a busy minute leaves, and the table grows
-- meanwhile. Ten times as fast, whatever the server allows others: the table is small, and most of it is in memory. Its TOAST
-- table follows these settings as long as it has none of its own. How often PostgreSQL looks (autovacuum_naptime) is the server's.
alter table outbox_message set (autovacuum_vacuum_cost_limit = 2000);
