-- name: add_host :one
INSERT INTO hosts (id, address, net, mac, addresses, words, flags, opens, spot, labels, busy)
VALUES (@id, @address, @net, @mac, @addresses, @words, @flags, @opens, @spot, @labels, @busy) RETURNING *;

-- name: copy_hosts :copy
INSERT INTO hosts (id, address, net, mac, addresses, words, flags, opens, spot, labels, busy)
VALUES (@id, @address, @net, @mac, @addresses, @words, @flags, @opens, @spot, @labels, @busy);

-- name: hosts_of :many
SELECT * FROM hosts WHERE address <<= @network
  AND mac = @mac -- filter
ORDER BY address -- sort: id DESC
LIMIT @limit;

-- name: each_host :stream
WITH ordered AS (SELECT * FROM hosts) SELECT id, address FROM ordered ORDER BY id;

-- name: moved :batchone
UPDATE hosts SET address = @address WHERE id = @id RETURNING address;

-- name: all_addresses :one
SELECT array_agg(net ORDER BY id) AS nets, array_agg(address ORDER BY id) AS addresses FROM hosts;
