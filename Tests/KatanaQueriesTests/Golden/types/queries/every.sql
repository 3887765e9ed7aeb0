-- name: all :many
SELECT * FROM every;

-- name: put :exec
INSERT INTO every VALUES (
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
  $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44);

-- name: of_users_types :many
SELECT level, (pair).a, (@p::pair).b AS given, @levels::audit.severity[] AS levels, (@levels)[1] AS first
FROM every WHERE small = @small AND pair = @p AND ci = @ci AND positive = ANY(@positives);
