//! A budget of several years for one municipality (`økonomiplan`): its own costs by function, what it pays for hospital
//! treatment and for patients who are ready, its free income, and scenarios on top, as its inhabitants change.

use std::path::Path;

use disclosure::{Beneath, Cell, RawTable, SafeTable};
use domain::{Amount, Instrument};
use paper::sheets;
use rulebook::InPeriod;
use simulation::ahead::YearAhead;
use simulation::consequence::AGES;
use words::{Language, Message, Said, message};

use super::own_costs::{CO_FINANCING, Cost, Income, Kind, costs, incomes};
use super::simulate::{self, Outcome, Run};
use super::simulate_files::{about, cautions, either, first_said, in_force, known};
use super::{about_texts, heads, lines_about};
use crate::failure::{Result, fail};
use crate::host::Host;
use crate::people::people;
use crate::progress::Work;
use crate::table::Table;

/// Words for the kinds of a municipality's own costs, in bokmål.
pub fn kinds() -> Vec<String> {
    Kind::ALL.map(|kind| Language::Nb.say(&kind.said())).into()
}

/// What to make a budget of.
pub struct Order<'a> {
    /// Contacts, period, projection and scenarios (none for the law alone); `ahead` is the municipality.
    pub simulation: simulate::Order<'a>,
    /// Code of the municipality.
    pub municipality: &'a str,
    /// Number of years after the first.
    pub years: u16,
    /// File of the municipality's own costs, `function;name;kind;kroner;ages`; `None` for none.
    pub costs: Option<&'a Path>,
    /// File of free income, `year;municipality;kroner`; `None` if it is not known.
    pub free_income: Option<&'a Path>,
}

/// A budget.
pub struct Budget {
    outcome: Outcome,
    code: String,
    /// The municipality's inhabitants by age, in the first year and in those after it.
    people: Vec<Vec<i64>>,
    costs: Vec<Cost>,
    incomes: Vec<Income>,
}

/// Makes the budget.
///
/// # Errors
/// Fails as [`simulate::run`] does; if a file is wrong; or if the projection has too few years.
pub fn run(order: &Order, host: &Host) -> Result<Budget> {
    let (code, period) = (order.municipality, order.simulation.period);
    let first = people(order.simulation.people, period)?.remove(code).unwrap_or_default();
    let costs = order.costs.map(|path| costs(path, &first)).transpose()?.unwrap_or_default();
    let years = usize::from(order.years) + 1;
    let incomes = match order.free_income {
        Some(path) => incomes(path, period, code, years)?,
        None => vec![None; years],
    };
    let mut outcome = simulate::run(&order.simulation, host)?;
    let mut people = vec![first];
    people.extend(outcome.ahead.drain(..).take(usize::from(order.years)));
    if people.len() < years {
        let path = order.simulation.projection.unwrap_or(Path::new("")).display();
        let (last, wanted) =
            (period.from().year() + people.len() as i16 - 1, period.from().year() + order.years as i16);
        fail!("error.budget.too_few_years", path, last, wanted);
    }
    // A projection may go further than the budget.
    outcome.runs.iter_mut().for_each(|run| run.ahead.truncate(years));
    Ok(Budget { outcome, code: code.to_owned(), people, costs, incomes })
}

/// An amount for each year; `None` where it is not known.
type Years = Vec<Option<Amount>>;

fn added(one: &Years, other: &Years) -> Years {
    one.iter().zip(other).map(|(one, other)| Some((*one)? + (*other)?)).collect()
}

/// Function of the municipal accounts (KOSTRA) which has the payments for patients who are ready.
const INSTITUTIONS: &str = "253";

/// The lines of a budget.
struct Lines(RawTable);

impl Lines {
    /// Adds a line with its function, its kind and what it follows.
    fn row(&mut self, line: Message, of: [Message; 3], cells: Vec<Cell>) {
        let named = std::iter::once(line).chain(of).map(Cell::Said);
        self.0.row(named.chain(cells).collect(), Beneath::NoPerson);
    }

    fn line(&mut self, line: Message, of: [Message; 3], years: &Years) {
        self.row(line, of, years.iter().map(|amount| Cell::kroner(*amount)).collect());
    }

    /// Adds a line of an instrument; `standing` is how it stands.
    fn instrument(&mut self, standing: &InPeriod, line: Message, of: [Message; 3], years: &Years) {
        self.row(line, of, years.iter().map(|amount| in_force(standing, Cell::kroner(*amount))).collect());
    }

    fn sum(&mut self, line: Message, years: &Years) {
        self.line(line, std::array::from_fn(|_| Message::plain("")), years);
    }
}

impl Budget {
    /// The year of each column.
    fn years(&self) -> impl Iterator<Item = i16> {
        (self.outcome.period.from().year()..).take(self.people.len())
    }

    fn of_each(&self, amount: impl Fn(&[i64]) -> Amount) -> Years {
        self.people.iter().map(|people| Some(amount(people))).collect()
    }

    fn own(&self, kind: Option<Kind>) -> Years {
        let lines = || self.costs.iter().filter(|cost| kind.is_none_or(|kind| cost.kind == kind));
        self.of_each(|people| lines().map(|cost| cost.with(&self.people[0], people)).sum())
    }

    /// Payments of one instrument, by place in [`simulation::ahead::Paid`]; unknown where the law cannot price it.
    fn paid(&self, run: &Run, at: usize, of: impl Fn(&YearAhead) -> Amount) -> Years {
        let instrument = [Instrument::CoFinancing, Instrument::DischargeReady][at];
        let is_known = known(run, instrument, Cell::Count(0)) != Cell::Unknown;
        run.ahead.iter().take(self.people.len()).map(|year| is_known.then(|| of(year))).collect()
    }

    /// How an instrument stands before any scenario.
    fn standing(&self, instrument: Instrument) -> &InPeriod {
        self.outcome.runs[0].found.standing[0].of(instrument)
    }

    /// What the municipality pays before any scenario: own costs, co-financing and discharge-ready patients, and their sum.
    fn before(&self) -> [Years; 4] {
        let run = &self.outcome.runs[0];
        let (own, paid) = (self.own(None), [0, 1].map(|at| self.paid(run, at, |year| year.before[at])));
        let sum = added(&own, &added(&paid[0], &paid[1]));
        let [co_financing, ready] = paid;
        [own, co_financing, ready, sum]
    }

    /// Scenarios; none if the budget is of the law alone.
    fn scenarios(&self) -> impl Iterator<Item = &Run> {
        self.outcome.runs.iter().filter(|run| run.scenario.id != "law")
    }

    fn net(&self, run: &Run) -> Years {
        let [one, other] = [0, 1].map(|at| self.paid(run, at, |year| year.change[at]));
        let rest = run.ahead.iter().map(|year| Some(-year.capped - year.granted)).collect();
        added(&added(&one, &other), &rest)
    }

    /// The budget: a row for each line, a column for each year.
    fn plan(&self) -> SafeTable {
        let mut all = heads([
            "budget.column.line",
            "budget.column.function",
            "budget.column.kind",
            "budget.column.follows",
        ]);
        all.extend(self.years().map(Message::plain));
        let mut lines =
            Lines(RawTable::new(message!("budget.sheet.plan"), message!("budget.about.plan"), &all, 4));
        self.own_lines(&mut lines);
        let [own, co_financing, ready, sum] = self.before();
        if !self.costs.is_empty() {
            lines.sum(message!("budget.line.own"), &own);
        }
        let of = |function: &str| {
            [Message::plain(function), Message::plain(""), message!("budget.follows.country")]
        };
        let lines_of = [
            (Instrument::CoFinancing, CO_FINANCING, &co_financing),
            (Instrument::DischargeReady, INSTITUTIONS, &ready),
        ];
        for (instrument, function, years) in lines_of {
            lines.instrument(self.standing(instrument), instrument.said(), of(function), years);
        }
        lines.sum(message!("budget.line.sum"), &sum);
        let mut sums = vec![(message!("budget.line.sum"), sum.clone())];
        for run in self.scenarios() {
            self.scenario_lines(run, &mut lines);
            let with = message!("budget.line.sum_with", title = &run.scenario.title);
            let years = added(&sum, &self.net(run));
            lines.sum(with.clone(), &years);
            sums.push((with, years));
        }
        self.income_lines(&sums, &mut lines);
        lines.0.protect()
    }

    fn own_lines(&self, lines: &mut Lines) {
        for cost in &self.costs {
            let ages = |ages| message!("budget.follows.ages", ages);
            let follows = cost.ages.map_or_else(|| message!("budget.follows.nothing"), ages);
            let of = [Message::plain(&cost.function), cost.kind.said(), follows];
            let years = self.of_each(|people| cost.with(&self.people[0], people));
            lines.line(Message::plain(&cost.name), of, &years);
        }
        let is_there = |kind: &Kind| self.costs.iter().any(|cost| cost.kind == *kind);
        for kind in Kind::ALL.into_iter().filter(is_there) {
            lines.sum(message!("budget.line.sum_of", kind = kind.said()), &self.own(Some(kind)));
        }
    }

    /// What a scenario changes: above zero the municipality pays more.
    fn scenario_lines(&self, run: &Run, lines: &mut Lines) {
        let of = |line: Message| message!("budget.line.of_scenario", title = &run.scenario.title, line);
        let instruments = [Instrument::CoFinancing, Instrument::DischargeReady].into_iter().enumerate();
        for (at, instrument) in instruments.filter(|(_, one)| *either(run, *one) != InPeriod::NotInForce) {
            lines.sum(of(instrument.said()), &self.paid(run, at, |year| year.change[at]));
        }
        let capped = run.ahead.iter().map(|year| -year.capped);
        let granted = run.ahead.iter().map(|year| -year.granted);
        for (key, amounts) in [("above_cap", capped.collect()), ("granted", granted.collect::<Vec<Amount>>())]
        {
            if amounts.iter().any(|amount| *amount != Amount::ZERO) {
                let years = amounts.into_iter().map(Some).collect();
                lines.sum(of(Message::under("budget.line", key)), &years);
            }
        }
        lines.sum(of(message!("budget.line.net")), &self.net(run));
    }

    /// Free income, and each of `sums` as a share of it. Nothing if it is not known.
    fn income_lines(&self, sums: &[(Message, Years)], lines: &mut Lines) {
        if self.incomes.iter().all(Option::is_none) {
            return;
        }
        let incomes: Years = self.incomes.iter().map(|income| income.map(|(amount, _)| amount)).collect();
        let is_held = self.incomes.iter().flatten().any(|(_, is_held)| *is_held);
        let follows =
            if is_held { message!("budget.follows.held") } else { message!("budget.follows.given") };
        let none = || Message::plain("");
        lines.line(message!("budget.line.free_income"), [none(), none(), follows], &incomes);
        for (line, years) in sums {
            let shares = years.iter().zip(&incomes).map(|(amount, income)| share(*amount, *income));
            lines.row(message!("budget.line.share", line), [none(), none(), none()], shares.collect());
        }
    }

    /// Inhabitants by age in each year.
    fn inhabitants(&self) -> SafeTable {
        let mut all = heads(["budget.column.ages"]);
        all.extend(self.years().map(Message::plain));
        let name = message!("budget.sheet.people");
        let mut sheet = RawTable::new(name, message!("budget.about.people"), &all, 1);
        let starts = std::iter::once(0).chain(AGES.map(usize::from));
        let ends = AGES.map(|next| Some(usize::from(next) - 1)).into_iter().chain([None]);
        let bands = starts.zip(ends).map(|(from, to)| {
            let name = to.map_or_else(|| format!("{from}+"), |to| format!("{from}–{to}"));
            (Cell::Text(name), from..to.map_or(101, |to| to + 1))
        });
        for (name, ages) in bands.chain([(Cell::Said(message!("budget.line.everybody")), 0..101)]) {
            let mut row = vec![name];
            row.extend(self.people.iter().map(|people| Cell::Count(people[ages.clone()].iter().sum())));
            sheet.row(row, Beneath::NoPerson);
        }
        sheet.protect()
    }

    /// What the budget rests on, as heads and texts.
    fn about(&self) -> Vec<(Message, Message)> {
        let mut out = about(&self.outcome, Some(&self.outcome.runs[0]));
        out.retain(|(head, _)| *head != message!("what_if.about.scenario"));
        for run in self.scenarios() {
            let said = first_said(run).into_iter().chain([run.summary.clone()]).collect();
            out.push((message!("what_if.about.scenario"), Message::joined(said, " ")));
        }
        for key in ["owner", "prices", "hospital", "own"] {
            out.push((Message::under("budget.read", key), Message::under("budget.told", key)));
        }
        let mut told: Vec<Message> = Vec::new();
        for caution in self.outcome.runs.iter().flat_map(|run| cautions(&self.outcome, run)) {
            if !told.contains(&caution) {
                told.push(caution);
            }
        }
        out.extend(told.into_iter().map(|caution| (message!("budget.read.caution"), caution)));
        out
    }

    /// Writes the workbook, the sheets as CSV and a text on what they rest on. Returns a table of the sums by year, and the
    /// names of the files.
    ///
    /// # Errors
    /// Fails if a file cannot be written.
    pub fn write(&self, out: &Path, host: &Host) -> Result<(Table, Vec<String>)> {
        crate::folder::make(out)?;
        let stage = host.begin(Work::WriteScenarios);
        let sheets = [self.plan(), self.inhabitants()];
        let about = about_texts(&self.about(), host.language);
        let name = self.outcome.names.name(&self.code);
        let title = host.language.say(&message!("budget.title", name, years = self.span()));
        let book = sheets::workbook(
            &title,
            &about,
            &sheets,
            super::simulate_files::date(&self.outcome),
            host.language,
        )?;
        let stem = format!("okonomiplan-{}", self.code);
        let mut written = Vec::new();
        let mut put = |name: String, bytes: &[u8]| {
            crate::folder::write(&out.join(&name), bytes)?;
            written.push(name);
            Ok::<_, crate::failure::Failure>(())
        };
        put(format!("{stem}.xlsx"), &book)?;
        put(format!("{stem}.csv"), sheets::csv(&sheets[0], host.reader()).as_bytes())?;
        let texts = format!("{}\n{}", host.language.say(sheets[0].about()), lines_about(&about));
        put(format!("{stem}.txt"), texts.as_bytes())?;
        stage.done();
        Ok((self.summary(host.language), written))
    }

    fn span(&self) -> String {
        let first = self.outcome.period.from().year();
        format!("{first}–{}", i32::from(first) + self.people.len() as i32 - 1)
    }

    fn summary(&self, language: Language) -> Table {
        let names = ["year", "own", "kmf", "usk", "sum", "net", "with"]
            .map(|name| Message::under("budget.column", name));
        let mut table = Table::new(language.text("budget.sheet.plan"), &names);
        let [own, co_financing, ready, sum] = self.before();
        let run = self.scenarios().next();
        let net = run.map(|run| self.net(run));
        for (at, year) in self.years().enumerate() {
            let net = net.as_ref().map_or(Some(Amount::ZERO), |net| net[at]);
            let cells = [
                own[at],
                co_financing[at],
                ready[at],
                sum[at],
                net,
                sum[at].zip(net).map(|(sum, net)| sum + net),
            ];
            let [own, kmf, usk, sum, net, with] = cells.map(Cell::kroner);
            let kmf = in_force(self.standing(Instrument::CoFinancing), kmf);
            let usk = in_force(self.standing(Instrument::DischargeReady), usk);
            table.row([Cell::Text(year.to_string()), own, kmf, usk, sum, net, with]);
        }
        table
    }
}

/// An amount as a share of an income.
fn share(amount: Option<Amount>, income: Option<Amount>) -> Cell {
    amount.zip(income).map_or(Cell::Unknown, |(amount, income)| {
        Cell::Share(simulation::scenario::part(amount, 1_000_000, income.ore()).ore())
    })
}
