//! Cells as a Parquet file, so that one reading of a register answers many questions.
//!
//! A row is a cell, a contact of a stay that a ceiling may cut, a patient who was reported ready (after a row of the
//! facts of the patient's contact), or a municipality without cells. The footer holds the period and the distinctions that the cells keep. A cell
//! may stand for a single person, so the file must not be shared.

use domain::narrow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use words::{Message, message};

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use domain::{
    Amount, CareLevel, Day, DrgType, EventKind, Minute, Period, Points, Sector, Service, UnitKind, Urgency,
};
use register::FileError;
use register::columns;
use register::parquet_file::{Reader, Writer};
use register::schema;
use rulebook::{Event, Quantity};

use crate::archive::dictionary;
use crate::cells::{
    Cell, Cells, DIAGNOSES_FROM, Episode, Group, OTHER_DIAGNOSIS, Place, Ready, UNKNOWN_DIAGNOSIS,
};
use crate::decode::class_of;
use crate::needs::Needs;
use crate::stay::Stay;

const VERSION: &str = "4";
const KEY: &str = "samspill.cells";
const WORDS: [&str; 15] = [
    "kind",
    "municipality",
    "region",
    "municipality_of_stay",
    "region_of_stay",
    "sector",
    "unit_kind",
    "care_level",
    "service",
    "drg_type",
    "drg",
    "urgency",
    "trust",
    "events",
    "diagnosis",
];
const NUMBERS: [&str; 14] = [
    "costly_medicine",
    "resident",
    "age_from",
    "readmitted",
    "discharged_place",
    "admitted_place",
    "points_milli",
    "bed_days",
    "contacts",
    "fee_ore",
    "count",
    "stay",
    "admitted_minute",
    "discharged_minute",
];

/// Word of a diagnosis that is unknown; empty is another than those kept apart.
const NO_DIAGNOSIS: &str = "-";

/// A row of the file.
struct Row {
    words: [String; WORDS.len()],
    numbers: [i64; NUMBERS.len()],
}

impl Cells {
    /// Writes the cells to a file. `vintage` is the SHA-256 of the contacts that the cells were counted from.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn write(&self, path: &Path, vintage: &str) -> Result<(), FileError> {
        let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(" ");
        let needs = &self.needs;
        let mut footer: BTreeMap<String, String> = [
            (KEY, VERSION.to_owned()),
            ("samspill.cells.period", self.period.map_or_else(String::new, |period| period.to_string())),
            ("samspill.cells.ages", list(&mut needs.ages.iter().map(u16::to_string))),
            ("samspill.cells.days", list(&mut needs.days.iter().map(Day::to_string))),
            ("samspill.cells.diagnoses", needs.diagnoses.join(" ")),
            ("samspill.cells.ceiling", needs.ceiling.map_or_else(String::new, |p| p.milli().to_string())),
            (
                "samspill.cells.flags",
                list(
                    &mut [
                        (needs.admission, "admission"),
                        (needs.measured, "measured"),
                        (needs.urgency, "urgency"),
                        (needs.readmission, "readmission"),
                        (needs.trust, "trust"),
                        (self.counted, "counted"),
                        (self.synthetic, "synthetic"),
                    ]
                    .iter()
                    .filter(|(yes, _)| *yes)
                    .map(|(_, word)| (*word).to_owned()),
                ),
            ),
            ("samspill.cells.contacts", format!("{} {}", self.contacts, self.outside)),
            ("samspill.cells.vintage", vintage.to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into();
        if let Some((made, of)) = self.sample {
            let counts = [(schema::PERSONS_KEY, made), (schema::OF_PERSONS_KEY, of)];
            footer.extend(counts.map(|(key, count)| (key.to_owned(), count.to_string())));
        }
        let words = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let mut fields = WORDS.map(|name| Field::new(name, words(), false)).to_vec();
        fields.extend(NUMBERS.map(|name| Field::new(name, DataType::Int64, false)));
        let schema = Arc::new(Schema::new(fields));
        let mut writer = Writer::create(path, Arc::clone(&schema), &footer)?;
        let rows: Vec<Row> = self.rows();
        for chunk in rows.chunks(1 << 19) {
            let mut arrays: Vec<ArrayRef> = Vec::new();
            for place in 0..WORDS.len() {
                let column = dictionary(chunk.iter().map(|row| row.words[place].as_str()));
                arrays.push(column.map_err(FileError::arrow(path))?);
            }
            for place in 0..NUMBERS.len() {
                arrays
                    .push(Arc::new(Int64Array::from_iter_values(chunk.iter().map(|row| row.numbers[place]))));
            }
            let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(FileError::arrow(path))?;
            let encoded = writer.encoder().encode(&batch).map_err(FileError::parquet(path))?;
            writer.append(encoded)?;
        }
        writer.finish()?;
        Ok(())
    }

    fn rows(&self) -> Vec<Row> {
        let mut out = Vec::new();
        for home in 0..self.homes.len() {
            for cell in self.of(home) {
                out.push(self.row("cell", home, cell.group, cell.quantity, (cell.count, 0)));
            }
        }
        for (stay, episodes) in (1..).zip(&self.episodes) {
            for one in episodes {
                out.push(self.row("episode", one.home as usize, one.group, one.quantity, (1, stay)));
            }
        }
        for ready in &self.ready {
            out.push(self.facts_row("ready-facts", ready.registered as usize, ready.group));
            out.push(self.ready_row(ready));
        }
        // A municipality without cells must be listed too.
        for home in (0..self.homes.len()).filter(|home| self.of(*home).is_empty()) {
            let mut row = Row { words: Default::default(), numbers: [0; 14] };
            row.words[0] = "municipality".to_owned();
            row.words[1].clone_from(&self.homes[home].debtor);
            row.words[2].clone_from(&self.homes[home].region);
            out.push(row);
        }
        out
    }

    fn row(&self, kind: &str, home: usize, group: u32, quantity: u32, (count, stay): (u32, i64)) -> Row {
        let mut row = self.facts_row(kind, home, group);
        let quantity = &self.quantities[quantity as usize];
        row.numbers[6..12].copy_from_slice(&[
            quantity.points.milli(),
            quantity.bed_days,
            quantity.contacts,
            quantity.fee.ore(),
            i64::from(count),
            stay,
        ]);
        row
    }

    /// A row of a municipality and the facts of a group, without a quantity.
    fn facts_row(&self, kind: &str, home: usize, group: u32) -> Row {
        let (place, group) = (&self.homes[home], &self.groups[group as usize]);
        let facts = self.facts(group);
        let trust = self.trusts.get(group.trust as usize).filter(|_| self.needs.trust);
        let words = [
            kind,
            &place.debtor,
            &place.region,
            "",
            "",
            facts.sector.word(),
            facts.unit_kind.word(),
            facts.care_level.word(),
            facts.service.word(),
            facts.drg_type.word(),
            facts.drg.unwrap_or(""),
            group.urgency.word(),
            trust.map_or("", String::as_str),
            "",
            self.diagnosis(group).map_or(NO_DIAGNOSIS, |code| code),
        ]
        .map(str::to_owned);
        let numbers = [
            i64::from(facts.costly_medicine),
            i64::from(facts.resident),
            group.age.map_or(-1, i64::from),
            i64::from(group.readmitted),
            i64::from(group.dates.0),
            i64::from(group.dates.1),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
        ];
        Row { words, numbers }
    }

    fn ready_row(&self, ready: &Ready) -> Row {
        let (here, there) = (&self.homes[ready.registered as usize], &self.homes[ready.stays as usize]);
        let stay = &ready.stay;
        let events: Vec<String> =
            stay.events.iter().map(|event| format!("{}@{}", event.kind.word(), event.at)).collect();
        let mut words: [String; WORDS.len()] = Default::default();
        let filled = [
            (0, "ready"),
            (1, &here.debtor),
            (2, &here.region),
            (3, &there.debtor),
            (4, &there.region),
            (5, stay.sector.word()),
            (6, stay.unit_kind.word()),
            (7, stay.care_level.word()),
            (10, &stay.registered_in),
            (11, &stay.stays_in),
            (12, &stay.trust),
        ];
        for (place, word) in filled {
            word.clone_into(&mut words[place]);
        }
        words[13] = events.join(" ");
        let mut numbers = [0; 14];
        numbers[2] = ready.age.map_or(-1, i64::from);
        numbers[11] = ready.of_stay;
        numbers[12] = stay.admitted_at.number();
        numbers[13] = stay.departed_at.number();
        Row { words, numbers }
    }

    /// Reads the cells and the vintage of a file that [`Cells::write`] wrote.
    ///
    /// # Errors
    /// Fails if the file does not hold cells, was written by another version, or is damaged.
    pub fn read(path: &Path) -> Result<(Cells, String), FileError> {
        let reader = Reader::open(path)?;
        let fault = |fault: Message| FileError::Schema { path: path.to_path_buf(), fault };
        let footer = |key: &str| reader.footer().get(key).map_or("", String::as_str);
        match footer(KEY) {
            VERSION => {}
            "" => return Err(fault(message!("cells.no_cells"))),
            other => return Err(fault(message!("cells.version", other, own = VERSION))),
        }
        let flags: Vec<&str> = footer("samspill.cells.flags").split(' ').collect();
        let has = |flag: &str| flags.contains(&flag);
        let damaged = || fault(message!("cells.footer"));
        let words = |key: &str| footer(key).split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>();
        let ages = words("samspill.cells.ages").into_iter().map(|age| age.parse().map_err(|_| damaged()));
        let days = words("samspill.cells.days").into_iter().map(|day| Day::parse(day).map_err(|_| damaged()));
        let counts: Vec<u64> =
            words("samspill.cells.contacts").iter().filter_map(|count| count.parse().ok()).collect();
        let [contacts, outside] = counts[..] else { return Err(damaged()) };
        let mut read = Read {
            cells: Cells {
                period: Some(Period::parse_any(footer("samspill.cells.period")).map_err(|_| damaged())?),
                needs: Needs {
                    ages: ages.collect::<Result<_, _>>()?,
                    days: days.collect::<Result<_, _>>()?,
                    admission: has("admission"),
                    measured: has("measured"),
                    ceiling: match footer("samspill.cells.ceiling") {
                        "" => None,
                        points => Some(Points::from_milli(points.parse().map_err(|_| damaged())?)),
                    },
                    urgency: has("urgency"),
                    readmission: has("readmission"),
                    trust: has("trust"),
                    diagnoses: words("samspill.cells.diagnoses").into_iter().map(str::to_owned).collect(),
                },
                contacts,
                outside,
                counted: has("counted"),
                synthetic: has("synthetic"),
                sample: schema::sample_of(reader.footer()),
                ..Cells::default()
            },
            ..Read::default()
        };
        let columns: Vec<&str> = WORDS.into_iter().chain(NUMBERS).collect();
        for group in 0..reader.row_groups() {
            for batch in reader.read(group, &columns, 1 << 16, None)? {
                let batch = batch.map_err(FileError::arrow(path))?;
                read.batch(&batch).ok_or_else(|| fault(message!("cells.row")))?;
            }
        }
        Ok((read.finish(), footer("samspill.cells.vintage").to_owned()))
    }
}

/// Cells that are being read.
#[derive(Default)]
struct Read {
    cells: Cells,
    homes: BTreeMap<Place, u32>,
    drgs: BTreeMap<String, u32>,
    trusts: BTreeMap<String, u32>,
    groups: BTreeMap<Group, u32>,
    quantities: BTreeMap<(i64, i64, i64, i64), u32>,
    of_home: BTreeMap<u32, Vec<Cell>>,
    stay: i64,
    /// Group that the row before, of kind `ready-facts`, gives the next patient.
    ready_group: Option<u32>,
}

fn number<K: Ord>(known: &mut BTreeMap<K, u32>, key: K) -> u32 {
    let next = narrow(known.len());
    *known.entry(key).or_insert(next)
}

impl Read {
    fn batch(&mut self, batch: &RecordBatch) -> Option<()> {
        let mut words: Vec<(&[i32], Vec<&str>)> = Vec::new();
        for name in WORDS {
            let (keys, names) = columns::words(batch, name);
            words.push((keys, names?.iter().map(|name| name.unwrap_or("")).collect()));
        }
        let mut numbers: Vec<&[i64]> = Vec::new();
        for name in NUMBERS {
            numbers.push(columns::longs(batch, name));
        }
        if numbers.iter().any(|numbers| numbers.len() < batch.num_rows()) {
            return None;
        }
        (0..batch.num_rows()).try_for_each(|row| {
            let word = |place: usize| {
                words[place].1.get(narrow::<_, usize>(words[place].0[row])).copied().unwrap_or("")
            };
            let value = |place: usize| numbers[place][row];
            let place = |debtor: usize| Place {
                debtor: word(debtor).to_owned(),
                region: word(debtor + 1).to_owned(),
            };
            let home = number(&mut self.homes, place(1));
            match word(0) {
                "municipality" => {}
                "ready-facts" => self.ready_group = Some(self.group(&word, &value)?),
                "ready" => self.ready(home, place(3), &word, &value)?,
                kind => {
                    let group = self.group(&word, &value)?;
                    let quantity = number(&mut self.quantities, (value(6), value(7), value(8), value(9)));
                    match kind {
                        "cell" => {
                            let count = u32::try_from(value(10)).ok()?;
                            self.of_home.entry(home).or_default().push(Cell { group, quantity, count });
                        }
                        "episode" => {
                            if value(11) != self.stay {
                                self.stay = value(11);
                                self.cells.episodes.push(Vec::new());
                            }
                            self.cells.episodes.last_mut()?.push(Episode { home, group, quantity });
                        }
                        _ => return None,
                    }
                }
            }
            Some(())
        })
    }

    fn group<'w>(&mut self, word: &dyn Fn(usize) -> &'w str, value: &dyn Fn(usize) -> i64) -> Option<u32> {
        let class = class_of(
            Sector::from_word(word(5)).ok()?,
            UnitKind::from_word(word(6)).ok()?,
            CareLevel::from_word(word(7)).ok()?,
            Service::from_word(word(8)).ok()?,
            DrgType::from_word(word(9)).ok()?,
            (value(0) == 1, value(1) == 1),
        );
        let drg = number(&mut self.drgs, word(10).to_owned());
        let trust = match self.cells.needs.trust {
            true => number(&mut self.trusts, word(12).to_owned()),
            false => 0,
        };
        let group = Group {
            class: narrow(class),
            drg,
            age: u16::try_from(value(2)).ok(),
            dates: (u8::try_from(value(4)).ok()?, u8::try_from(value(5)).ok()?),
            urgency: Urgency::from_word(word(11)).ok()?,
            readmitted: value(3) == 1,
            trust,
            diagnosis: match word(14) {
                NO_DIAGNOSIS => UNKNOWN_DIAGNOSIS,
                "" => OTHER_DIAGNOSIS,
                code => {
                    let place = self.cells.needs.diagnoses.iter().position(|known| known == code)?;
                    DIAGNOSES_FROM + u16::try_from(place).ok()?
                }
            },
        };
        Some(number(&mut self.groups, group))
    }

    fn ready<'w>(
        &mut self,
        registered: u32,
        stays: Place,
        word: &dyn Fn(usize) -> &'w str,
        value: &dyn Fn(usize) -> i64,
    ) -> Option<()> {
        let mut events = Vec::new();
        for one in word(13).split(' ').filter(|one| !one.is_empty()) {
            let (kind, at) = one.split_once('@')?;
            events.push(Event { kind: EventKind::from_word(kind).ok()?, at: Minute::parse(at).ok()? });
        }
        let stay = Stay {
            sector: Sector::from_word(word(5)).ok()?,
            unit_kind: UnitKind::from_word(word(6)).ok()?,
            care_level: CareLevel::from_word(word(7)).ok()?,
            admitted_at: Minute::from_number(value(12)),
            departed_at: Minute::from_number(value(13)),
            events,
            trust: word(12).to_owned(),
            registered_in: word(10).to_owned(),
            stays_in: word(11).to_owned(),
        };
        let stays = number(&mut self.homes, stays);
        let trust = number(&mut self.trusts, word(12).to_owned());
        let age = u16::try_from(value(2)).ok();
        let group = self.ready_group.take()?;
        self.cells.ready.push(Ready { stay, of_stay: value(11), registered, stays, trust, age, group });
        Some(())
    }

    fn finish(self) -> Cells {
        fn in_order<K: Clone>(known: &BTreeMap<K, u32>) -> Vec<K> {
            let mut all: Vec<(&K, u32)> = known.iter().map(|(key, number)| (key, *number)).collect();
            all.sort_by_key(|(_, number)| *number);
            all.into_iter().map(|(key, _)| key.clone()).collect()
        }
        let mut out = self.cells;
        out.homes = in_order(&self.homes);
        out.drgs = in_order(&self.drgs);
        out.trusts = in_order(&self.trusts);
        out.groups = in_order(&self.groups);
        let quantity = |(points, bed_days, contacts, fee): (i64, i64, i64, i64)| Quantity {
            points: Points::from_milli(points),
            bed_days,
            contacts,
            counted: out.counted,
            fee: Amount::from_ore(fee),
        };
        out.quantities = in_order(&self.quantities).into_iter().map(quantity).collect();
        let mut of_home = self.of_home;
        out.starts.push(0);
        for home in 0..narrow::<_, u32>(out.homes.len()) {
            out.cells.extend(of_home.remove(&home).unwrap_or_default());
            out.starts.push(out.cells.len());
        }
        out
    }
}
