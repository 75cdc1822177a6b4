create table addresses (
    customer text primary key,
    line     text not null
);
