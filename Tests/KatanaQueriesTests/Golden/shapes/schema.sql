CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email text UNIQUE NOT NULL, name text, manager uuid REFERENCES users,
  data jsonb NOT NULL DEFAULT '{}', age int, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz
);
CREATE TABLE posts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id uuid NOT NULL REFERENCES users, title text NOT NULL,
  body text, tags text[] NOT NULL DEFAULT '{}', views int NOT NULL DEFAULT 0,
  search tsvector GENERATED ALWAYS AS (to_tsvector('simple', title)) STORED
);
CREATE VIEW popular AS SELECT p.id, p.title, u.name AS author, u.email FROM posts p JOIN users u ON u.id = p.user_id;
CREATE SEQUENCE numbers;
CREATE FUNCTION touch(uuid) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1';
CREATE FUNCTION pure(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
CREATE VIEW touched AS SELECT id, touch(id) AS t FROM users;
