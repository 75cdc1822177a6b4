-- Without an order (ordering: none), a message that has failed waits by itself, and not behind another one of its key: the
-- consumer says what a message waits in line with. Earlier releases do not say it; for them, it is the key as before.
alter table parked_message alter column queue drop expression;

create function parked_message_queue() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    new.queue := coalesce(md5(new.key)::uuid, new.message_id);
    return new;
end
$$;

create trigger parked_message_queue before insert on parked_message
    for each row when (new.queue is null) execute function parked_message_queue();
