CREATE TYPE kind AS ENUM ('a', 'b');
CREATE TABLE books (id serial PRIMARY KEY, author_id int NOT NULL, title text NOT NULL, kind kind NOT NULL, year int);
