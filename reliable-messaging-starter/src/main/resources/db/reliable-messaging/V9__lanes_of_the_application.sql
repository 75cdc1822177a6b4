-- How many lanes the keys of this application are spread over. Whoever starts first writes its property here, all others read it,
-- and every insert into outbox_message takes it from here: an instance that only publishes, or that began before the number grew,
-- cannot use another one. Null until an instance of this version has started.
alter table application add column lanes int check (lanes between 1 and 1024);

-- an earlier version has made the lanes, and knows their number by counting them
update application set lanes = made.lanes
  from (select count(*)::int as lanes from relay_lane) made
 where made.lanes > 0;
