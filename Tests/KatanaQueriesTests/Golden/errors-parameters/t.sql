-- name: gap :many
SELECT * FROM t WHERE id = $1 AND name = $3;

-- name: unknown_function :many
SELECT * FROM t WHERE id = sqlc.agr(id);

-- name: slice_alone :many
SELECT * FROM t WHERE id = sqlc.slice(ids);

-- name: untyped :one
SELECT @what IS NULL AS x;

-- name: marks :exec
UPDATE t SET n = @n?, name = @n!;

-- name: inconsistent :exec
UPDATE t SET n = @n, name = @n;

-- name: other_database :many
SELECT * FROM t WHERE id = ? AND (name = ? OR n IN (?, ?)) AND j ? 'k' LIMIT ?;

-- name: no_array :many
SELECT id AS "id[?]" FROM t WHERE id = @id;

-- name: no_array_given :many
SELECT * FROM t WHERE id = @id[?];
