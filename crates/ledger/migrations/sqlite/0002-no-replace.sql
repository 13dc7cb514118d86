-- REPLACE deletes without asking the triggers of deletion, unless the connection says so. It meets these first.
CREATE TRIGGER step_is_not_replaced BEFORE INSERT ON step WHEN EXISTS (SELECT 1 FROM step WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER voucher_is_not_replaced BEFORE INSERT ON voucher WHEN EXISTS (SELECT 1 FROM voucher WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER line_is_not_replaced BEFORE INSERT ON line WHEN EXISTS (SELECT 1 FROM line WHERE voucher = NEW.voucher AND number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
CREATE TRIGGER archive_is_not_replaced BEFORE INSERT ON archive_part WHEN EXISTS (SELECT 1 FROM archive_part WHERE digest = NEW.digest AND part = NEW.part) BEGIN SELECT RAISE(ABORT, 'the ledger is only added to'); END;
