create table orders (
    id        bigint      generated always as identity primary key,
    customer  text        not null,
    item      text        not null,
    poisoned  boolean     not null,
    placed_at timestamptz not null default clock_timestamp()
);
