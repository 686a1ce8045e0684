-- The fleet's own tables, beside those of the engine (procrastinate_*). A tenant's stores lie in the schema t_NAME.
create schema if not exists fleet;

create table if not exists fleet.engine_change (
    name text primary key                        -- which changes of the engine's tables have been made
);

create table if not exists fleet.tenant (
    name text primary key check (name ~ '^[a-z][a-z0-9_]{0,37}$'),
    system text not null,
    files bytea not null,                        -- encrypted: the configuration files of its job folder, by name
    added_at timestamptz not null default now(),
    paused_at timestamptz,                       -- since when nothing is started for it; null: it runs
    due_at timestamptz not null default now(),   -- when its schedule next has work, spread by a hash of its name
    agenda jsonb not null default '{}'           -- work -> when it is next due, in words that people read
);

create table if not exists fleet.run (
    id bigint generated always as identity primary key,
    tenant text not null references fleet.tenant on delete cascade on update cascade,
    asked_by text not null check (asked_by in ('schedule', 'person')),
    options jsonb not null default '{}',         -- full, only, allow_disable: as the command line takes them
    began_at timestamptz not null default now(),
    ended_at timestamptz,                        -- null: it is at work, or its worker has died
    ended text check (ended in ('well', 'failed', 'killed', 'timed out', 'stopped', 'lost', 'locked')),
    exit_code integer,
    worker text not null,                        -- host and process id
    headline text,                               -- the report's first sentence
    totals jsonb not null default '{}',          -- created, updated, disabled, deleted, waiting, refused, failed, unread
    seconds double precision,                    -- of the child
    overhead double precision,                   -- seconds that the fleet added
    report jsonb,
    log text not null default '',                -- the end of what the child said
    job bigint                                   -- the engine's number for what was asked: attempts of one have the same
);
alter table fleet.run add column if not exists job bigint;
create index if not exists run_of_tenant on fleet.run (tenant, began_at desc);
create index if not exists run_at_work on fleet.run (tenant) where ended_at is null;
create index if not exists run_in_time on fleet.run (ended_at);

-- The tenants of which people have been told that they fail (fleet/alerts.py): one row while that lasts.
create table if not exists fleet.alert (
    tenant text primary key references fleet.tenant on delete cascade on update cascade,
    told_at timestamptz not null default now(),
    run bigint not null                          -- the last of its failed runs when they were told
);

create table if not exists fleet.tick (
    at timestamptz not null                      -- when a worker last looked what is due: one row
);
insert into fleet.tick select now() where not exists (select from fleet.tick);
