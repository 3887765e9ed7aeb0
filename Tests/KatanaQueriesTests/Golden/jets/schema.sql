CREATE TABLE pilots (id integer NOT NULL, name text NOT NULL);
ALTER TABLE pilots ADD CONSTRAINT pilot_pkey PRIMARY KEY (id);
CREATE TABLE jets (id integer NOT NULL, pilot_id integer NOT NULL, age integer NOT NULL, name text NOT NULL, color text NOT NULL);
CREATE TABLE languages (id integer NOT NULL, language text NOT NULL);
CREATE TABLE pilot_languages (pilot_id integer NOT NULL, language_id integer NOT NULL);
ALTER TABLE pilot_languages ADD CONSTRAINT pilot_language_pkey PRIMARY KEY (pilot_id, language_id);
