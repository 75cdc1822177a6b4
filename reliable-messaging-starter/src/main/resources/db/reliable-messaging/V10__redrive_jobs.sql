-- Redrives of many dead letters. Any instance that has listeners carries out the next step of a job: one transaction that locks
-- the job's row, so that a step is done once, and undone if its instance dies in the middle.
create table redrive_job (
    id             bigint      not null generated always as identity primary key,
    created_at     timestamptz not null default pg_catalog.clock_timestamp(),
    who            text        not null,
    reason         text        not null,
    -- Which dead letters; null selects all. "most": so many at most.
    consumer_group text,
    topic          text,
    key            text,
    error_class    text,
    fingerprint    text,
    words          text,
    parked_after   timestamptz,
    parked_before  timestamptz,
    most           int,
    -- CANARY: one, then ten, then the rest, each only after the ones before have succeeded
    mode           text        not null check (mode in ('ALL', 'CANARY')),
    -- messages per second; null for as fast as they are handled
    per_second     int,
    -- stops when a larger share than this fails again; null for never
    stop_above     float8,
    -- leaves out messages that were redriven so often before; null for none
    most_rounds    int,
    -- the schedule that has made it, and for which time
    schedule       text,
    scheduled_for  timestamptz,
    state          text        not null default 'RUNNING' check (state in ('RUNNING', 'PAUSED', 'STOPPED', 'DONE')),
    -- how many matched when it was made, counted up to a limit
    expected       int         not null,
    picked         bigint      not null default 0,
    succeeded      bigint      not null default 0,
    failed         bigint      not null default 0,
    skipped        bigint      not null default 0,
    -- the last dead letter that was looked at, and the last one that existed when the job was made
    position       bigint      not null,
    last_id        bigint      not null,
    -- the rate was used up to this moment
    paced_at       timestamptz not null default pg_catalog.clock_timestamp(),
    -- how many steps in a row have changed nothing
    quiet_steps    int         not null default 0,
    -- when the next step is due; 'infinity' when there is nothing left to do
    next_step_at   timestamptz not null default pg_catalog.clock_timestamp(),
    -- why it was stopped, and the fingerprint of the failure that has stopped it
    stop_reason    text,
    stopped_by     text,
    ended_at       timestamptz
);
-- finds the step that is due; usually empty
create index redrive_job_due on redrive_job (next_step_at) where next_step_at < 'infinity';
-- several instances run the same schedule: one job for each of its times; nulls are different from each other
create unique index redrive_job_scheduled on redrive_job (schedule, scheduled_for);

-- The messages that a job works on now: deleted as soon as their outcome is counted, so there are never many.
create table redrive_message (
    job_id    bigint not null references redrive_job (id) on delete cascade,
    parked_id bigint not null,
    -- the message's name in operation_log
    target    text   not null,
    -- How often it was redriven, this time included; if it is more often later, somebody else has redriven it since. Null: it
    -- is not redriven yet, because its key was in use.
    round     int,
    primary key (job_id, parked_id)
);
