//! Destinations of charges: a Parquet file, claims in memory, a value for each charge, or nothing but sums.
//!
//! Threads prepare pieces in parallel, and the sink takes the pieces in the order of the file. The same input
//! gives the same charges in the same order on any number of threads.

use std::collections::BTreeMap;
use std::path::Path;

use domain::{Amount, Cause, Claim, Claims, Instrument, Month, Municipalities, Words};
use register::FileError;
use register::keys::Keys;
use register::parquet_file::Encoded;

use crate::charges::{ChargeEncoder, ChargeWriter, Charges, WORDS};
use crate::error::SettleError;

/// Which charges a sink takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// No charges: sums only.
    Nothing,
    /// Every charge.
    Charges,
    /// Every charge, and every contact of the period that gives no charge: posting must know that the contact was
    /// delivered.
    ChargesAndKnown,
}

/// A destination of charges.
pub trait Sink {
    /// Worker that prepares pieces for the sink.
    type Worker: SinkWorker;

    /// Which charges are taken.
    fn takes(&self) -> Takes;

    /// A worker that threads share.
    fn worker(&self) -> Self::Worker;

    /// Takes a prepared piece. Pieces arrive in the order of the file.
    ///
    /// # Errors
    /// Fails if a file cannot be written.
    fn take(&mut self, part: <Self::Worker as SinkWorker>::Part) -> Result<(), SettleError>;
}

/// A worker that prepares pieces on any thread.
pub trait SinkWorker: Sync {
    /// A prepared piece: the charges of one row group, or of the stays with several contacts.
    type Part: Send;

    /// Prepares a piece from charges. The words of the charges are indexes in `names`.
    ///
    /// # Errors
    /// Fails if the charges cannot be encoded.
    fn prepare(&self, charges: &Charges, names: &[String]) -> Result<Self::Part, SettleError>;
}

/// A sink that takes no charges: sums only.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

impl Sink for Nowhere {
    type Worker = Nowhere;

    fn takes(&self) -> Takes {
        Takes::Nothing
    }

    fn worker(&self) -> Nowhere {
        Nowhere
    }

    fn take(&mut self, (): ()) -> Result<(), SettleError> {
        Ok(())
    }
}

impl SinkWorker for Nowhere {
    type Part = ();

    fn prepare(&self, _: &Charges, _: &[String]) -> Result<(), SettleError> {
        Ok(())
    }
}

/// A sink that writes `charges.parquet`. A sink without a path takes no charges.
pub struct ChargesFile(Option<ChargeWriter>);

impl ChargesFile {
    /// Begins the file at `path`; `None` for sums only. With `keys`, each charge has the extract's own key of its contact.
    ///
    /// # Errors
    /// Fails if the file cannot be created.
    pub fn create(path: Option<&Path>, keys: Option<Keys>) -> Result<ChargesFile, FileError> {
        Ok(ChargesFile(path.map(|path| ChargeWriter::create(path, keys)).transpose()?))
    }

    /// Completes the file and gives it its final name.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn finish(self) -> Result<(), SettleError> {
        match self.0 {
            Some(writer) => writer.finish().map(|_| ()),
            None => Ok(()),
        }
    }
}

impl Sink for ChargesFile {
    type Worker = FileWorker;

    fn takes(&self) -> Takes {
        if self.0.is_some() { Takes::Charges } else { Takes::Nothing }
    }

    fn worker(&self) -> FileWorker {
        FileWorker(self.0.as_ref().map(ChargeWriter::encoder))
    }

    fn take(&mut self, part: Option<Encoded>) -> Result<(), SettleError> {
        match (&mut self.0, part) {
            (Some(writer), Some(part)) => writer.append(part),
            (_, None) | (None, _) => Ok(()),
        }
    }
}

/// Worker of [`ChargesFile`].
pub struct FileWorker(Option<ChargeEncoder>);

impl SinkWorker for FileWorker {
    type Part = Option<Encoded>;

    fn prepare(&self, charges: &Charges, names: &[String]) -> Result<Option<Encoded>, SettleError> {
        self.0.as_ref().map(|encoder| encoder.encode(charges, names)).transpose()
    }
}

/// A sink that keeps charges in memory as claims that can be posted. The code of a municipality becomes a
/// party: the municipality that had the code in the month of the charge.
pub struct ClaimsSink<'m> {
    municipalities: &'m Municipalities,
    takes: Takes,
    /// The claims, in the order of the file.
    pub claims: Claims,
}

impl<'m> ClaimsSink<'m> {
    /// A sink for charges.
    pub fn of_charges(municipalities: &'m Municipalities) -> ClaimsSink<'m> {
        ClaimsSink { municipalities, takes: Takes::Charges, claims: Claims::default() }
    }

    /// A sink for charges and for contacts of the period that give no charge.
    pub fn with_known(municipalities: &'m Municipalities) -> ClaimsSink<'m> {
        ClaimsSink { municipalities, takes: Takes::ChargesAndKnown, claims: Claims::default() }
    }
}

impl<'m> Sink for ClaimsSink<'m> {
    type Worker = ClaimsWorker<'m>;

    fn takes(&self) -> Takes {
        self.takes
    }

    fn worker(&self) -> ClaimsWorker<'m> {
        ClaimsWorker(self.municipalities)
    }

    fn take(&mut self, part: Claims) -> Result<(), SettleError> {
        self.claims.extend(&part);
        Ok(())
    }
}

/// Worker of [`ClaimsSink`].
pub struct ClaimsWorker<'m>(&'m Municipalities);

/// Points of a claim for a contact that was delivered but gives no charge. The claim has no instrument and no
/// amount.
const MARK: i32 = 1;

impl SinkWorker for ClaimsWorker<'_> {
    type Part = Claims;

    fn prepare(&self, charges: &Charges, names: &[String]) -> Result<Claims, SettleError> {
        let mut out = Claims::default();
        // Words get their numbers column by column, in order of first use. Each word is looked up once in a column.
        let mut column = |name: &str| -> Vec<u32> {
            let place = WORDS.iter().position(|known| *known == name).unwrap_or_default();
            let mut known: Vec<Option<u32>> = vec![None; names.len()];
            let number = |name: &u32| {
                let place = *name as usize;
                *known[place].get_or_insert_with(|| out.words.number(&names[place]))
            };
            charges.column(place).iter().map(number).collect()
        };
        let [months, creditors, units, ended, versions] =
            ["month", "creditor", "unit", "ended", "rule_version"].map(&mut column);
        let debtors = charges.column(0);
        let mut parties = Parties::new(self.0);
        for row in 0..charges.len() {
            let code = &names[debtors[row] as usize];
            let debtor = parties.number(&mut out.words, (debtors[row], code), months[row]);
            let words = [months[row], debtor, creditors[row], units[row], ended[row], versions[row]];
            let quantity = charges.quantity(row);
            out.rows.push(claim(charges.contact(row), charges.instrument(row), words, quantity));
        }
        Ok(out)
    }
}

/// Parties by the code of a municipality and a month: the municipality that had the code then.
pub(crate) struct Parties<'m> {
    municipalities: &'m Municipalities,
    /// Number of the party, by the number of the code and the number of the month. Each pair is looked up once in
    /// the register of municipalities.
    known: BTreeMap<(u32, u32), u32>,
}

impl<'m> Parties<'m> {
    pub(crate) fn new(municipalities: &'m Municipalities) -> Parties<'m> {
        Parties { municipalities, known: BTreeMap::new() }
    }

    /// Number in `words` of the party that has a code in a month. `code` holds the code's number among the charges
    /// and the code's text; `month` is a number in `words`.
    pub(crate) fn number(&mut self, words: &mut Words, code: (u32, &str), month: u32) -> u32 {
        if let Some(party) = self.known.get(&(code.0, month)) {
            return *party;
        }
        let day = Month::parse(words.word(month)).ok().map(Month::first);
        let name = day.map_or_else(|| code.1.to_owned(), |day| self.municipalities.party(code.1, day));
        let party = words.number(&name);
        self.known.insert((code.0, month), party);
        party
    }
}

/// A charge as a claim. `words` holds the numbers of month, debtor, creditor, unit, month of the contact's end, and
/// rule version; the last argument holds points, days and amount. A charge with all three at zero becomes the mark
/// of a delivered contact.
pub(crate) fn claim(
    contact: i64,
    instrument: Option<Instrument>,
    words: [u32; 6],
    (points, days, amount): (i32, i32, Amount),
) -> Claim {
    let [month, debtor, creditor, unit, ended, version] = words;
    let nothing = amount == Amount::ZERO && points == 0 && days == 0;
    let instrument = instrument.filter(|_| !nothing);
    let points = if instrument.is_none() { MARK } else { points };
    Claim {
        contact,
        instrument,
        month,
        debtor,
        creditor,
        unit,
        ended,
        version,
        cause: Cause::Activity,
        points,
        days,
        amount,
    }
}

/// A sink that keeps one value for each charge, in the order of the file. The value is computed from contact,
/// instrument and amount. A charge whose points, days and amount are all zero is left out.
pub struct EachCharge<T> {
    each: fn(i64, Instrument, Amount) -> T,
    /// The values.
    pub values: Vec<T>,
}

impl<T> EachCharge<T> {
    /// A sink that keeps the value that `each` returns for a charge.
    pub fn of(each: fn(i64, Instrument, Amount) -> T) -> EachCharge<T> {
        EachCharge { each, values: Vec::new() }
    }
}

impl<T: Send> Sink for EachCharge<T> {
    type Worker = EachWorker<T>;

    fn takes(&self) -> Takes {
        Takes::Charges
    }

    fn worker(&self) -> EachWorker<T> {
        EachWorker(self.each)
    }

    fn take(&mut self, part: Vec<T>) -> Result<(), SettleError> {
        self.values.extend(part);
        Ok(())
    }
}

/// Worker of [`EachCharge`].
pub struct EachWorker<T>(fn(i64, Instrument, Amount) -> T);

impl<T: Send> SinkWorker for EachWorker<T> {
    type Part = Vec<T>;

    fn prepare(&self, charges: &Charges, _: &[String]) -> Result<Vec<T>, SettleError> {
        let each = |row| {
            let (points, days, amount) = charges.quantity(row);
            let nothing = amount == Amount::ZERO && points == 0 && days == 0;
            let instrument = charges.instrument(row).filter(|_| !nothing)?;
            Some((self.0)(charges.contact(row), instrument, amount))
        };
        Ok((0..charges.len()).filter_map(each).collect())
    }
}
