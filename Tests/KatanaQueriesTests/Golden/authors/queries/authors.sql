-- The one with this key.
-- name: get_author :one
-- Fails when there is none.
SELECT * FROM authors
WHERE id = $1 LIMIT 1;

-- name: list_authors :many
SELECT * FROM authors
ORDER BY name;

-- name: create_author :one
-- deadline: 200ms
INSERT INTO authors (name, bio, mood, email)
VALUES (@name, @bio, @mood, @email)
RETURNING *;

-- name: by_moods :many
SELECT id, name FROM authors WHERE mood = ANY(@moods) OR name IN (sqlc.slice(names)) AND id NOT IN (sqlc.slice(not_ids));

-- name: update_author :execrows
UPDATE authors SET name = coalesce(sqlc.narg(name), name), bio = @bio? WHERE id = sqlc.arg('id')::bigint;

-- name: delete_author :exec
DELETE FROM authors WHERE id = :id;

-- name: with_books :many
-- nest: books by id: book_id AS id, title, price
SELECT a.id, a.name, b.id AS book_id, b.title, b.price
FROM authors a LEFT JOIN books b ON b.author_id = a.id
ORDER BY a.name, a.id, b.title;

-- name: search_authors :many
SELECT a.id, a.name, count(b.id) AS books, max(b.price) AS dearest, 'x' || a.name AS "shown?"
FROM authors a LEFT JOIN books b ON b.author_id = a.id
WHERE a.id > 0
  AND a.name ILIKE @pattern -- filter
  AND a.mood = @mood -- filter
GROUP BY a.id
ORDER BY a.id -- sort: name, books DESC, (a.mood DESC, a.id)
LIMIT @limit OFFSET @offset;

-- name: page :many
-- prefetch: books = books_of(author_ids: id) by author_id
SELECT id, name FROM authors WHERE id > @after ORDER BY id LIMIT 20;

-- name: books_of :many
SELECT * FROM books WHERE author_id = ANY(@author_ids);

-- name: embedded :many
SELECT sqlc.embed(a), sqlc.embed(b), b.price * 2 AS twice FROM authors a JOIN books b ON b.author_id = a.id;

-- name: add_books :copyfrom
INSERT INTO books (author_id, title, price) VALUES ($1, $2, $3);

-- name: rename :batchexec
UPDATE authors SET name = $2 WHERE id = $1;
