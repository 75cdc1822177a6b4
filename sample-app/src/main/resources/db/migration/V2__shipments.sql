-- No unique order_id: it is the inbox that keeps a second shipment away, and a bug in it shall show.
create table shipments (
    id         bigint      generated always as identity primary key,
    order_id   bigint      not null,
    shipped_at timestamptz not null default clock_timestamp()
);
