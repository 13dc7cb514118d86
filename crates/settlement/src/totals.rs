//! Sums by debtor, creditor, municipality, unit, month and instrument, and the tables that show them.

use domain::narrow;
use std::collections::BTreeMap;
use std::fmt::Write;

use domain::{Amount, Instrument, Points};

/// Debtor, creditor, municipality, unit, month and instrument of a sum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub debtor: String,
    pub creditor: String,
    /// Municipality of the charges; empty if the state pays.
    pub municipality: String,
    /// Treating unit.
    pub unit: String,
    /// The month, for instance `2012-03`.
    pub month: String,
    pub instrument: Instrument,
}

/// Sum of charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// Number of contacts. Under the day rate, a contact counts once in each month in which it has payable days.
    pub contacts: i64,
    /// DRG points charged for.
    pub points: Points,
    /// Payable days; zero for other instruments than the day rate.
    pub days: i64,
    pub amount: Amount,
}

impl Sum {
    /// Adds another sum to this one.
    pub fn add(&mut self, other: Sum) {
        self.contacts += other.contacts;
        self.points = self.points + other.points;
        self.days += other.days;
        self.amount += other.amount;
    }
}

/// A [`Key`] with the number of each word in place of the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub debtor: u32,
    pub creditor: u32,
    /// Municipality of the charges; the number of the empty word if the state pays.
    pub municipality: u32,
    pub unit: u32,
    pub month: u32,
    pub instrument: Instrument,
}

/// All sums, in order of debtor, creditor, municipality, unit, month and instrument.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    words: Vec<String>,
    lines: Vec<(Line, Sum)>,
}

/// Gathers sums in any order into [`Totals`].
#[derive(Debug, Default)]
pub struct Builder {
    words: BTreeMap<String, u32>,
    lines: Vec<(Line, Sum)>,
}

impl Builder {
    /// The number of a word. A new word gets the next number.
    pub fn word(&mut self, word: &str) -> u32 {
        if let Some(number) = self.words.get(word) {
            return *number;
        }
        let number = narrow(self.words.len());
        self.words.insert(word.to_owned(), number);
        number
    }

    /// Adds a sum to a line.
    pub fn add(&mut self, line: Line, sum: Sum) {
        self.lines.push((line, sum));
    }

    /// Puts the lines in order and adds up equal lines.
    pub fn finish(self) -> Totals {
        // The map is in order of words, so the place of a word in the map is its rank.
        let mut rank = vec![0; self.words.len()];
        for (place, number) in self.words.values().enumerate() {
            rank[*number as usize] = narrow(place);
        }
        let at = |word: u32| rank[word as usize];
        let mut lines = self.lines;
        for (line, _) in &mut lines {
            line.debtor = at(line.debtor);
            line.creditor = at(line.creditor);
            line.municipality = at(line.municipality);
            line.unit = at(line.unit);
            line.month = at(line.month);
        }
        lines.sort_unstable_by_key(|(line, _)| *line);
        lines.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1.add(later.1);
            }
            same
        });
        Totals { words: self.words.into_keys().collect(), lines }
    }
}

impl Totals {
    fn word(&self, number: u32) -> &str {
        self.words.get(number as usize).map_or("", String::as_str)
    }

    /// The lines with their words, in order.
    pub fn lines(&self) -> impl Iterator<Item = (Key, Sum)> {
        self.lines.iter().map(|(line, sum)| {
            let word = |number| self.word(number).to_owned();
            let key = Key {
                debtor: word(line.debtor),
                creditor: word(line.creditor),
                municipality: word(line.municipality),
                unit: word(line.unit),
                month: word(line.month),
                instrument: line.instrument,
            };
            (key, *sum)
        })
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are no lines.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The sum of an instrument.
    pub fn of(&self, instrument: Instrument) -> Sum {
        let mut total = Sum::default();
        for (_, sum) in self.lines.iter().filter(|(line, _)| line.instrument == instrument) {
            total.add(*sum);
        }
        total
    }

    /// Sums of an instrument by debtor.
    pub fn by_debtor(&self, instrument: Instrument) -> BTreeMap<&str, Sum> {
        self.by(instrument, |line| line.debtor)
    }

    /// Sums of an instrument by month.
    pub fn by_month(&self, instrument: Instrument) -> BTreeMap<&str, Sum> {
        self.by(instrument, |line| line.month)
    }

    fn by(&self, instrument: Instrument, word: impl Fn(&Line) -> u32) -> BTreeMap<&str, Sum> {
        let mut out: BTreeMap<&str, Sum> = BTreeMap::new();
        for (line, sum) in self.lines.iter().filter(|(line, _)| line.instrument == instrument) {
            out.entry(self.word(word(line))).or_default().add(*sum);
        }
        out
    }

    /// The table `totals.csv` for programs: comma-separated, amounts in øre, points in thousandths, no byte-order mark.
    pub fn to_csv(&self) -> String {
        let quoted: Vec<String> = self.words.iter().map(|word| cell(word)).collect();
        let mut out = String::with_capacity(64 * self.lines.len());
        out.push_str(
            "debtor,creditor,municipality,unit,month,instrument,contacts,drg_points_milli,amount_ore\n",
        );
        for (line, sum) in &self.lines {
            for word in [line.debtor, line.creditor, line.municipality, line.unit, line.month] {
                out.push_str(&quoted[word as usize]);
                out.push(',');
            }
            out.push_str(line.instrument.word());
            let (contacts, points, amount) = (sum.contacts, sum.points.milli(), sum.amount.ore());
            // Writing to a string cannot fail.
            let _ = writeln!(out, ",{contacts},{points},{amount}");
        }
        out
    }
}

/// A cell of a comma-separated table. It is quoted if it has a comma, a quotation mark or a line break.
pub fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Contacts that give no charge, by instrument and reason code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outside(pub BTreeMap<(Instrument, String), i64>);

impl Outside {
    /// Counts contacts under a reason. Zero contacts add no reason.
    pub fn add(&mut self, instrument: Instrument, reason: &str, contacts: i64) {
        if contacts != 0 {
            *self.0.entry((instrument, reason.to_owned())).or_default() += contacts;
        }
    }

    /// The table `outside.csv` for programs: instrument, reason code and number of contacts.
    pub fn to_csv(&self) -> String {
        let mut out = String::from("instrument,reason,contacts\n");
        for ((instrument, reason), contacts) in &self.0 {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{instrument},{reason},{contacts}");
        }
        out
    }
}
