SELECT 1;

-- name: no_kind
SELECT 1;

-- name: :one
SELECT 1;

-- name: 1st :one
SELECT 1;

-- name: kind :on
SELECT 1;

-- name: words :one more
SELECT 1;

-- name: twice :many
SELECT * FROM t;

-- name: twice :many
SELECT * FROM t;

-- name: nothing :exec

-- name: two :exec
DELETE FROM t; DELETE FROM t;

-- name: slow :exec
-- deadline: soon
DELETE FROM t;

-- name: misspelled :exec
-- deadlin: 3s
DELETE FROM t;

-- name: bad_nest :many
-- nest: items id: a
SELECT * FROM t;

-- name: bad_prefetch :many
-- prefetch: items = other by id
SELECT * FROM t;
