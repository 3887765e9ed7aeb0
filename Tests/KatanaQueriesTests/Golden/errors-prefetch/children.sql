-- name: fetched :many
-- prefetch: children = children_of(ids: id) by parent_id
-- prefetch: others = nobody(ids: id) by parent_id
-- prefetch: more = children_of(idss: id) by parent_id
-- prefetch: wrong = children_of(ids: name) by parent_id
-- prefetch: scalar = child(id: id) by id
SELECT id, name FROM parent;

-- name: children_of :many
SELECT * FROM child WHERE parent_id = ANY(@ids);

-- name: child :many
SELECT * FROM child WHERE id = @id;

-- name: streamed :stream
-- prefetch: children = children_of(ids: id) by parent_id
SELECT id FROM parent;

-- name: fine :many
-- prefetch: children = children.children_of(ids: id) by parent_id
SELECT id FROM parent;
