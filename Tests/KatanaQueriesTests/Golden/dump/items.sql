-- name: ItemsByLevel :many
SELECT SQLC.EMBED(Items), sqlc.embed(items) FROM items WHERE level = SQLC.ARG(level);

/* name: SearchItems :many */
SELECT * FROM search(@words);

/*
 * name: not this
 */
-- -- name: Commented :one
-- SELECT 1;

-- Documentation of the next.
--
-- In two parts.
-- name: Last :opt
SELECT name FROM items
ORDER BY id DESC LIMIT 1
