CREATE TABLE toy_baskets (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room      text    NOT NULL REFERENCES rooms (id),
    weight_g  integer NOT NULL,
    put_ts    bigint  NOT NULL,
    is_empty  boolean NOT NULL DEFAULT false
);
CREATE TABLE toy_harvests (
    room      text   PRIMARY KEY REFERENCES rooms (id),
    weight_g  bigint NOT NULL
);
