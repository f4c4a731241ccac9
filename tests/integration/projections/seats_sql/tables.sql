CREATE TABLE seats (
    subscription text PRIMARY KEY,
    quantity integer NOT NULL,
    price numeric NOT NULL,
    status text NOT NULL,
    remark text
);
CREATE TABLE change (
    subscription text NOT NULL,
    nth integer NOT NULL,
    quantity integer NOT NULL,
    PRIMARY KEY (subscription, nth)
);
