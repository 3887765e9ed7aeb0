-- name: no_and :many
SELECT * FROM t WHERE true
  OR name = @name -- filter
ORDER BY id;

-- name: two_lines :many
SELECT * FROM t WHERE true
  AND (name = @name -- filter
    OR n = 3)
ORDER BY id;

-- name: no_parameter :many
SELECT * FROM t WHERE true
  AND n > 3 -- filter
;

-- name: outside :many
SELECT * FROM t WHERE n = @n
  AND id > @n -- filter
;

-- name: numbered :many
SELECT * FROM t WHERE true
  AND id > $1 -- filter
;

-- name: ends :many
SELECT * FROM t WHERE true
  AND id > @id ORDER BY id -- filter
;

-- name: where_first :many
SELECT * FROM t
WHERE name LIKE @name -- filter
  AND n = @n -- filter
ORDER BY id;

-- name: sort_without :many
SELECT * FROM t WHERE true -- sort: id
;

-- name: sort_and_limit :many
SELECT * FROM t ORDER BY id LIMIT 3 -- sort: name
;

-- name: sort_twice :many
SELECT * FROM t
ORDER BY id -- sort: name, id
;

-- name: sort_inner :many
SELECT * FROM (SELECT * FROM t
ORDER BY id -- sort: name
) AS x;

-- name: sort_unknown :many
SELECT * FROM t
ORDER BY id -- sort: name, nmae DESC
LIMIT 3;

-- name: sort_parameter :many
SELECT * FROM t
ORDER BY id + @n -- sort: name
;

-- name: sorts :many
SELECT * FROM t
ORDER BY id -- sort: name
, n -- sort: n
;

-- name: lone_filter :many
SELECT * FROM t WHERE id = @id
-- filter
;

-- name: misspelled :many
SELECT * FROM t WHERE true
  AND id = @id -- filters
ORDER BY id -- sorts: name
;

-- name: negated :many
SELECT id, n FROM t WHERE NOT (n IS NULL
  AND id = @id -- filter
);

-- name: in_case :many
SELECT id FROM t WHERE CASE WHEN n = 1
  AND id = @id -- filter
  THEN true END;

-- name: in_select :many
SELECT id, n = 1
  AND id = @id -- filter
  AS x FROM t;
