-- name: mixed :many
SELECT * FROM t WHERE id = $1 AND name = @name;

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

-- name: not_a_parameter :many
SELECT '@a :b', "n" AS "@c", $$ :d @e $$, j @> '{}' AS has, tags[1:2] AS two, @ n AS absolute, id::text AS e -- @f
FROM t /* :g */ WHERE tags @> @tags AND id =@id AND id > :low::int AND j ? 'k' AND tags[@i::int] = :tag;
