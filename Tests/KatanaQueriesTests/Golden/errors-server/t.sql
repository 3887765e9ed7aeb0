-- name: column_missing :one
SELECT id, nmae FROM t WHERE name = @name AND id = @id;

-- name: syntax :one
SELECT id FROM t WHRE id = @id;

-- name: table_missing :exec
UPDATE tt SET name = @name;

-- name: type :many
SELECT id,
  low FROM t;

-- name: parameter_type :many
SELECT id FROM t WHERE low = @low;

-- name: no_rows :one
UPDATE t SET name = @name WHERE id = @id;

-- name: copy_expression :copy
INSERT INTO t (id, name) VALUES ($1, upper($2));

-- name: copy_select :copy
SELECT $1::int;

-- name: copy_returning :copy
INSERT INTO t (id, name) VALUES ($1, $2) RETURNING id;

-- name: batch :batch
DELETE FROM t;

-- name: operator :many
SELECT id FROM t WHERE name = 3 + @x;

-- name: function :many
SELECT uper(name) FROM t
WHERE id = @id -- filter
;

-- name: in_filter :many
SELECT name FROM t WHERE true
  AND idd = @id -- filter
;

-- name: begins :exec
BEGIN;

-- name: copies :exec
COPY t TO STDOUT;

-- name: listens :exec
LISTEN things;

-- name: sets :exec
SET search_path = other;

-- name: sets_local :exec
SET LOCAL statement_timeout = '5s';

-- name: prepares :exec
PREPARE p AS SELECT 1;

-- name: open_type :many
SELECT id FROM t WHERE @x IS NULL OR id = @x;

-- name: open_element :one
SELECT to_jsonb(@c) AS c;
