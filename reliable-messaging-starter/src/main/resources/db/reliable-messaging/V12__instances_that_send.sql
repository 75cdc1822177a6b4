-- An instance that cannot reach Kafka leaves its lanes to others, if there are some that can. When it last knew that it can:
-- Kafka has taken a record of it, or a broker has answered it while nothing else kept it from sending. Null for instances of
-- an earlier version, which do not know the column, and for those that have not sent yet.
alter table relay_instance add column sends_at timestamptz;
-- Where it hears what others commit into its lanes. Null as long as it has not heard a notice of its own there; such an
-- instance, and one of an earlier version, may hear the channel of all.
alter table relay_instance add column channel text;
-- It is at work and reads again and again: nobody need wake it.
alter table relay_instance add column awake boolean not null default false;

-- whether any is released, which each owner asks with each renewal
create index outbox_quarantine_released on outbox_quarantine (lane) where released;
