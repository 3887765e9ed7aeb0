CREATE TABLE bench_users (
  id integer PRIMARY KEY,
  name text NOT NULL,
  balance integer NOT NULL DEFAULT 0
);

CREATE TABLE bench_events (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id integer NOT NULL,
  note text NOT NULL
);
