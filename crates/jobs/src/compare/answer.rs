//! The comparison as a table, as sentences, and as a workbook and a letter to the hospital.

use std::path::Path;

use domain::{Amount, Day, Instrument, Municipalities};
use paper::bill::{BillCheck, BillLine, BillReason};
use words::{Language, Message, Said, message, say};

use super::{Comparison, Line, Order};
use crate::failure::Result;
use crate::parties::Names;
use crate::table::{Table, heads};
use disclosure::Cell;

impl Comparison {
    /// Table with one row for each difference, and one for each unusual case that has no difference.
    pub fn table(&self) -> Table {
        let columns = [
            "reference",
            "line",
            "cause",
            "received_quantity",
            "own_quantity",
            "received_ore",
            "own_ore",
            "difference_ore",
            "because",
        ];
        let mut table = Table::new(message!("compare.title"), &heads(columns));
        for line in self.lines.iter().filter(|line| line.is_told()) {
            for (cause, amount) in line.findings(self.instrument) {
                table.row([
                    match &line.reference {
                        Message::Plain(text) => Cell::text(text),
                        reference => Cell::Said(reference.clone()),
                    },
                    Cell::text(line.bill.as_ref().map_or_else(String::new, |bill| bill.line.to_string())),
                    Cell::Said(cause),
                    self.quantity(line.bill.as_ref().map(|bill| bill.quantity)),
                    self.quantity(line.own.as_ref().map(|own| own.known.quantity)),
                    Cell::Kroner(line.received()),
                    Cell::Kroner(line.calculated()),
                    Cell::Kroner(amount),
                    Cell::Said(line.because()),
                ]);
            }
        }
        table
    }

    /// Days or points of a side; empty if the case is not on that side, and unknown if the side does not state the
    /// quantity.
    fn quantity(&self, quantity: Option<Option<i64>>) -> Cell {
        match quantity {
            None => Cell::text(""),
            Some(None) => Cell::Unknown,
            Some(Some(count)) if self.instrument == Instrument::DischargeReady => Cell::Count(count),
            Some(Some(thousandths)) => Cell::Decimal(thousandths),
        }
    }

    /// Sentences that reconcile the total: our own calculation, the differences by cause, and the bill. Then the
    /// bill's own sum if it is wrong, the cases that are unusual, and what a reader must know of our own side.
    pub fn reconciled(&self) -> Vec<Message> {
        let causes = self.causes();
        let sum: Amount = causes.values().copied().sum();
        assert_eq!(self.own + sum, self.received, "the differences explain the whole bill");
        let part = |(cause, amount): (&super::Why, &Amount)| {
            Message::joined(vec![cause.said(self.instrument), Message::plain(amount)], " ")
        };
        let parts = Message::joined(causes.iter().map(part).collect(), ", ");
        let (own, received, equal) = (self.own, self.received, self.equal());
        let mut out = vec![match causes.is_empty() {
            true => message!("compare.equal", own, sum, received, equal),
            false => message!("compare.reconciled", own, sum, parts, received, equal),
        }];
        out.extend(self.stated.map(|(line, stated)| message!("compare.stated", line, stated, received)));
        let warned = self.lines.iter().filter(|line| line.is_unusual());
        let warned: Vec<Message> = warned.map(|line| line.reference.clone()).collect();
        if !warned.is_empty() {
            out.push(message!("compare.warned", list = Message::joined(warned, ", ")));
        }
        out.extend(self.notes.iter().cloned());
        out
    }

    /// Writes the workbook `kontroll.xlsx` and the letter `brev.pdf` to the folder `out`. Both are dated `day`. Returns
    /// their names.
    ///
    /// # Errors
    /// Fails if a file cannot be made or written.
    pub fn write(&self, order: &Order, day: Day, out: &Path, language: Language) -> Result<Vec<String>> {
        crate::folder::make(out)?;
        let check = self.on_paper(order, day, language)?;
        crate::folder::write(&out.join("kontroll.xlsx"), paper::bill::workbook(&check)?)?;
        crate::folder::write(&out.join("brev.pdf"), paper::bill::letter(&check)?)?;
        Ok(vec!["kontroll.xlsx".to_owned(), "brev.pdf".to_owned()])
    }

    fn on_paper(&self, order: &Order, day: Day, language: Language) -> Result<BillCheck> {
        let names = Names::of(&Municipalities::built_in()?, language);
        // An institution may have a name of its own in the log, which no party has.
        let known = |word: &str| order.named(word).unwrap_or_else(|_| word.to_owned());
        let name = |word: Option<&str>| word.map_or_else(String::new, |word| names.name(&known(word)));
        let file = order.received.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let differing = self.lines.len() - self.equal();
        let count = |number: usize| domain::amount::grouped(number as u64);
        let title = match order.period {
            None => say!(language, "bill.title", instrument = self.instrument.said()),
            Some(period) => say!(language, "bill.title_of", instrument = self.instrument.said(), period),
        };
        let beside = Message::of(if order.log.is_some() { "bill.own_log" } else { "bill.own_settlement" });
        let opening = say!(
            language,
            "bill.opening",
            beside,
            file,
            received = self.received,
            own = self.own,
            equal = count(self.equal()),
            differing = count(differing)
        );
        let mut paragraphs = vec![opening];
        if self.received != self.own {
            paragraphs.push(say!(language, "bill.request", own = self.own));
        }
        let mut cautions: Vec<String> =
            self.reconciled().iter().skip(1).map(|note| language.say(note)).collect();
        if self.unsigned > 0 {
            cautions.push(say!(language, "bill.unsigned", count = self.unsigned));
        }
        cautions.push(language.text("bill.no_conclusion"));
        Ok(BillCheck {
            language,
            title,
            is_draft: self.unsigned > 0,
            sender: name(order.party),
            receiver: name(order.institution),
            date: day.year_month_day(),
            paragraphs,
            lines: self.lines.iter().map(|line| self.line(line, language)).collect(),
            reasons: self.lines.iter().flat_map(|line| reasons(line, language)).collect(),
            received: self.received,
            calculated: self.own,
            in_days: self.instrument == Instrument::DischargeReady,
            cautions,
        })
    }

    fn line(&self, line: &Line, language: Language) -> BillLine {
        let findings = line.findings(self.instrument).into_iter().map(|(finding, _)| finding);
        BillLine {
            reference: language.say(&line.reference),
            line: line.bill.as_ref().map(|bill| bill.line),
            finding: language.say(&Message::joined(findings.collect(), ", ")),
            billed: line.bill.as_ref().and_then(|bill| bill.quantity),
            own: line.own.as_ref().and_then(|own| own.known.quantity),
            received: line.received(),
            calculated: line.calculated(),
            because: language.say(&line.because()),
            is_told: line.is_told(),
        }
    }
}

fn reasons(line: &Line, language: Language) -> Vec<BillReason> {
    let reasons = line.own.iter().flat_map(|own| &own.reasons);
    reasons
        .map(|reason| BillReason {
            reference: language.say(&line.reference),
            text: language.say(&reason.text),
            provision: reason.provision.clone(),
        })
        .collect()
}
