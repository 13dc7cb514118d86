-- The ledger: steps, vouchers, lines and the claims behind them. Only added to.

CREATE TABLE step (
  number      INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL,
  period      TEXT NOT NULL,             -- 2012-03, 2012-T1 or 2012
  recorded_at TEXT NOT NULL,             -- civil minute: when we knew
  content     TEXT NOT NULL,             -- JSON: what the step was made of
  vouchers    INTEGER NOT NULL,          -- how many belong to it
  hash        TEXT NOT NULL UNIQUE       -- of the step and of everything before it
) STRICT;

CREATE TABLE voucher (
  number           INTEGER PRIMARY KEY,
  step             INTEGER NOT NULL REFERENCES step (number),
  posting_month    TEXT NOT NULL,        -- the statement it stands in
  activity_period  TEXT NOT NULL,        -- when it happened
  instrument       TEXT NOT NULL,
  cause            TEXT NOT NULL,
  debtor           TEXT NOT NULL,
  creditor         TEXT NOT NULL,
  unit             TEXT NOT NULL,
  rule_version     TEXT NOT NULL,
  contacts         INTEGER NOT NULL,
  drg_points_milli INTEGER NOT NULL,
  days             INTEGER NOT NULL,
  amount_ore       INTEGER NOT NULL,
  note             TEXT NOT NULL,
  hash             TEXT NOT NULL         -- of the voucher, its lines and everything before it
) STRICT;

CREATE INDEX voucher_by_month ON voucher (posting_month);
CREATE INDEX voucher_by_step ON voucher (step);

CREATE TABLE line (
  voucher    INTEGER NOT NULL REFERENCES voucher (number),
  number     INTEGER NOT NULL,
  account    TEXT NOT NULL,
  party      TEXT NOT NULL,
  instrument TEXT NOT NULL,
  amount_ore INTEGER NOT NULL,           -- debit above zero, credit below
  PRIMARY KEY (voucher, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE archive_part (
  digest TEXT NOT NULL,                  -- SHA-256 of the whole
  part   INTEGER NOT NULL,
  bytes  BLOB NOT NULL,
  PRIMARY KEY (digest, part)
) STRICT;

CREATE TRIGGER step_is_not_changed BEFORE UPDATE ON step BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER step_is_not_deleted BEFORE DELETE ON step BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER voucher_is_not_changed BEFORE UPDATE ON voucher BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER voucher_is_not_deleted BEFORE DELETE ON voucher BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER line_is_not_changed BEFORE UPDATE ON line BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER line_is_not_deleted BEFORE DELETE ON line BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER archive_is_not_changed BEFORE UPDATE ON archive_part BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER archive_is_not_deleted BEFORE DELETE ON archive_part BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER step_is_not_replaced BEFORE INSERT ON step WHEN EXISTS (SELECT 1 FROM step WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER voucher_is_not_replaced BEFORE INSERT ON voucher WHEN EXISTS (SELECT 1 FROM voucher WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER line_is_not_replaced BEFORE INSERT ON line WHEN EXISTS (SELECT 1 FROM line WHERE voucher = NEW.voucher AND number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER archive_is_not_replaced BEFORE INSERT ON archive_part WHEN EXISTS (SELECT 1 FROM archive_part WHERE digest = NEW.digest AND part = NEW.part) BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
