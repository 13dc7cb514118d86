//! An agreement for one of its municipalities, as a case for its council: what goes away for the municipality itself, what the
//! municipalities pay together, and what the agreement gives. One or two pages, and the pictures.

use std::path::Path;

use disclosure::withhold::few;
use domain::amount::grouped;
use domain::{Amount, Municipalities};
use paper::brief::{Brief, BriefFigure, BriefTable};
use simulation::exchange::{Assumed, Avoided, Side};
use simulation::scenario::part;
use words::{Language, Message, Said, message};

use super::agreement::{Worked, about, breakeven, tornado};
use super::simulate_files::rounded;
use super::{brief_table, heads, in_millions, in_thousands, more_or_less};
use crate::failure::{About, Result, fail};
use crate::host::Host;
use crate::parties::Names;
use crate::pictures;

/// Writes the case as PDF, and its pictures. `code` is the municipality's. Returns the names of the files.
///
/// # Errors
/// Fails if the municipality is not in the agreement, if the measure reaches one to four contacts or days in one of its
/// municipalities, or if a file cannot be written.
pub fn write(worked: &Worked, code: &str, out: &Path, host: &Host) -> Result<Vec<String>> {
    let own = worked.by_home.get(code).about(|| {
        message!("error.agreement.not_of_it", code, municipalities = worked.municipalities().join(", "))
    })?;
    let name = Names::on(&Municipalities::built_in()?, worked.period.to(), host.language).name(code);
    // The figures of all of them stand beside the municipality's own, and tell those of the others together: briefs of several
    // could tell the last one's.
    let is_few = |avoided: &Avoided| worked.reached(avoided).into_iter().any(few);
    if worked.by_home.values().any(is_few) {
        fail!("error.council.withheld", name);
    }
    let case = Case { worked, own, code, name, language: host.language };
    pictures::with_brief(
        out,
        &format!("sak-{code}-{}", worked.id()),
        &case.brief(),
        &["nullpunkt", "folsomhet"],
    )
}

/// What a case is made from.
struct Case<'a> {
    worked: &'a Worked,
    own: &'a Avoided,
    code: &'a str,
    name: String,
    language: Language,
}

impl Case<'_> {
    fn brief(&self) -> Brief {
        let (worked, language) = (self.worked, self.language);
        let agreement = &worked.agreement;
        let fact = |name: &str, value: Message| (language.text(name), language.say(&value));
        let likely = agreement.likely();
        let gain = agreement.gains(&likely).get(&Side::Municipality).copied().unwrap_or(Amount::ZERO);
        let back = agreement.break_even(Side::Municipality, &likely);
        let title = message!("agreement.case.title", name = self.name, title = worked.title());
        let mut summary = vec![message!(
            "agreement.case.summary",
            measure = worked.measure(),
            count = worked.municipalities().len(),
            years = agreement.years
        )];
        summary.extend(worked.unpriced.iter().cloned());
        let more = |amount: Amount| more_or_less(amount, in_thousands);
        Brief {
            language,
            title: language.say(&title),
            tags: pictures::marks(worked.unsigned > 0, worked.synthetic, worked.period, language),
            summary: language.say(&Message::joined(summary, " ")),
            facts: vec![
                fact("agreement.case.contacts", Message::Plain(count(self.own.contacts))),
                fact("agreement.case.pays", more(-(self.own.kmf + self.own.usk))),
                fact("agreement.case.together", in_millions(gain)),
                fact(
                    "agreement.case.break_even",
                    back.map_or_else(|| Message::plain("–"), |year| message!("agreement.year", year)),
                ),
            ],
            tables: vec![self.goes_away(), self.costs(), self.gains()],
            new_pages: Vec::new(),
            figures: self.figures(),
            cautions: self.cautions(),
            footer: language.say(&message!("agreement.own_figures", digest = worked.digest)),
            date: (worked.period.to().year(), 12, 31),
            digest: format!("{} {}", worked.digest, self.code),
        }
    }

    /// What goes away in a year at the expected effect: in the municipality, and in all of them.
    fn goes_away(&self) -> BriefTable {
        let all = &self.worked.agreement.avoided;
        let row = |key: &str, of: &dyn Fn(&Avoided) -> Message| {
            vec![Message::under("agreement.case", key), of(self.own), of(all)]
        };
        let rows = [
            row("contacts", &|of| Message::Plain(count(of.contacts))),
            row("days", &|of| Message::Plain(count(of.days))),
            row("co_financing", &|of| in_thousands(of.kmf)),
            row("ready", &|of| in_thousands(of.usk)),
            row("isf", &|of| in_thousands(of.isf)),
        ];
        let heads = vec![Message::plain(""), Message::plain(&self.name), message!("agreement.case.all")];
        brief_table(&message!("agreement.case.goes_away"), &heads, &rows, self.language)
    }

    /// What the municipalities pay together in the first year and in each year after it, and the municipality's part by two
    /// keys. The agreement does not say how they share.
    fn costs(&self) -> BriefTable {
        let agreement = &self.worked.agreement;
        let ours = || agreement.costs.iter().filter(|cost| cost.side == Side::Municipality);
        let sum =
            |once: bool| -> Amount { ours().filter(|cost| cost.once == once).map(|cost| cost.amount).sum() };
        let people: i64 = self.worked.people.values().sum();
        let own_people = self.worked.people.get(self.code).copied().unwrap_or(0);
        let (own_saving, saving) =
            (self.own.kmf + self.own.usk, agreement.avoided.kmf + agreement.avoided.usk);
        let row = |key: &str, all: Amount| {
            let by_saving = match saving > Amount::ZERO {
                true => in_thousands(part(all, own_saving.ore(), saving.ore())),
                false => Message::plain(".."),
            };
            vec![
                Message::under("agreement.case", key),
                in_thousands(all),
                in_thousands(part(all, own_people, people)),
                by_saving,
            ]
        };
        let rows = [row("once", sum(true)), row("a_year", sum(false))];
        let mut all = vec![Message::plain("")];
        all.extend(heads(["agreement.case.all", "agreement.case.by_people", "agreement.case.by_saving"]));
        brief_table(&message!("agreement.case.costs"), &all, &rows, self.language)
    }

    /// Present value for each side at the least, the expected and the greatest effect.
    fn gains(&self) -> BriefTable {
        let agreement = &self.worked.agreement;
        let likely = agreement.likely();
        let [low, middle, high] =
            agreement.effect.map(|effect| agreement.gains(&Assumed { effect, ..likely }));
        let of = |gains: &std::collections::BTreeMap<Side, Amount>, side| {
            in_millions(gains.get(&side).copied().unwrap_or(Amount::ZERO))
        };
        let row = |side: Side| vec![side.said(), of(&low, side), of(&middle, side), of(&high, side)];
        let rows: Vec<Vec<Message>> =
            Side::ALL.into_iter().filter(|side| middle.contains_key(side)).map(row).collect();
        let heads =
            heads(["column.party", "agreement.case.low", "agreement.case.expected", "agreement.case.high"]);
        brief_table(&message!("agreement.case.gains", years = agreement.years), &heads, &rows, self.language)
    }

    fn figures(&self) -> Vec<BriefFigure> {
        let (worked, language) = (self.worked, self.language);
        let rests_on = "agreement.municipality_rests_on";
        let figure = |key: &str, svg: String| {
            let heading = language.text(key);
            BriefFigure { alt: heading.clone(), heading, svg }
        };
        vec![
            figure("agreement.gain_so_far", breakeven(worked, language)),
            figure(rests_on, tornado(worked, Side::Municipality, rests_on, language)),
        ]
    }

    fn cautions(&self) -> Vec<String> {
        let own = message!("agreement.case.shared");
        let lines =
            about(self.worked).into_iter().map(|(head, said)| Message::joined(vec![head, said], ": "));
        std::iter::once(own).chain(lines).map(|said| self.language.say(&said)).collect()
    }
}

/// Millionths as a whole number.
fn count(millionths: i64) -> String {
    let whole = rounded(millionths);
    let sign = if whole < 0 { "\u{2212}" } else { "" };
    format!("{sign}{}", grouped(whole.unsigned_abs()))
}
