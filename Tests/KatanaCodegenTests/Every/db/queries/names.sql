-- name: put_names :one
INSERT INTO names ("row", record, "default", "in", "init", "Type", "with-dash", "1st", c$d, "naïve", executor, context, odd)
VALUES (@row, @record, @default, @in, @init, @Type, @dash, @first, @cd, @naïve, @executor, @context, @odd) RETURNING *;

-- name: rows :many
SELECT "row", record, executor AS variant, context AS sort, odd AS parameters FROM names WHERE true
  AND "in" = @in -- filter
ORDER BY "row" -- sort: record
;
