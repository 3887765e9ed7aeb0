-- name: CreateBook :batchone
INSERT INTO books (author_id, title, kind, year) VALUES ($1, $2, $3, $4) RETURNING *;

-- name: UpdateBook :batchexec
UPDATE books SET title = $1, kind = $2 WHERE id = $3;

-- name: BooksByYear :batchmany
SELECT * FROM books WHERE year = $1;

-- name: DeleteBook :batch
DELETE FROM books WHERE id = $1;

-- name: Insert :copyfrom
INSERT INTO books (author_id, title, kind, year) VALUES (@author_id, @title, @kind, @year);

-- name: UpdateAll :execrows
UPDATE books SET title = new.title
FROM unnest(@ids::int[], @titles::text[]) AS new(id, title) WHERE books.id = new.id;
