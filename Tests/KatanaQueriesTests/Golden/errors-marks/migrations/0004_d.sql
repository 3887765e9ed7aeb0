-- +goose Down
DROP TABLE d;
-- +goose Up
CREATE TABLE d (id int);
