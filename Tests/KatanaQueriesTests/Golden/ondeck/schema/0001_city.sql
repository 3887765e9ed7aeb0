-- +goose Up
CREATE TABLE city (
    slug text PRIMARY KEY,
    name text NOT NULL
);
-- +goose Down
DROP TABLE city;
