-- The ledger: steps, vouchers, lines and the claims behind them. Only added to.

CREATE TABLE step (
  number      BIGINT PRIMARY KEY,
  kind        TEXT NOT NULL,
  period      TEXT NOT NULL,             -- 2012-03, 2012-T1 or 2012
  recorded_at TEXT NOT NULL,             -- civil minute: when we knew
  content     TEXT NOT NULL,             -- JSON: what the step was made of
  vouchers    BIGINT NOT NULL,           -- how many belong to it
  hash        TEXT NOT NULL UNIQUE       -- of the step and of everything before it
);

CREATE TABLE voucher (
  number           BIGINT PRIMARY KEY,
  step             BIGINT NOT NULL REFERENCES step (number),
  posting_month    TEXT NOT NULL,        -- the statement it stands in
  activity_period  TEXT NOT NULL,        -- when it happened
  instrument       TEXT NOT NULL,
  cause            TEXT NOT NULL,
  debtor           TEXT NOT NULL,
  creditor         TEXT NOT NULL,
  unit             TEXT NOT NULL,
  rule_version     TEXT NOT NULL,
  contacts         BIGINT NOT NULL,
  drg_points_milli BIGINT NOT NULL,
  days             BIGINT NOT NULL,
  amount_ore       BIGINT NOT NULL,
  note             TEXT NOT NULL,
  hash             TEXT NOT NULL         -- of the voucher, its lines and everything before it
);

CREATE INDEX voucher_by_month ON voucher (posting_month);
CREATE INDEX voucher_by_step ON voucher (step);

CREATE TABLE line (
  voucher    BIGINT NOT NULL REFERENCES voucher (number),
  number     BIGINT NOT NULL,
  account    TEXT NOT NULL,
  party      TEXT NOT NULL,
  instrument TEXT NOT NULL,
  amount_ore BIGINT NOT NULL,            -- debit above zero, credit below
  PRIMARY KEY (voucher, number)
);

CREATE TABLE archive_part (
  digest TEXT NOT NULL,                  -- SHA-256 of the whole
  part   BIGINT NOT NULL,
  bytes  BYTEA NOT NULL,
  PRIMARY KEY (digest, part)
);

CREATE FUNCTION only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the ledger is only added to'; END $$;

CREATE TRIGGER step_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON step FOR EACH STATEMENT EXECUTE FUNCTION only_added_to();
CREATE TRIGGER voucher_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON voucher FOR EACH STATEMENT EXECUTE FUNCTION only_added_to();
CREATE TRIGGER line_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON line FOR EACH STATEMENT EXECUTE FUNCTION only_added_to();
CREATE TRIGGER archive_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON archive_part FOR EACH STATEMENT EXECUTE FUNCTION only_added_to();
