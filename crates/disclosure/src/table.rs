//! Raw and safe tables.

use domain::Amount;
use words::{IntoMessage, Message, message};

use crate::withhold::{self, Known, Total};

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text that is the same in every language: a code, a name, words that a user wrote. Codes keep their leading
    /// zeros.
    Text(String),
    /// A word or a sentence of the catalogue. Output for programs has the last part of its key instead.
    Said(Message),
    /// Kroner, with two decimals.
    Kroner(Amount),
    /// A whole number.
    Count(i64),
    /// A share in millionths, shown as per cent with two decimals.
    Share(i64),
    /// A number in thousandths, shown with three decimals.
    Decimal(i64),
    /// A number as text, with a decimal point.
    Number(String),
    /// Not known, shown as `..`; not the same as zero.
    Unknown,
    /// Known, but withheld, shown as `:`.
    Withheld,
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<Message> for Cell {
    fn from(message: Message) -> Cell {
        Cell::Said(message)
    }
}

impl From<Amount> for Cell {
    fn from(amount: Amount) -> Cell {
        Cell::Kroner(amount)
    }
}

impl Cell {
    /// Text that is the same in every language.
    pub fn text(text: impl std::fmt::Display) -> Cell {
        Cell::Text(text.to_string())
    }

    /// The word for yes, or an empty text.
    pub fn yes(yes: bool) -> Cell {
        if yes { Cell::Said(message!("yes")) } else { Cell::Text(String::new()) }
    }

    /// An amount in kroner; [`Cell::Unknown`] for `None`.
    pub fn kroner(amount: Option<Amount>) -> Cell {
        amount.map_or(Cell::Unknown, Cell::Kroner)
    }
}

/// The people behind the figures of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beneath {
    /// No person: law, population, names, prices, or the sum of the whole country.
    NoPerson,
    /// Number of contacts or persons. A row of one to four is withheld.
    Count(i64),
    /// Figures that were protected before, in one decision with other tables: every cell that cannot be published is
    /// [`Cell::Withheld`] already.
    Decided,
}

/// A table with the number of people behind each row. It cannot be drawn or written.
#[derive(Debug, Clone)]
pub struct RawTable {
    name: Message,
    about: Message,
    heads: Vec<Message>,
    /// Number of leading columns that identify a row and are never withheld.
    identifying: usize,
    rows: Vec<(Vec<Cell>, Beneath)>,
    /// Groups of rows. The sum of each group is published, in this table or another.
    totals: Vec<Vec<usize>>,
    chart: Vec<usize>,
}

impl RawTable {
    /// A table without rows. The first `identifying` columns say what a row is about and are never withheld.
    pub fn new<H: IntoMessage + Clone>(
        name: impl IntoMessage,
        about: impl IntoMessage,
        heads: &[H],
        identifying: usize,
    ) -> RawTable {
        RawTable {
            name: name.into_message(),
            about: about.into_message(),
            heads: heads.iter().cloned().map(IntoMessage::into_message).collect(),
            identifying,
            rows: Vec::new(),
            totals: Vec::new(),
            chart: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>, beneath: Beneath) {
        assert_eq!(cells.len(), self.heads.len(), "a row of {:?} has a cell for each head", self.name);
        self.rows.push((cells, beneath));
    }

    /// Records that the sum of some rows is published. If any of these rows is withheld, at least two are.
    pub fn total(&mut self, rows: Vec<usize>) {
        self.totals.push(rows);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Asks for a native chart of columns against the first column.
    pub fn chart(&mut self, columns: Vec<usize>) {
        self.chart = columns;
    }

    /// The publishable table. A row with a count of one to four is withheld, and so are further rows, until no
    /// published sum reveals the count of a withheld row.
    pub fn protect(self) -> SafeTable {
        let known = |(_, beneath): &(Vec<Cell>, Beneath)| match beneath {
            Beneath::Count(count) => Known { events: *count, whole: None },
            Beneath::NoPerson | Beneath::Decided => Known { events: 0, whole: None },
        };
        let counts = [self.rows.iter().map(known).collect()];
        let totals: Vec<Total> = self.totals.into_iter().map(Total::of).collect();
        let hidden = withhold::hidden(&counts, &totals);
        let identifying = self.identifying;
        let rows = self.rows.into_iter().zip(&hidden[0]).map(|((cells, _), is_hidden)| {
            let cell = |(place, cell)| if *is_hidden && place >= identifying { Cell::Withheld } else { cell };
            cells.into_iter().enumerate().map(cell).collect()
        });
        SafeTable {
            name: self.name,
            about: self.about,
            heads: self.heads,
            rows: rows.collect(),
            chart: self.chart,
        }
    }
}

/// A table that may leave the program. Only [`RawTable::protect`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeTable {
    name: Message,
    about: Message,
    heads: Vec<Message>,
    rows: Vec<Vec<Cell>>,
    chart: Vec<usize>,
}

impl SafeTable {
    /// Name of the tab. The CSV file has the Norwegian name.
    pub fn name(&self) -> &Message {
        &self.name
    }

    /// What the table shows, in one sentence.
    pub fn about(&self) -> &Message {
        &self.about
    }

    /// Column heads. The last part of a head's key is the column's name for programs.
    pub fn heads(&self) -> &[Message] {
        &self.heads
    }

    /// Rows, each with a cell for each head.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// Columns that a native chart draws against the first column; empty for no chart.
    pub fn chart(&self) -> &[usize] {
        &self.chart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(counts: &[i64]) -> RawTable {
        let mut raw = RawTable::new("T", "", &["kommune", "kontakter"], 1);
        for (place, count) in counts.iter().enumerate() {
            let cells = vec![Cell::Text(format!("{place:04}")), Cell::Count(*count)];
            raw.row(cells, Beneath::Count(*count));
        }
        raw
    }

    fn withheld(safe: &SafeTable) -> Vec<bool> {
        safe.rows().iter().map(|row| row[1] == Cell::Withheld).collect()
    }

    #[test]
    fn one_to_four_do_not_leave_and_none_does() {
        let safe = table(&[0, 1, 4, 5]).protect();
        assert_eq!(withheld(&safe), [false, true, true, false]);
        assert_eq!(safe.rows()[1][0], Cell::Text("0001".into()));
    }

    #[test]
    fn a_published_sum_gives_no_row_away() {
        let mut raw = table(&[100, 3, 40]);
        raw.total(vec![0, 1, 2]);
        assert_eq!(withheld(&raw.protect()), [false, true, true]);
    }

    #[test]
    fn what_is_about_nobody_or_was_decided_elsewhere_stays_as_it_is() {
        let mut raw = RawTable::new("T", "", &["år", "kr", "n"], 1);
        raw.row(vec![Cell::Text("2012".into()), Cell::Count(2), Cell::Withheld], Beneath::Decided);
        raw.row(vec![Cell::Text("2013".into()), Cell::Count(3), Cell::Count(1)], Beneath::NoPerson);
        let safe = raw.protect();
        assert_eq!(safe.rows()[0][1..], [Cell::Count(2), Cell::Withheld]);
        assert_eq!(safe.rows()[1][1..], [Cell::Count(3), Cell::Count(1)]);
    }

    #[test]
    fn name_heads_and_chart_leave_as_they_are() {
        let mut raw = table(&[7, 3]);
        assert!(RawTable::new("T", "", &["kommune"], 1).is_empty() && !raw.is_empty());
        assert_eq!(raw.len(), 2);
        raw.chart(vec![1, 0]);
        raw.about = Message::plain("Kontakter etter kommune.");
        let safe = raw.protect();
        assert_eq!(
            (safe.name().name(), safe.about().name()),
            ("T".into(), "Kontakter etter kommune.".into())
        );
        assert_eq!(
            (safe.heads(), safe.chart()),
            (&[Message::plain("kommune"), Message::plain("kontakter")][..], &[1, 0][..])
        );
    }
}
