create table host_table (id bigint primary key);
