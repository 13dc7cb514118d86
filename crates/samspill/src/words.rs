//! Sentences on the answers, refusals and progress of jobs.

use std::collections::BTreeMap;

use domain::{Amount, Cause, Instrument, Month, Period};
use jobs::progress::{Note, Work};
use jobs::refusal::{Refusal, Remedy};
use jobs::settlement::{
    Causes, Closing, Correction, Finalising, Inherited, Inheriting, OnAccountPosted, Opening, Settlement,
    Settling, Sums,
};

/// Norwegian name of a piece of work.
pub fn work(work: &Work) -> String {
    let text = match work {
        Work::Check => "leser og kontrollerer",
        Work::ReadDelivery => "leser leveransen",
        Work::Settle(period) => return format!("gjør opp {period}"),
        Work::Post(month) => return format!("bokfører {month}"),
        Work::Close(month) => return format!("lukker {month}"),
        Work::VerifyChain => "regner ut hver hash på nytt",
        Work::VerifyVouchers => "sammenholder bilagene med kravene bak dem",
        Work::ReadVouchers => "leser bilagene",
        Work::WriteStatements(count) => return format!("skriver {count} oppgjør"),
        Work::CountCells => "teller kontakter i celler",
        Work::PriceScenarios => "priser scenarioene",
        Work::WriteScenarios => "skriver tabeller, figurer og notat",
        Work::PersonCosts => "regner ut hva hver person koster",
        Work::Distributions => "regner ut fordelingene",
        Work::CountIndicators => "teller indikatorer",
        Work::CountByTrust => "teller etter hvem som behandlet",
        Work::SettleContacts => "gjør opp kontaktene",
        Work::WriteProfiles => "skriver profiler",
        Work::MakeRegister(year) => return format!("lager syntetisk register {year}"),
        Work::KeyFigures => "regner ut nøkkeltall",
        Work::PriceAlternatives => "priser departementets alternativer",
        Work::SettleYear => "gjør opp året, måned for måned",
        Work::SplitDelivery => "skiller ut leveransen for første kvartal",
    };
    text.to_owned()
}

/// A note as one line.
pub fn note(note: &Note) -> String {
    match note {
        Note::Warning { warning, count } => format!("note: {warning} ({count})"),
        Note::CellsKept(path) => format!("celler skrevet: {}", path.display()),
        Note::Refused(count) => refused(*count),
    }
}

/// The fact that a refusal is about, in one sentence.
pub fn fault(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unsigned(values) => {
            format!("{} values are unsigned:\n  {}", values.len(), values.join("\n  "))
        }
        Refusal::OpenOnOtherTerms(month) => format!("{month} is open already, on other terms than these"),
        Refusal::LaterMonthClosed { later, first } => format!("{later} is closed, and comes after {first}"),
        Refusal::PartlyOpen(period) => format!("some months of {period} are open already"),
        Refusal::NotOpened { month, ledger: _ } => format!("{month} is not opened"),
        Refusal::NeverChanges { month, state } => format!("{month} is {state}: it never changes"),
        Refusal::NothingClosed(period) => format!("no month of {period} is closed"),
        Refusal::NotSettled { month, ledger: _ } => format!("{month} is not settled yet"),
        Refusal::EarlierNotClosed(month) => format!("{month} is not closed yet"),
        Refusal::RestsOnUnsigned { month, values } => {
            format!("{month} rests on {} unsigned values: {}", values.len(), values.join("; "))
        }
        Refusal::NotClosed { month, ledger: _ } => format!("{month} is not closed"),
        Refusal::NoSuchMunicipality { code, day } => format!("there is no municipality {code} on {day}"),
        Refusal::HasNotEnded { code, day } => {
            format!("{code} is no municipality that has ended before {day}")
        }
        Refusal::OneHeir { code, heir } => format!("{code} became {heir} alone, and that one answers for it"),
        Refusal::HeirDecided { code, heir } => {
            format!("{heir} answers for {code} already, by a decision that was recorded")
        }
        Refusal::DecisionInClosedMonth(month) => {
            format!("{month} is closed: what its statements say never changes")
        }
        Refusal::NoSettlementOf(year) => format!("the ledger holds no settlement of {year}"),
        Refusal::NoLine { party, contact, instrument, month, ledger: _ } => {
            format!("{party} has no line for contact {contact} under {instrument} in {month}")
        }
        Refusal::LineTakenOff { ledger: _ } => {
            "the whole line is taken off already, by an objection that was decided".to_owned()
        }
        Refusal::NoSuchObjection { key, ledger: _ } => format!("there is no objection {key}"),
        Refusal::DecidedOtherwise { key, outcome, reference } => {
            format!("{key} is decided already, as {outcome} ({reference})")
        }
        Refusal::NoSuchVoucher(number) => format!("there is no voucher {number}"),
        Refusal::NoSuchVersion { period, versions, asked } => {
            format!("the statement of {period} has {versions} versions, not {asked}")
        }
        Refusal::NothingPosted { period, last: _, ledger: _ } => format!("nothing is posted for {period}"),
        Refusal::NoLineIn { party, period } => format!("{party} has no line in {period}"),
        Refusal::NotOver(at) => format!("{at} is not over: what is known then may change"),
        Refusal::NothingSettledFor { institution, instrument, year } => {
            format!("nothing of {instrument} was settled for {institution} in {year}")
        }
        Refusal::MoreThanSettled { reference, amount, institution, settled, year } => {
            format!(
                "{reference} takes off {amount} of {institution}, more than the {settled} that was settled in {year}"
            )
        }
        Refusal::NothingToForecast(month) => {
            format!("there is nothing to forecast from at the end of {month}")
        }
        Refusal::NothingOfParty { party, year } => format!("{party} has nothing settled in {year}"),
    }
}

/// Remedy for a refusal.
#[expect(clippy::too_many_lines, reason = "one row for each refusal")]
pub fn remedy(refusal: &Refusal) -> String {
    let text = match refusal {
        Refusal::Unsigned(_) => {
            "give --draft to use them in a draft, or sign their sources in the rule files (signed_off)"
        }
        Refusal::OpenOnOtherTerms(_) => {
            "a month keeps the terms that it was opened on: leave --mode, --balancing and --rounding as they were"
        }
        Refusal::LaterMonthClosed { first, later: _ } => {
            return format!("samspill settlement correct takes in what belongs to {first} in an open month");
        }
        Refusal::PartlyOpen(_) => "open the others one by one, as 2012-07",
        Refusal::NotOpened { month, ledger } => {
            return format!("samspill settlement open {} --ledger {ledger}", month.year());
        }
        Refusal::NeverChanges { month, state: _ } => {
            return format!(
                "samspill settlement correct {month} --into MONTH posts the difference in an open month"
            );
        }
        Refusal::NothingClosed(period) => {
            return format!(
                "samspill settlement run {period} settles a month that is open or provisional again"
            );
        }
        Refusal::NotSettled { month, ledger } | Refusal::NothingPosted { period: _, last: month, ledger } => {
            return format!("samspill settlement run {month} --ledger {ledger} --contacts FILE");
        }
        Refusal::EarlierNotClosed(month) => return format!("samspill settlement close {month}"),
        Refusal::RestsOnUnsigned { month, values: _ } => {
            return format!(
                "sign their sources (signed_off) in a folder of rules, and settle it again: samspill settlement correct {month} --into MONTH --law DIR"
            );
        }
        Refusal::NotClosed { month, ledger } => {
            return format!("samspill settlement close {month} --ledger {ledger}");
        }
        Refusal::NoSuchMunicipality { .. } => {
            "give the code of the municipality that answers, as it is on that day"
        }
        Refusal::HasNotEnded { .. } | Refusal::OneHeir { .. } => {
            "only a municipality that was split, as undecided:1507 or 0720, waits for a decision"
        }
        Refusal::HeirDecided { .. } => {
            "what statements rest on is not decided over again: move single amounts by an objection"
        }
        Refusal::DecisionInClosedMonth(_) => "let the decision count from a month that is open",
        Refusal::NoSettlementOf(_) => "give the amounts in a file with --budget FILE",
        Refusal::NoLine { contact, ledger, .. } => {
            return format!("samspill explain {contact} --ledger {ledger} shows what is posted");
        }
        Refusal::LineTakenOff { ledger } => {
            return format!("samspill objection list --ledger {ledger} shows it");
        }
        Refusal::NoSuchObjection { ledger, key: _ } => {
            return format!("samspill objection list --ledger {ledger}");
        }
        Refusal::DecidedOtherwise { .. } => {
            "a decision is not made over: file a new objection to what is left of the line"
        }
        Refusal::NoSuchVoucher(_) => "statements name the vouchers behind each line",
        Refusal::NoSuchVersion { period, .. } => {
            return format!("samspill settlement status {period} shows the versions");
        }
        Refusal::NoLineIn { .. } => {
            "give a municipality's code, an organisation number or 'state'; leave --party out for all"
        }
        Refusal::NotOver(_) => "leave --known-on out for what is known now",
        Refusal::NothingSettledFor { .. } => {
            "the institution is named as unit or creditor in samspill ledger export --as csv"
        }
        Refusal::MoreThanSettled { .. } => "check the amount: more than everything cannot be taken off",
        Refusal::NothingToForecast(_) => {
            "two settled months of the year are needed, that month among them, and one that is left"
        }
        Refusal::NothingOfParty { .. } => "leave --party out for all",
    };
    text.to_owned()
}

/// Remedy for an error of a library; `None` if no remedy is known.
pub fn library_remedy(remedy: &Remedy) -> Option<String> {
    let text = match remedy {
        Remedy::None | Remedy::OtherOrder => return None,
        Remedy::OtherOutput => "give another name with --out",
        Remedy::OwnMapping => "copy a built-in mapping, change the names, and give it with --mapping FILE",
        Remedy::CheckRules => "samspill rules check --law DIR tells what is wrong with rule files",
        Remedy::AddRow => {
            "add the missing row, with its source, to the rule file and give the folder with --law DIR"
        }
        Remedy::OpenLedger(ledger) => {
            return Some(format!("samspill settlement open 2012 --ledger {ledger} makes one"));
        }
        Remedy::RunAgain => "nothing was posted: run the same command again",
        Remedy::LaterTime => "give a later time with --now, or leave it out",
        Remedy::VerifyLedger(ledger) => {
            return Some(format!("samspill ledger verify --ledger {ledger} finds what was altered"));
        }
        Remedy::MendStore => {
            "nothing was posted: mend what the message names, and run the same command again"
        }
    };
    Some(text.to_owned())
}

/// Norwegian sentence on the opening of a period.
pub fn opening(opening: &Opening, period: Period, ledger: &str) -> String {
    match opening {
        Opening::Unchanged => format!("{period} er åpnet fra før; ingenting endret"),
        Opening::Opened(first) => format!(
            "åpnet {period} i {ledger}; neste: samspill settlement run {first} --ledger {ledger} --contacts FIL"
        ),
    }
}

/// Norwegian sentence on amounts on account.
pub fn on_account(posted: &OnAccountPosted, period: Period) -> String {
    match posted {
        OnAccountPosted::Unchanged => format!("{period}: a konto er ført fra før; ingenting endret"),
        OnAccountPosted::Posted { vouchers, sums: of } => {
            format!("{period}: {vouchers} bilag a konto; {}", sums(of))
        }
    }
}

/// Norwegian lines on a settlement, at least one for each month.
pub fn settlement(settled: &Settlement) -> Vec<String> {
    let mut out: Vec<String> = undelivered(&settled.undelivered).into_iter().collect();
    for (month, settling) in &settled.months {
        match settling {
            Settling::Unchanged => {
                out.push(format!("{month}: akkurat dette er bokført fra før; ingenting endret"));
            }
            Settling::Posted { step, is_first, vouchers, sums: of, causes: by, reopened: keys } => {
                out.push(match vouchers {
                    0 if *is_first => format!("{month}: steg {step}, ingen aktivitet"),
                    0 => format!("{month}: steg {step}, ingen forskjell i kroner; reglene er signert nå"),
                    _ => {
                        let count = domain::amount::grouped(*vouchers as u64);
                        format!("{month}: steg {step}, {count} bilag; {}; {}", sums(of), causes(by))
                    }
                });
                out.extend(reopened(keys));
            }
        }
    }
    out
}

/// Norwegian lines on a correction posted in the month `into`: one for each month that it corrects, and the
/// sum.
pub fn correction(corrected: &Correction, into: Month) -> String {
    let mut out: Vec<String> = undelivered(&corrected.undelivered).into_iter().collect();
    for (month, by) in &corrected.months {
        out.push(match by {
            None => format!("{month}: ingen forskjell"),
            Some(by) => format!("{month}: {}", causes(by)),
        });
    }
    match &corrected.posted {
        None => out.push("ingenting endret".to_owned()),
        Some((count, of)) => out.push(format!("ført i {into}: {count} bilag; {}", sums(of))),
    }
    out.extend(reopened(&corrected.reopened));
    out.join("\n")
}

/// Norwegian lines on the closing of months, one for each month.
pub fn closing(closed: &[(Month, Closing)]) -> String {
    let line = |(month, closing): &(Month, Closing)| match closing {
        Closing::Unchanged => format!("{month}: lukket fra før; ingenting endret"),
        Closing::Netted(count) => format!("{month}: lukket, {count} beløp å gjøre opp"),
        Closing::SetAgainstLater => format!("{month}: lukket; gjøres opp mot a konto senere"),
    };
    closed.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Norwegian sentence on making a period final.
pub fn finalising(finalising: Finalising, period: Period) -> String {
    match finalising {
        Finalising::Unchanged => format!("{period}: endelig fra før; ingenting endret"),
        Finalising::Final => format!("{period}: endelig"),
    }
}

/// Norwegian sentence on a decision on who answers for a party.
pub fn inheriting(inheriting: Inheriting, decision: &Inherited) -> String {
    match inheriting {
        Inheriting::Unchanged => "vedtaket er ført fra før; ingenting endret".to_owned(),
        Inheriting::Recorded => {
            format!("{} svarer for {} fra {}", decision.heir, decision.party, decision.from)
        }
    }
}

/// Norwegian sentence on the number of rows that the check refused.
pub fn refused(count: u64) -> String {
    format!("{count} rader avvist: samspill check FIL viser hvilke, med årsak og hvem som kan rette dem")
}

fn undelivered(units: &[String]) -> Option<String> {
    let list = units.join(", ");
    (!units.is_empty()).then(|| {
        format!("OBS: dekningen nevner {list}, og leveransen har ingen kontakter derfra: det som er bokført, trekkes")
    })
}

fn reopened(keys: &[String]) -> Option<String> {
    let list = keys.join(", ");
    (!keys.is_empty())
        .then(|| format!("linjer med avgjort innsigelse er endret; må avgjøres på nytt: {list}"))
}

fn sums(sums: &Sums) -> String {
    let by_word: BTreeMap<&str, Amount> = sums
        .0
        .iter()
        .map(|(instrument, amount)| (instrument.map_or("", Instrument::word), *amount))
        .collect();
    by_word.iter().map(|(word, amount)| format!("{word} {amount}")).collect::<Vec<_>>().join(", ")
}

fn causes(causes: &Causes) -> String {
    let part = |(cause, ore): (&Cause, &i64)| format!("{} {}", cause.name(), Amount::from_ore(*ore));
    causes.iter().map(part).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use domain::{Day, Minute, PeriodState, Ruling};

    use super::*;

    /// Place of a refusal in the table below: one that is added must be given a place, and so a row.
    fn place(refusal: &Refusal) -> usize {
        match refusal {
            Refusal::Unsigned(_) => 0,
            Refusal::OpenOnOtherTerms(_) => 1,
            Refusal::LaterMonthClosed { .. } => 2,
            Refusal::PartlyOpen(_) => 3,
            Refusal::NotOpened { .. } => 4,
            Refusal::NeverChanges { .. } => 5,
            Refusal::NothingClosed(_) => 6,
            Refusal::NotSettled { .. } => 7,
            Refusal::EarlierNotClosed(_) => 8,
            Refusal::RestsOnUnsigned { .. } => 9,
            Refusal::NotClosed { .. } => 10,
            Refusal::NoSuchMunicipality { .. } => 11,
            Refusal::HasNotEnded { .. } => 12,
            Refusal::OneHeir { .. } => 13,
            Refusal::HeirDecided { .. } => 14,
            Refusal::DecisionInClosedMonth(_) => 15,
            Refusal::NoSettlementOf(_) => 16,
            Refusal::NoLine { .. } => 17,
            Refusal::LineTakenOff { .. } => 18,
            Refusal::NoSuchObjection { .. } => 19,
            Refusal::DecidedOtherwise { .. } => 20,
            Refusal::NoSuchVoucher(_) => 21,
            Refusal::NoSuchVersion { .. } => 22,
            Refusal::NothingPosted { .. } => 23,
            Refusal::NoLineIn { .. } => 24,
            Refusal::NotOver(_) => 25,
            Refusal::NothingSettledFor { .. } => 26,
            Refusal::MoreThanSettled { .. } => 27,
            Refusal::NothingToForecast(_) => 28,
            Refusal::NothingOfParty { .. } => 29,
        }
    }

    fn every_refusal() -> Vec<Refusal> {
        let (month, later) = (Month::parse("2012-03").unwrap(), Month::parse("2012-05").unwrap());
        let (day, period) = (Day::parse("2024-01-01").unwrap(), Period::parse("2012").unwrap());
        let ledger = "oppgjor.sqlite".to_owned();
        let value = vec!["law/co-financing.toml:204: choice dated_by = discharge".to_owned()];
        let (code, party) = ("1507".to_owned(), "1201".to_owned());
        let (instrument, contact) = (Instrument::DischargeReady, 4711);
        let (key, reference) = ("2012-03-1201-1".to_owned(), "TLN 12/1".to_owned());
        let institution = "U1".to_owned();
        vec![
            Refusal::Unsigned(value.clone()),
            Refusal::OpenOnOtherTerms(month),
            Refusal::LaterMonthClosed { later, first: month },
            Refusal::PartlyOpen(period),
            Refusal::NotOpened { month, ledger: ledger.clone() },
            Refusal::NeverChanges { month, state: PeriodState::Closed },
            Refusal::NothingClosed(period),
            Refusal::NotSettled { month, ledger: ledger.clone() },
            Refusal::EarlierNotClosed(month),
            Refusal::RestsOnUnsigned { month, values: value },
            Refusal::NotClosed { month, ledger: ledger.clone() },
            Refusal::NoSuchMunicipality { code: "9999".to_owned(), day },
            Refusal::HasNotEnded { code: party.clone(), day },
            Refusal::OneHeir { code: "1503".to_owned(), heir: "1505".to_owned() },
            Refusal::HeirDecided { code, heir: "1508".to_owned() },
            Refusal::DecisionInClosedMonth(month),
            Refusal::NoSettlementOf(2011),
            Refusal::NoLine { party: party.clone(), contact, instrument, month, ledger: ledger.clone() },
            Refusal::LineTakenOff { ledger: ledger.clone() },
            Refusal::NoSuchObjection { key: key.clone(), ledger: ledger.clone() },
            Refusal::DecidedOtherwise { key, outcome: Ruling::Upheld, reference: reference.clone() },
            Refusal::NoSuchVoucher(17),
            Refusal::NoSuchVersion { period: "2012-03".to_owned(), versions: 2, asked: 3 },
            Refusal::NothingPosted { period: "2012-T1".to_owned(), last: month, ledger },
            Refusal::NoLineIn { party: party.clone(), period: "2012-T1".to_owned() },
            Refusal::NotOver(Minute::parse("2030-01-01").unwrap()),
            Refusal::NothingSettledFor { institution: institution.clone(), instrument, year: 2012 },
            Refusal::MoreThanSettled {
                reference,
                amount: Amount::from_ore(1_000_000),
                institution,
                settled: Amount::from_ore(400_000),
                year: 2012,
            },
            Refusal::NothingToForecast(month),
            Refusal::NothingOfParty { party, year: 2012 },
        ]
    }

    /// Every refusal has its words and a remedy, kept word for word.
    #[test]
    fn words_of_every_refusal() {
        let all = every_refusal();
        assert!(all.iter().map(place).eq(0..30), "one row for each refusal, in order");
        let row = |one: &Refusal| format!("error: {}\nhelp: {}\n", fault(one), remedy(one));
        let shown: Vec<String> = all.iter().map(row).collect();
        expect_test::expect_file!["../tests/snapshots/refusals.txt"].assert_eq(&shown.join("\n"));
    }
}
