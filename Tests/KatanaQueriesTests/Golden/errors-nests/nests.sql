-- name: column_missing :many
-- nest: children by id: child_id AS id, nmae
SELECT p.id, c.id AS child_id FROM parent p LEFT JOIN child c ON c.parent_id = p.id ORDER BY p.id;

-- name: order_missing :many
-- nest: children by id: child_id AS id
SELECT p.id, c.id AS child_id FROM parent p LEFT JOIN child c ON c.parent_id = p.id;

-- name: order_other :many
-- nest: children by id: child_id AS id
SELECT p.id, c.id AS child_id FROM parent p LEFT JOIN child c ON c.parent_id = p.id ORDER BY c.id, p.id;

-- name: order_chosen :many
-- nest: children by id: child_id AS id
SELECT p.id, p.name, c.id AS child_id FROM parent p LEFT JOIN child c ON c.parent_id = p.id
ORDER BY p.id -- sort: (p.name, p.id), p.name
;

-- name: presence_unknown :many
-- nest: children by id: child_name AS name
SELECT p.id, c.name AS child_name FROM parent p LEFT JOIN child c ON c.parent_id = p.id ORDER BY p.id;

-- name: key_is_member :many
-- nest: children by id: id, child_id
SELECT p.id, c.id AS child_id FROM parent p JOIN child c ON c.parent_id = p.id ORDER BY p.id;
