CREATE TYPE status AS ENUM ('op!en', 'clo@sed');
COMMENT ON TYPE status IS 'Venues can be either open or closed';
CREATE TABLE venues (
    id               SERIAL primary key,
    dropped          text,
    status           status not null,
    statuses         status[],
    slug             text not null,
    name             varchar(255) not null,
    city             text not null references city(slug),
    spotify_playlist varchar not null,
    songkick_id      text,
    tags             text[]
);
ALTER TABLE venues ADD COLUMN created_at TIMESTAMP NOT NULL DEFAULT NOW();
ALTER TABLE venues DROP COLUMN dropped;
ALTER TABLE venues RENAME TO venue;
