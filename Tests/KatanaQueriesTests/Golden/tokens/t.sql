-- name: not_a_parameter :many
SELECT '@a :b', "n" AS "@c", $$ :d @e $$, j @> '{}' AS has, tags[1:2] AS two, @ n AS absolute, id::text AS e -- @f
FROM t /* :g */ WHERE tags @> @tags AND id =@id AND id > :low::int AND j ? 'k' AND tags[@i::int] = :tag;

-- name: keywords :many
SELECT * FROM t WHERE id = @select AND name=:table AND n<>@limit?::int AND n >=@group AND id IN (@from, :where);

-- name: arrays :one
SELECT ARRAY[:a::int, :b], ARRAY[[@c::int], [:d::int]], (@tags::text[])[1:2] AS slice, tags[@low::int : @high] AS part
FROM t;

-- name: dollar_quotes :many
SELECT $tag$ @not $1 :this $tag$ || @yes::text AS text, E'it\'s @not', U&'\0061 @not' FROM t;

-- name: spaces :many
SELECT
  id,   -- the key, @not
  name  /* not
  :this */ AS called
FROM t

WHERE   id = @id -- filterless
  AND n = 1;

-- name: filters :many
SELECT * FROM t
WHERE name = @name -- filter
  AND (n = @n OR n IS NULL) -- filter
  AND id = ANY(@ids) -- filter
  AND n BETWEEN @low AND @high -- filter
ORDER BY name -- sort: id DESC, (n NULLS LAST, id), lower(name)
LIMIT @limit;

-- name: in_join :many
SELECT t.id, u.id AS other FROM t JOIN t u ON u.id = t.n
  AND u.name = @name -- filter
WHERE t.id > 0
  AND u.n = @n -- filter
;

-- name: after_case :many
SELECT id, (SELECT count(*) FROM t u WHERE u.n = t.n
  AND u.name = @other -- filter
) AS count FROM t WHERE CASE WHEN n = 1 THEN CASE WHEN true THEN true END ELSE false END
  AND id = @id -- filter
GROUP BY id HAVING count(*) > 0
  AND count(*) < @most -- filter
;
