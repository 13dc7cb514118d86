//! A scenario for one municipality, as a case for its council (`sak`): what the municipality pays before and in the
//! scenario, beside municipalities of its size. One or two pages, and the pictures.

use std::path::Path;

use domain::amount::grouped;
use domain::{Amount, Instrument};
use paper::brief::{Brief, BriefFigure, BriefTable};
use paper::view;
use simulation::Municipality;
use words::{Language, Message, message};

use super::simulate::{Outcome, Run};
use super::simulate_files::{
    bridge, by_size, cautions, date, first_said, footer, municipalities, of_free_income, per_cent, rounded,
    shown,
};
use super::{brief_table, heads, in_kroner, in_thousands, more_or_less, to_thousands};
use crate::failure::{About, Result, fail};
use crate::host::Host;
use crate::parties::code_of;
use crate::pictures;

/// Writes the case of each scenario as PDF, and its pictures. `code` is the municipality's. Returns the names of the
/// files.
///
/// # Errors
/// Fails if the municipality has no contact in the period, if the table of municipalities withholds its amounts, or if a
/// file cannot be written.
pub fn write(outcome: &Outcome, code: &str, out: &Path, host: &Host) -> Result<Vec<String>> {
    crate::folder::make(out)?;
    let mut written = Vec::new();
    for run in &outcome.runs {
        let case = Case::of(outcome, run, code, host.language)?;
        let stem = format!("sak-{code}-{}", run.scenario.id);
        let (names, figures): (Vec<_>, Vec<_>) = case.figures().into_iter().unzip();
        written.extend(pictures::with_brief(out, &stem, &case.brief(figures), &names)?);
    }
    Ok(written)
}

/// What a case is made from.
struct Case<'a> {
    outcome: &'a Outcome,
    run: &'a Run,
    one: &'a Municipality,
    name: String,
    language: Language,
}

impl Case<'_> {
    fn of<'a>(outcome: &'a Outcome, run: &'a Run, code: &str, language: Language) -> Result<Case<'a>> {
        let found = run.found.municipalities.iter().find(|one| code_of(&one.place.debtor) == code);
        let one = found.about(|| message!("error.council.no_contact", code, period = outcome.period))?;
        let name = outcome.names.name(&one.place.debtor);
        // The same amounts stand in the table of municipalities, which is protected before it is shared.
        if !shown(&municipalities(outcome, run)).contains(&one.place.debtor) {
            fail!("error.council.withheld", name);
        }
        Ok(Case { outcome, run, one, name, language })
    }

    fn figures(&self) -> Vec<(&'static str, BriefFigure)> {
        let heading = message!("council.scenario.from_before_to_net", name = self.name);
        vec![
            ("bro", bridge(&[self.one], &heading, self.language)),
            ("storrelse", by_size(self.outcome, self.run, self.language)),
        ]
    }

    fn brief(&self, figures: Vec<BriefFigure>) -> Brief {
        let (outcome, run, one, language) = (self.outcome, self.run, self.one, self.language);
        let fact = |name: &str, value: Message| (language.text(name), language.say(&value));
        let more = |amount: Amount| more_or_less(amount, in_thousands);
        let unknown = || Message::plain("..");
        let each = one.per_inhabitant(one.net()).map_or_else(unknown, in_kroner);
        let share = of_free_income(outcome, one, one.net())
            .map_or_else(unknown, |part| Message::Plain(per_cent(part)));
        let title = message!("council.scenario.title", name = self.name, title = run.scenario.title);
        let against = message!("simulate.set_against", against = outcome.against);
        let summary: Vec<Message> =
            first_said(run).into_iter().chain([run.summary.clone(), against]).collect();
        Brief {
            language,
            title: language.say(&title),
            tags: pictures::marks(!run.unsigned.is_empty(), outcome.synthetic, outcome.period, language),
            summary: language.say(&Message::joined(summary, " ")),
            facts: vec![
                fact("council.scenario.payments", more(one.change())),
                fact("council.scenario.net", more(one.net())),
                fact("council.scenario.each", each),
                fact("council.scenario.share", share),
            ],
            tables: std::iter::once(self.before_and_after()).chain(self.beside_others()).collect(),
            new_pages: Vec::new(),
            figures,
            cautions: cautions(outcome, run).iter().map(|caution| language.say(caution)).collect(),
            footer: footer(outcome, run, language),
            date: date(outcome),
            digest: format!("{} {}", run.scenario.digest, one.place.debtor),
        }
    }

    /// What the municipality pays and is granted, and the number of contacts that it pays for: before, in the scenario,
    /// and the change.
    fn before_and_after(&self) -> BriefTable {
        let one = self.one;
        let instrument = |instrument| view::instrument(instrument, self.language);
        let word = |key: &str| self.language.text(key);
        let amounts = [
            (instrument(Instrument::CoFinancing), one.against.kmf, one.scenario.kmf),
            (instrument(Instrument::DischargeReady), one.against.usk, one.scenario.usk),
            (word("council.scenario.above_cap"), -one.capped.0, -one.capped.1),
            (word("council.scenario.pays"), one.paid(), one.pays()),
            (word("simulate.bar.granted"), one.grants.0, one.grants.1),
        ];
        let is_zero = |ore: i64, other: i64| ore == 0 && other == 0;
        let mut rows: Vec<Vec<Message>> = amounts
            .into_iter()
            .filter(|(_, before, after)| !is_zero(before.ore(), after.ore()))
            .map(|(name, before, after)| {
                // The change is that of the amounts as they are shown, so that the row adds up.
                let change = to_thousands(after) - to_thousands(before);
                vec![Message::Plain(name), in_thousands(before), in_thousands(after), in_thousands(change)]
            })
            .collect();
        let [before, after] = [one.contacts.0, one.contacts.1].map(rounded);
        let number = |count: i64| {
            let sign = if count < 0 { "\u{2212}" } else { "" };
            Message::Plain(format!("{sign}{}", grouped(count.unsigned_abs())))
        };
        rows.push(vec![
            message!("council.scenario.contacts"),
            number(before),
            number(after),
            number(after - before),
        ]);
        let mut all = vec![Message::plain("")];
        all.extend(heads(["simulate.bar.before", "simulate.bar.after", "council.scenario.change"]));
        brief_table(&message!("council.scenario.before_and_after"), &all, &rows, self.language)
    }

    /// The municipality's net per inhabitant beside those of municipalities of its size. `None` if its inhabitants
    /// are unknown.
    fn beside_others(&self) -> Option<BriefTable> {
        let own = self.one.per_inhabitant(self.one.net())?;
        let size = self.run.found.sizes.iter().find(|size| self.one.people >= size.from)?;
        let others = message!("what_if.people", people = size.name);
        let mut row = vec![in_kroner(own), others, Message::Plain(grouped(size.count as u64))];
        row.extend(size.range.map(in_kroner));
        let mut all = vec![Message::plain(&self.name)];
        all.extend(heads([
            "simulate.head.municipality_of",
            "simulate.head.number",
            "simulate.head.per_inhabitant_low",
            "simulate.head.median",
            "simulate.head.high",
        ]));
        Some(brief_table(&message!("council.scenario.beside"), &all, &[row], self.language))
    }
}
