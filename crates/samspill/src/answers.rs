//! Sentences that the command line prints about the results of jobs, and the remedies for refusals.

use std::collections::BTreeMap;

use domain::{Amount, Cause, Instrument, Month, Period};
use jobs::refusal::{Refusal, Remedy};
use jobs::settlement::{
    Causes, Closing, Correction, Finalising, Inherited, Inheriting, OnAccountPosted, Opening, Settlement,
    Settling, Sums,
};
use words::{Message, Said, message};

/// Remedy for a refusal: what to do, as a command where one helps.
pub fn remedy(refusal: &Refusal) -> Message {
    match refusal {
        Refusal::Unsigned(_) => message!("remedy.unsigned"),
        Refusal::OpenOnOtherTerms(_) => message!("remedy.open_on_other_terms"),
        Refusal::LaterMonthClosed { first, later: _ } => message!("remedy.later_month_closed", first),
        Refusal::PartlyOpen(_) => message!("remedy.partly_open"),
        Refusal::NotOpened { open, ledger, .. } => message!("remedy.not_opened", period = open, ledger),
        Refusal::NeverChanges { month, open: Some(open), .. } => {
            message!("remedy.never_changes", month, open)
        }
        Refusal::NeverChanges { open: None, .. } => message!("remedy.all_closed"),
        Refusal::OnAccountTooLate(month) => message!("remedy.on_account_too_late", month),
        Refusal::NothingClosed(period) => message!("remedy.nothing_closed", period),
        Refusal::NotSettled { month, ledger } | Refusal::NothingPosted { period: _, last: month, ledger } => {
            message!("remedy.run", month, ledger)
        }
        Refusal::EarlierNotClosed { month, ledger } => message!("remedy.close", month, ledger),
        Refusal::RestsOnUnsigned { month, values: _ } => message!("remedy.rests_on_unsigned", month),
        Refusal::SettledBefore { instrument, month: _ } => message!("remedy.settled_before", instrument),
        Refusal::NotClosed { month, ledger } => message!("remedy.not_closed", month, ledger),
        Refusal::NoSuchMunicipality { .. } => message!("remedy.no_such_municipality"),
        Refusal::HasNotEnded { .. } | Refusal::OneHeir { .. } => message!("remedy.has_not_ended"),
        Refusal::HeirDecided { .. } => message!("remedy.heir_decided"),
        Refusal::DecisionInClosedMonth(_) => message!("remedy.decision_in_closed_month"),
        Refusal::NoSettlementOf(_) | Refusal::YearNotSettled { .. } => message!("remedy.no_settlement_of"),
        Refusal::Undecided { party, month, ledger } => {
            message!("remedy.undecided", party, day = month.first(), ledger)
        }
        Refusal::NoLine { contact, ledger, .. } => message!("remedy.no_line", contact, ledger),
        Refusal::LineTakenOff { ledger } => message!("remedy.line_taken_off", ledger),
        Refusal::NoSuchObjection { ledger, key: _ } => message!("remedy.no_such_objection", ledger),
        Refusal::DecidedOtherwise { .. } => message!("remedy.decided_otherwise"),
        Refusal::NoSuchVoucher(_) => message!("remedy.no_such_voucher"),
        Refusal::NoSuchVersion { period, .. } => message!("remedy.no_such_version", period),
        Refusal::NoLineIn { .. } => message!("remedy.no_line_in"),
        Refusal::NotOver(_) => message!("remedy.not_over"),
        Refusal::NothingSettledFor { .. } => message!("remedy.nothing_settled_for"),
        Refusal::MoreThanSettled { .. } => message!("remedy.more_than_settled"),
        Refusal::NothingToForecast(_) => message!("remedy.nothing_to_forecast"),
        Refusal::NothingOfParty { .. } => message!("remedy.nothing_of_party"),
        Refusal::NoInvoiceOfSummary { .. } => message!("remedy.no_invoice_of_summary"),
        Refusal::MonthNotOver(_) => message!("remedy.month_not_over"),
        Refusal::NothingIn(_) => message!("remedy.nothing_in"),
        Refusal::InstrumentGone { .. } => message!("remedy.instrument_gone"),
        Refusal::LargeChange { .. } => message!("remedy.large_change"),
        Refusal::OlderDelivery { .. } => message!("remedy.older_delivery"),
        Refusal::OtherRules { ledger, files: _ } => message!("remedy.other_rules", ledger),
        Refusal::BoardDecidedOtherwise { .. } => message!("remedy.board_decided_otherwise"),
        Refusal::NoInstitution { .. } => message!("remedy.no_institution"),
    }
}

/// Remedy for something that failed; `None` if no remedy is known.
pub fn remedy_of_failure(remedy: &Remedy) -> Option<Message> {
    Some(match remedy {
        Remedy::None | Remedy::OtherOrder => return None,
        Remedy::OtherOutput => message!("remedy.other_output"),
        Remedy::OwnMapping => message!("remedy.own_mapping"),
        Remedy::CheckRules => message!("remedy.check_rules"),
        Remedy::AddRow => message!("remedy.add_row"),
        Remedy::OpenLedger(ledger) => message!("remedy.open_ledger", ledger),
        Remedy::RunAgain => message!("remedy.run_again"),
        Remedy::LaterTime => message!("remedy.later_time"),
        Remedy::VerifyLedger(ledger) => message!("remedy.verify_ledger", ledger),
        Remedy::MendStore => message!("remedy.mend_store"),
    })
}

/// Sentence on the opening of a period.
pub fn opening(opening: &Opening, period: Period) -> Message {
    match opening {
        Opening::Unchanged => message!("screen.opened_before", period),
        Opening::Opened { first, place: ledger } => message!("screen.opened", period, ledger, first),
    }
}

/// Sentence on amounts on account.
pub fn on_account(posted: &OnAccountPosted, period: Period) -> Message {
    match posted {
        OnAccountPosted::Unchanged => message!("screen.on_account_before", period),
        OnAccountPosted::Posted { vouchers: count, sums: of, left_out } => {
            let said = message!("screen.on_account", period, count, sums = sums(of));
            let ended = left_out.iter().map(|instrument| message!("settle.not_in_force", instrument));
            Message::joined(std::iter::once(said).chain(ended).collect(), "; ")
        }
    }
}

/// Lines on a settlement, at least one for each month.
pub fn settlement(settled: &Settlement) -> Vec<Message> {
    let mut out: Vec<Message> = undelivered(&settled.undelivered).into_iter().collect();
    out.extend(left_out(&settled.left_out));
    for (month, settling) in &settled.months {
        match settling {
            Settling::Unchanged => out.push(message!("screen.settled_before", month)),
            Settling::Posted { step, is_first, vouchers, sums: of, causes: by, reopened: keys } => {
                out.push(match vouchers {
                    0 if *is_first => message!("screen.no_activity", month, step),
                    0 => message!("screen.only_signed", month, step),
                    _ => {
                        let count = domain::amount::grouped(*vouchers as u64);
                        message!("screen.settled", month, step, count, sums = sums(of), causes = causes(by))
                    }
                });
                out.extend(reopened(keys));
            }
        }
    }
    out
}

/// Line on units and months that a delivery leaves out; `None` if there are none.
fn left_out(pairs: &[(String, Month)]) -> Option<Message> {
    let list: Vec<String> = pairs.iter().take(20).map(|(unit, month)| format!("{unit} {month}")).collect();
    (!pairs.is_empty()).then(|| message!("screen.left_out", count = pairs.len(), list = list.join(", ")))
}

/// Lines on a correction posted in the month `into`: one for each month that it corrects, and the sum.
pub fn correction(corrected: &Correction, into: Month) -> Vec<Message> {
    let mut out: Vec<Message> = undelivered(&corrected.undelivered).into_iter().collect();
    out.extend(left_out(&corrected.left_out));
    for (month, by) in &corrected.months {
        out.push(match by {
            None => message!("screen.no_difference", month),
            Some(by) if by.is_empty() => message!("screen.no_kroner_moved", month),
            Some(by) => message!("screen.difference", month, causes = causes(by)),
        });
    }
    match &corrected.posted {
        None => out.push(message!("screen.nothing_changed")),
        Some((0, _)) => out.push(message!("screen.corrected_without_vouchers", into)),
        Some((count, of)) => out.push(message!("screen.corrected", into, count, sums = sums(of))),
    }
    out.extend(reopened(&corrected.reopened));
    out
}

/// Lines on the closing of months, one for each month.
pub fn closing(closed: &[(Month, Closing)]) -> Vec<Message> {
    let line = |(month, closing): &(Month, Closing)| match closing {
        Closing::Unchanged => message!("screen.closed_before", month),
        Closing::Netted(count) => message!("screen.closed", month, count),
        Closing::SetAgainstLater => message!("screen.closed_later", month),
    };
    closed.iter().map(line).collect()
}

/// Sentence on a change of the rules that a ledger stands on.
pub fn rules(ruling: &jobs::settlement::rules::Ruling) -> Message {
    use jobs::settlement::rules::Ruling;
    match ruling {
        Ruling::Unchanged => message!("screen.rules_before"),
        Ruling::Changed(files) => message!("screen.rules", list = files.join(", ")),
    }
}

/// Sentence on making a period final.
pub fn finalising(finalising: Finalising, period: Period) -> Message {
    match finalising {
        Finalising::Unchanged => message!("screen.final_before", period),
        Finalising::Final => message!("screen.final", period),
    }
}

/// Sentence on a decision on who answers for a party.
pub fn inheriting(inheriting: Inheriting, decision: &Inherited) -> Message {
    let Inherited { party, heir, from, reference: _ } = decision;
    match inheriting {
        Inheriting::Unchanged => message!("screen.heir_before"),
        Inheriting::Recorded => message!("screen.heir", heir, party, from),
    }
}

fn undelivered(units: &[String]) -> Option<Message> {
    (!units.is_empty()).then(|| message!("screen.undelivered", list = units.join(", ")))
}

fn reopened(keys: &[String]) -> Option<Message> {
    (!keys.is_empty()).then(|| message!("screen.reopened", list = keys.join(", ")))
}

fn sums(sums: &Sums) -> String {
    let by_word: BTreeMap<&str, Amount> = sums
        .0
        .iter()
        .map(|(instrument, amount)| (instrument.map_or("", Instrument::word), *amount))
        .collect();
    by_word.iter().map(|(word, amount)| format!("{word} {amount}")).collect::<Vec<_>>().join(", ")
}

fn causes(causes: &Causes) -> Message {
    let part = |(cause, ore): (&Cause, &i64)| match ore {
        // What some pay more, others pay less.
        0 => message!("screen.cause_in_balance", cause = cause.said()),
        ore => Message::joined(vec![cause.said(), Message::plain(Amount::from_ore(*ore))], " "),
    };
    Message::joined(causes.iter().map(part).collect(), ", ")
}

#[cfg(test)]
mod tests {
    use domain::{Day, Minute, PeriodState, Ruling};

    use super::*;

    /// A correction that moves no kroner says so. A change of payer whose amounts add up to zero is not shown as
    /// «0,00 kr».
    #[test]
    fn a_correction_without_kroner_is_said_in_words() {
        let month = Month::parse("2012-01").unwrap();
        let corrected = |causes: Causes, posted| {
            let months = vec![(month, Some(causes))];
            let lines = correction(&Correction { months, posted, ..Correction::default() }, month);
            lines.iter().map(|line| words::Language::Nb.say(line)).collect::<Vec<_>>().join("\n")
        };
        let nothing = corrected(Causes::new(), Some((0, Sums::default())));
        assert_eq!(
            nothing,
            "2012-01: ingen kroner er endret\nført i 2012-01: ingen bilag, for ingen kroner er endret"
        );
        let moved = corrected([(domain::Cause::ChangedPayer, 0)].into(), None);
        assert!(moved.contains("endret betaler (summen er den samme") && !moved.contains("0,00"), "{moved}");
    }

    /// Place of a refusal in the table below. The match holds every refusal, so that a new one must get a place,
    /// and a row.
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
            Refusal::EarlierNotClosed { .. } => 8,
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
            Refusal::NoInvoiceOfSummary { .. } => 30,
            Refusal::MonthNotOver(_) => 31,
            Refusal::NothingIn(_) => 32,
            Refusal::LargeChange { .. } => 33,
            Refusal::OlderDelivery { .. } => 34,
            Refusal::OtherRules { .. } => 35,
            Refusal::BoardDecidedOtherwise { .. } => 36,
            Refusal::NoInstitution { .. } => 37,
            Refusal::OnAccountTooLate(_) => 38,
            Refusal::YearNotSettled { .. } => 39,
            Refusal::Undecided { .. } => 40,
            Refusal::InstrumentGone { .. } => 41,
            Refusal::SettledBefore { .. } => 42,
        }
    }

    fn every_refusal() -> Vec<Refusal> {
        let (month, later) = (Month::parse("2012-03").unwrap(), Month::parse("2012-05").unwrap());
        let (day, period) = (Day::parse("2024-01-01").unwrap(), Period::parse("2012").unwrap());
        let ledger = "oppgjor.sqlite".to_owned();
        let again = ledger.clone();
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
            Refusal::NotOpened { month, open: period, ledger: ledger.clone() },
            Refusal::NeverChanges { month, state: PeriodState::Closed, open: Some(month) },
            Refusal::NothingClosed(period),
            Refusal::NotSettled { month, ledger: ledger.clone() },
            Refusal::EarlierNotClosed { month, ledger: ledger.clone() },
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
            Refusal::NoInvoiceOfSummary { period: "2012-T1".to_owned() },
            Refusal::MonthNotOver(month),
            Refusal::NothingIn(month),
            Refusal::LargeChange {
                month,
                contacts: 812,
                of: 9_120,
                amount: Amount::from_ore(-218_345_600),
                settled: Amount::from_ore(1_912_345_600),
            },
            Refusal::OlderDelivery { file: "mars.csv".to_owned(), month, last: 4 },
            Refusal::OtherRules { files: vec!["law/co-financing.toml".to_owned()], ledger: again.clone() },
            Refusal::BoardDecidedOtherwise { reference: "AU 12/3".to_owned() },
            Refusal::NoInstitution { code: "0301".to_owned() },
            Refusal::OnAccountTooLate(month),
            Refusal::YearNotSettled { year: 2012, months: vec![month] },
            Refusal::Undecided { party: "undecided:1850".to_owned(), month, ledger: again },
            Refusal::InstrumentGone { month, instrument, contacts: 4 },
            Refusal::SettledBefore { month, instrument },
        ]
    }

    /// Every refusal has its words and a remedy in three languages, kept word for word.
    #[test]
    fn words_of_every_refusal() {
        let all = every_refusal();
        assert!(all.iter().map(place).eq(0..43), "one row for each refusal, in order");
        let row = |one: &Refusal| {
            let texts = words::Language::ALL.map(|language| {
                let (fault, remedy) = (language.say(&one.said()), language.say(&remedy(one)));
                format!("{}: {fault}\n    {remedy}\n", language.code())
            });
            texts.concat()
        };
        let shown: Vec<String> = all.iter().map(row).collect();
        expect_test::expect_file!["../tests/snapshots/refusals.txt"].assert_eq(&shown.join("\n"));
    }
}
