-- name: nicknames :one
-- Those who have none are nil in `nicknames` and missing in `given`.
SELECT coalesce(array_agg(c.nickname), '{}') AS nicknames, array_agg(c.name) AS names,
  coalesce(array_agg(c.nickname) FILTER (WHERE c.nickname IS NOT NULL), '{}') AS given
FROM (SELECT name, nickname FROM customers ORDER BY id) AS c;

-- name: lines :many
SELECT o.id, array_agg(i.name) AS names, array_agg(i.quantity) AS quantities,
  ARRAY(SELECT remark FROM items WHERE order_id = o.id ORDER BY id) AS remarks
FROM orders o LEFT JOIN items i ON i.order_id = o.id GROUP BY o.id ORDER BY o.id;

-- name: echo :one
SELECT @texts[?]::text[] AS texts, @numbers[?]?::bigint[] AS numbers, @moods[?]::mood[] AS moods,
  ARRAY[@text?::text, 'end'] AS made, @texts::text[] AS "sure[!]", @whole::text[] AS "whole[?]";
