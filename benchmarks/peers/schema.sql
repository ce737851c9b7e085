-- The tables of both Celery peers. No foreign keys and few indexes: that favours the peers.

create table seen_events (
    id text primary key,
    seen_at timestamptz not null default clock_timestamp()
);

create table policies (
    company text not null,
    kind text not null,
    auto_accept boolean not null,
    primary key (company, kind)
);

create table approvers (
    company text not null,
    project text not null,
    email text not null,
    name text not null,
    can_push_to_accounting boolean not null,
    primary key (company, project, email)
);

create table items (
    id uuid primary key,
    company text not null,
    kind text not null,
    external_id text not null,
    revision integer not null,
    status text not null,
    state text not null,
    project text,
    parent text,
    number text not null,
    title text not null,
    created_by text not null,
    sent_by text not null,
    url text not null,
    content jsonb not null,
    erp_id text,
    erp_lines jsonb,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    unique (company, kind, external_id)
);
create index items_listed on items (company, state, kind, created_at desc, id desc);

create table history (
    id bigint generated always as identity primary key,
    item_id uuid not null,
    event text not null,
    actor text not null,
    at timestamptz not null default clock_timestamp()
);
create index history_of_item on history (item_id, at);

create table decisions (
    item_id uuid not null,
    revision integer not null,
    answer text not null,
    decided_by text not null,
    decided_at timestamptz not null default clock_timestamp(),
    primary key (item_id, revision)
);

create table export_attempts (
    id bigint generated always as identity primary key,
    item_id uuid not null,
    mark text not null,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    outcome text,
    erp_id text
);
create index attempts_of_item on export_attempts (item_id);

create table notifications (
    item_id uuid not null,
    revision integer not null,
    recipient text not null,
    subject text not null,
    text text not null,
    html text not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (item_id, revision, recipient)
);
