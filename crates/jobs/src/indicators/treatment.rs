//! Figures by who treated: by trust and by unit.

use disclosure::withhold::Total;
use domain::Municipalities;
use register::parquet_file::Reader;
use statistics::counts::{self, By, Charged, Counts, People};
use statistics::figures::{Figures, Method, figures};
use statistics::indicator::Indicator;
use statistics::levels::{Level, withhold};

use super::{Larger, Order};
use crate::failure::Result;
use crate::host::Host;
use crate::progress::Work;

/// Treating trusts, with the word of their sheet.
pub(super) const TRUSTS: (By<'static>, &str) = (By::Trust, "trusts");
/// Treating units, with the word of their sheet.
const UNITS: (By<'static>, &str) = (By::Unit, "units");

/// What is counted, and from what.
pub(super) struct Ground<'a> {
    pub order: &'a Order<'a>,
    pub reader: &'a Reader,
    pub municipalities: &'a Municipalities,
    pub indicators: &'a [Indicator],
    pub charged: &'a Charged,
}

impl Ground<'_> {
    /// Counts indicators by a kind of place, and shows the progress as `work`.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub(super) fn count(&self, indicators: &[Indicator], by: By, work: Work, host: &Host) -> Result<Counts> {
        let stage = host.begin(work);
        let counts = counts::count(
            self.reader,
            self.municipalities,
            self.order.period,
            (indicators, by),
            self.charged,
            host.threads,
            |done, of| stage.at(done as u64, of as u64),
        )?;
        stage.done();
        Ok(counts)
    }

    /// How figures are made of places without inhabitants.
    pub(super) fn without_people(&self) -> Method {
        Method { years: 1.0, adjust: self.order.adjust, allowance: self.order.allowance }
    }
}

/// Figures by trust and unit, as asked for; with flows and units, those of the trusts too.
///
/// # Errors
/// Fails if the file cannot be read.
pub(super) fn asked_for(
    ground: &Ground,
    (counts, figures): (&Counts, &mut [Option<Figures>]),
    host: &Host,
) -> Result<Vec<Larger>> {
    // Flows are told beside the units, so what is withheld of trusts and units is then decided together.
    let order = ground.order;
    let asked = [(order.hospitals || (order.units && order.flows), TRUSTS), (order.units, UNITS)];
    let asked: Vec<_> = asked.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, one)| one).collect();
    treating(ground, &asked, (counts, figures), host)
}

/// Figures by kinds of treating institution: counts, proportions and means, but no rates, since a trust or unit has no
/// inhabitants. A trust counts as the sum of its units, unless one of them belongs to another trust too.
///
/// # Errors
/// Fails if the file cannot be read.
pub(super) fn treating(
    ground: &Ground,
    asked: &[(By<'static>, &'static str)],
    (counts, found): (&Counts, &mut [Option<Figures>]),
    host: &Host,
) -> Result<Vec<Larger>> {
    let Ground { reader, indicators, .. } = *ground;
    let method = ground.without_people();
    let mut out = Vec::new();
    for (by, sheet) in asked {
        let counts = ground.count(indicators, *by, Work::CountByTrust, host)?;
        let figures = figures(indicators, &counts, &People::new(), method);
        out.push(Larger { sheet, counts, of: Vec::new(), people: People::new(), figures });
    }
    let mut totals = Vec::new();
    let first = counts.homes.len();
    let country = first + out.iter().map(|larger| larger.counts.homes.len()).sum::<usize>();
    match &mut out[..] {
        [trusts, units] => {
            let trusts_of = counts::words_by(reader, "unit", "trust")?;
            let after = first + trusts.counts.homes.len();
            for (place, trust) in trusts.counts.homes.iter().enumerate() {
                let is_of_it = |unit: &usize| {
                    trusts_of.get(&units.counts.homes[*unit]).is_some_and(|trusts| trusts.contains(trust))
                };
                let mine = || (0..units.counts.homes.len()).filter(is_of_it);
                // A trust with a unit that also belongs to another trust is not the sum of its units.
                if mine().all(|unit| trusts_of[&units.counts.homes[unit]].len() == 1) {
                    totals.push(Total::of(mine().map(|unit| after + unit)).published_at(first + place));
                }
            }
            totals.push(Total::of(first..after).published_at(country));
            totals.push(Total::of(after..country).published_at(country));
        }
        _ => totals.push(Total::of(first..country).published_at(country)),
    }
    let mut levels = vec![Level { counts, figures: found }];
    levels
        .extend(out.iter_mut().map(|larger| Level { counts: &larger.counts, figures: &mut larger.figures }));
    withhold(indicators, &mut levels, (&totals, 1), &|_, _| false, method.allowance);
    Ok(out)
}
