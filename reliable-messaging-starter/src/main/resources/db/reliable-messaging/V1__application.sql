-- The application that this schema belongs to. One row: two applications in one schema would take each other's lanes and
-- delete each other's inbox rows.
create table application (
    only_row   boolean     primary key default true check (only_row),
    name       text        not null,
    claimed_at timestamptz not null default pg_catalog.clock_timestamp(),
    -- The number of lanes that keys are spread over. The first instance writes its property here, all others read it. Every
    -- insert into outbox_message takes it from here, so that no instance can use another number. Null until then.
    lanes      int         check (lanes between 1 and 1024)
);
