//! Flows: where the patients of each municipality are treated, and the kroner that go with them.

use std::collections::{BTreeMap, BTreeSet};

use disclosure::withhold::Total;
use disclosure::{Beneath, Cell, SafeTable};
use domain::UnitKind;
use statistics::counts::{self, By, Counts, Paid, People, Side};
use statistics::figures::{Figure, Figures, figures};
use statistics::flows::{Flow, Treater, Treaters};
use statistics::indicator::Indicator;
use statistics::levels::{Level, withhold};
use words::Message;

use super::peers::Peers;
use super::treatment::{Ground, TRUSTS, treating};
use super::{Larger, Outcome, counted, sheet_of};
use crate::failure::{Result, fail};
use crate::host::Host;
use crate::parties;
use crate::progress::Work;

/// Indicators that are told by flow. All are counted, whichever are asked for, so that the withheld cells do not depend on
/// that.
const FLOWING: [&str; 7] = [
    "admissions",
    "admissions-acute",
    "bed-days",
    "day-contacts",
    "outpatient-contacts",
    // What is paid for such patients is withheld where their number is.
    "discharge-ready",
    "discharge-ready-days",
];

/// Number of flows of each municipality.
const EACH: usize = Flow::ALL.len();

/// Counts and figures by municipality and flow, and by flow in the country.
pub struct Flows {
    homes: (Counts, Vec<Option<Figures>>),
    country: (Counts, Vec<Option<Figures>>),
}

impl Flows {
    /// Counts the flows, if they are asked for. `found` has the counts and figures of the municipalities, and `treated` those of
    /// treating trusts and units; what is withheld there decides what is withheld here.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or if no contact has a trust.
    pub(super) fn asked_for(
        ground: &Ground,
        (counts, found): (&Counts, &mut [Option<Figures>]),
        treated: &mut [Larger],
        host: &Host,
    ) -> Result<Option<Flows>> {
        if !ground.order.flows {
            return Ok(None);
        }
        // What is withheld of the treating trusts is decided first, whether or not they are asked for.
        let mut others = match treated.iter().any(|larger| larger.sheet == TRUSTS.1) {
            true => Vec::new(),
            false => treating(ground, &[TRUSTS], (counts, found), host)?,
        };
        let mut trusts = treated.iter_mut().chain(&mut others).filter(|larger| larger.sheet == TRUSTS.1);
        match trusts.next().filter(|trusts| !trusts.counts.homes.is_empty()) {
            Some(trusts) => Self::found(ground, (counts, found), trusts, host).map(Some),
            None => fail!("error.indicators.no_trust", contacts = ground.order.contacts.display()),
        }
    }

    fn found(
        ground: &Ground,
        found: (&Counts, &mut [Option<Figures>]),
        trusts: &mut Larger,
        host: &Host,
    ) -> Result<Flows> {
        let treaters = treaters(&counts::words_by(ground.reader, "trust", "unit_kind")?);
        let flowing = |one: &Indicator| {
            let is_told = FLOWING.contains(&one.id.as_str());
            let lacking = one.lacking.clone().or((!is_told).then(String::new));
            Indicator { lacking, ..one.clone() }
        };
        let indicators: Vec<Indicator> = ground.indicators.iter().map(flowing).collect();
        let counts = ground.count(&indicators, By::Flow(&treaters), Work::CountByFlow, host)?;
        let method = ground.without_people();
        let of: Vec<usize> = (0..counts.homes.len()).map(|place| place % EACH).collect();
        let names = Flow::ALL.map(|flow| flow.word().to_owned()).to_vec();
        let country = counts.grouped(names, &of);
        let figures = |counts: &Counts| figures(&indicators, counts, &People::new(), method);
        let mut out = Flows { homes: (counts, Vec::new()), country: (country, Vec::new()) };
        out.homes.1 = figures(&out.homes.0);
        out.country.1 = figures(&out.country.0);
        let totals = totals(found.0.homes.len(), &trusts.counts.homes, &treaters);
        let mut levels = [
            Level { counts: found.0, figures: found.1 },
            Level { counts: &trusts.counts, figures: &mut trusts.figures },
            Level { counts: &out.homes.0, figures: &mut out.homes.1 },
            Level { counts: &out.country.0, figures: &mut out.country.1 },
        ];
        withhold(&indicators, &mut levels, (&totals, 2), &|_, _| false, method.allowance);
        Ok(out)
    }

    /// Whether there are flows of an indicator.
    pub(super) fn tells(&self, indicator: usize) -> bool {
        self.homes.1[indicator].is_some()
    }

    /// Sheet of the flows of every municipality and of the country.
    pub(super) fn sheet(&self, outcome: &Outcome) -> SafeTable {
        let beside = outcome.peers.iter().map(|_| "peers_share");
        let mut sheet = sheet_of("flows", HEADS.into_iter().chain(beside));
        for (place, one, found) in outcome.written().filter(|(place, ..)| self.tells(*place)) {
            let codes = outcome.counts.homes.iter().map(String::as_str).zip(&found.homes);
            for (home, (code, whole)) in codes.enumerate() {
                let flows = home * EACH..(home + 1) * EACH;
                let mut rows = self.rows(outcome, (place, one), (code, whole), (&self.homes, flows));
                for (flow, row) in rows.iter_mut().enumerate() {
                    let peers = outcome.peers.iter();
                    row.extend(peers.map(|peers| self.of_peers((peers, home), (place, found), flow)));
                }
                rows.into_iter().for_each(|row| sheet.row(row, Beneath::Decided));
            }
            let rows = self.rows(outcome, (place, one), ("", &found.country), (&self.country, 0..EACH));
            for mut row in rows {
                row.extend(outcome.peers.iter().map(|_| Cell::Unknown));
                sheet.row(row, Beneath::Decided);
            }
        }
        sheet.protect()
    }

    /// Rows of the flows of one place. `whole` is the figure of all of them together.
    fn rows(
        &self,
        outcome: &Outcome,
        (place, one): (usize, &Indicator),
        (code, whole): (&str, &Figure),
        ((counts, figures), flows): (&(Counts, Vec<Option<Figures>>), std::ops::Range<usize>),
    ) -> Vec<Vec<Cell>> {
        let Some(found) = &figures[place] else { return Vec::new() };
        let name = match code {
            "" => Cell::Said(Message::under("indicators.place", "country")),
            code => Cell::Text(outcome.names.name(code)),
        };
        let row = |(flow, at): (Flow, usize)| {
            let figure = &found.homes[at];
            let share = match share(figure, whole) {
                _ if figure.is_withheld || whole.is_withheld => Cell::Withheld,
                None => Cell::Unknown,
                Some(share) => Cell::Share((share * 1e6).round() as i64),
            };
            let paid: Paid = counts.paid_of(place, Side::Numerator, at);
            let [pays, state, ..] = outcome.kroner(one, figure, paid);
            vec![
                Cell::Text(one.id.clone()),
                Cell::Text(outcome.title(one).to_owned()),
                Cell::Text(code.to_owned()),
                name.clone(),
                Cell::Said(Message::under("indicators.flow", flow.word())),
                if figure.is_withheld { Cell::Withheld } else { counted(one, figure.numerator) },
                share,
                pays,
                state,
            ]
        };
        Flow::ALL.into_iter().zip(flows).map(row).collect()
    }

    /// Median share of a flow in the similar municipalities whose share is shown.
    fn of_peers(
        &self,
        (peers, home): (&Peers, usize),
        (place, wholes): (usize, &Figures),
        flow: usize,
    ) -> Cell {
        let of = |peer: usize| {
            share(&self.homes.1[place].as_ref()?.homes[peer * EACH + flow], &wholes.homes[peer])
        };
        let median = peers.median(home, of);
        median.map_or(Cell::Unknown, |share| Cell::Share((share * 1e6).round() as i64))
    }
}

/// A flow's share of the figure of all; `None` if one of them is withheld, or if the whole is nothing.
fn share(figure: &Figure, whole: &Figure) -> Option<f64> {
    let is_shown = !figure.is_withheld && !whole.is_withheld && whole.numerator > 0;
    is_shown.then(|| figure.numerator as f64 / whole.numerator as f64)
}

const HEADS: [&str; 9] = [
    "indicator",
    "title",
    "municipality",
    "name",
    "treated_by",
    "numerator",
    "share_of_place",
    "municipality_pays_ore",
    "state_pays_ore",
];

/// Totals of a row that holds municipalities, treating trusts, the flows of each municipality, the flows of the country, and
/// the country.
fn totals(homes: usize, trusts: &[String], treaters: &Treaters) -> Vec<Total> {
    let flows = homes + trusts.len();
    let country = flows + homes * EACH;
    let mut out: Vec<Total> = (0..homes)
        .map(|home| Total::of(flows + home * EACH..flows + (home + 1) * EACH).published_at(home))
        .collect();
    out.extend((0..EACH).map(|flow| {
        Total::of((0..homes).map(|home| flows + home * EACH + flow)).published_at(country + flow)
    }));
    out.push(Total::of(country..country + EACH).published_at(country + EACH));
    // What is private in the country is what the private institutions have, if none of them has an area of its own.
    let private = || treaters.iter().filter(|(_, treater)| treater.is_private);
    if private().all(|(_, treater)| treater.areas.is_empty()) {
        let numbers: BTreeSet<&String> = private().map(|(number, _)| number).collect();
        let members = (0..trusts.len()).filter(|place| numbers.contains(&trusts[*place]));
        let at = Flow::ALL.iter().position(|flow| *flow == Flow::Private).unwrap_or_default();
        out.push(Total::of(members.map(|place| homes + place)).published_at(country + at));
    }
    out
}

/// What is known of the organisations of a register. `kinds` has the kinds of unit of each organisation: one that the
/// program does not know is private if all its units are.
fn treaters(kinds: &BTreeMap<String, BTreeSet<String>>) -> Treaters {
    let is_private = |kind: &String| {
        use UnitKind::{
            ContractSpecialist, PrivateHospital, PrivateHospitalWithAgreement, PrivateRehabilitation,
        };
        let private =
            [ContractSpecialist, PrivateHospital, PrivateHospitalWithAgreement, PrivateRehabilitation];
        private.iter().any(|one| one.word() == kind)
    };
    let one = |(number, kinds): (&String, &BTreeSet<String>)| {
        let treater = parties::treater(number).unwrap_or_else(|| Treater {
            areas: Vec::new(),
            region: String::new(),
            is_private: kinds.iter().all(is_private),
        });
        (number.clone(), treater)
    };
    kinds.iter().filter(|(number, _)| !number.is_empty()).map(one).collect()
}
