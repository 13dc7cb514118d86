//! The program's own schema, version 1: one row is one contact, or a counted figure that stands for several
//! contacts.
//!
//! A file that was checked against the schema carries `samspill.schema` and `samspill.checked` in its footer.
//! Times are civil minutes since 1970-01-01 00:00, points are thousandths, money is øre.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::{Int8Builder, Int32Builder, ListBuilder, StructBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow_array::{Date32Array, PrimitiveArray};
use arrow_buffer::{Buffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields, Schema};
use domain::{CareLevel, Day, DrgType, EventKind, Minute, Sector, Service, Sex, UnitKind, Urgency};

/// Version of the schema, written in the footer of every file that follows it.
pub const SCHEMA_VERSION: &str = "1";
/// Footer key: the version of the schema.
pub const SCHEMA_KEY: &str = "samspill.schema";
/// Footer key: program and mapping of the check, or `synthetic register`. A file without the key was not
/// checked.
pub const CHECKED_KEY: &str = "samspill.checked";
/// Footer key: whether a residence is a `municipality` or an `area`.
pub const RESIDENCE_KEY: &str = "samspill.residence";
/// Footer key: name of the file that was checked, or description of the synthetic register.
pub const SOURCE_KEY: &str = "samspill.source";
/// Footer key: `yes` if the contacts are synthetic and belong to no real person.
pub const SYNTHETIC_KEY: &str = "samspill.synthetic";
/// Footer key: number of people in a synthetic register.
pub const PERSONS_KEY: &str = "samspill.persons";
/// Footer key: number of inhabitants of the country that a synthetic register is drawn from.
pub const OF_PERSONS_KEY: &str = "samspill.of_persons";

/// People of a synthetic register, and the inhabitants that they are a sample of; `None` if nobody is left out.
pub fn sample_of(footer: &BTreeMap<String, String>) -> Option<(u64, u64)> {
    let persons = |key: &str| footer.get(key)?.parse::<u64>().ok();
    persons(PERSONS_KEY).zip(persons(OF_PERSONS_KEY)).filter(|(made, of)| made < of)
}
/// Footer key: names of the fields that got a value from the checked file or from its mapping, separated by commas. In
/// a file without the key, every field counts as reported.
pub const REPORTED_KEY: &str = "samspill.told";
/// Footer key: what the rows lack, as [`crate::lacking::Lacking::text`] writes it.
pub const LACKING_KEY: &str = "samspill.lacking";

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole number of 64 bits, never missing.
    Long,
    /// Whole number of 32 bits; may be missing.
    Int,
    /// Day; may be missing.
    Date,
    /// Text from a small set, stored as a dictionary; the empty text if missing.
    Word,
    /// Yes or no, never missing.
    Flag,
    /// Readiness events: a list of (event number, civil minute).
    Events,
    /// Text that is another in nearly every row.
    Text,
}

/// One column of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether the column belongs to the core of a contact. No code reads this flag: [`crate::check`] lists the
    /// fields that a delivery must fill.
    pub required: bool,
    /// Meaning and unit, in English.
    pub meaning: &'static str,
}

// A macro, because a column's place, name, type and meaning must not drift apart.
macro_rules! columns {
    ($($place:ident = $name:literal, $kind:ident, $required:literal, $meaning:literal;)+) => {
        /// Every column, in the order of the file.
        pub const COLUMNS: &[Column] = &[$(Column { name: $name, kind: Kind::$kind, required: $required, meaning: $meaning }),+];

        #[allow(clippy::allow_attributes, clippy::allow_attributes_without_reason, missing_docs, non_camel_case_types, clippy::upper_case_acronyms)]
        mod order { pub(super) enum Order { $($place),+ } }

        /// Place of each column in [`COLUMNS`], documented with the column's meaning.
        pub mod at {
            $(#[doc = $meaning] pub const $place: usize = super::order::Order::$place as usize;)+
        }
    };
}

columns! {
    CONTACT_ID = "contact_id", Long, true, "key of the contact, stable across deliveries";
    SOURCE_ROW = "source_row", Long, false, "row in the file that was checked, from 1";
    STAY_ID = "stay_id", Long, true, "hospital stay that the contact is part of (aggrshoppID)";
    STAY_ROWS = "stay_rows", Int, false, "contacts in the stay";
    PERSON_ID = "person_id", Long, true, "pseudonym of the person; 0 in counted figures";
    UNIT = "unit", Word, true, "treating unit";
    UNIT_KIND = "unit_kind", Word, true, "kind of unit";
    TRUST = "trust", Word, false, "organisation number of the trust or private institution";
    SECTOR = "sector", Word, true, "sector";
    CARE_LEVEL = "care_level", Word, true, "level of care";
    SERVICE = "service", Word, false, "ordinary, laboratory or radiology";
    URGENCY = "urgency", Word, false, "acute or planned";
    ADMITTED = "admitted_minute", Int, true, "admission, civil minutes since 1970-01-01";
    DISCHARGED = "discharged_minute", Int, true, "discharge, civil minutes since 1970-01-01";
    ADMITTED_ON = "admitted_on", Date, false, "day of admission";
    DISCHARGED_ON = "discharged_on", Date, false, "day of discharge";
    MUNICIPALITY_OF_REGISTRATION = "municipality_of_registration", Word, true, "where the person is registered, or area of residence";
    MUNICIPALITY_OF_STAY = "municipality_of_stay", Word, false, "where the person says that they stay";
    RESIDENT = "resident", Flag, false, "lives in a Norwegian municipality";
    AGE = "age", Int, false, "age at admission in whole years";
    SEX = "sex", Word, false, "sex";
    DRG = "drg", Word, false, "DRG";
    DRG_TYPE = "drg_type", Word, false, "medical or surgical";
    MDC = "mdc", Int, false, "major diagnostic category (hdg)";
    WEIGHT = "weight_milli", Int, false, "basic weight, thousandths of a point";
    POINTS = "points_milli", Int, true, "corrected points (korrvekt), thousandths";
    BED_DAYS = "bed_days", Int, false, "nights in bed";
    COSTLY_MEDICINE = "costly_medicine", Flag, false, "a listed costly medicine was given";
    FEE = "fee_ore", Int, false, "fee paid for the contact, oere";
    CONTACTS = "contacts", Int, false, "how many contacts the row stands for";
    REPORTED_READY = "reported_ready", Flag, false, "there are readiness events";
    EVENTS = "events", Events, false, "readiness events: number (TYPETIDSPUNKT) and minute";
    DEPARTMENT = "department", Word, false, "department";
    REFERRAL_REASON = "referral_reason", Word, false, "reason of referral";
    REFERRED_ON = "referred_on", Date, false, "day the referral was received";
    DEADLINE_ON = "deadline_on", Date, false, "deadline of the right to care";
    RIGHT_TO_CARE = "right_to_care", Flag, false, "right to necessary health care";
    REFERRED_FROM = "referred_from", Word, false, "who referred";
    REFERRED_TO = "referred_to", Word, false, "where the patient went";
    FORMALITY = "formality", Word, false, "legal formality (voluntary or compulsory)";
    DIAGNOSES = "diagnoses", Word, false, "diagnoses, main one first";
    PROCEDURES = "procedures", Word, false, "procedures";
    TARIFF_CODES = "tariff_codes", Word, false, "fee codes";
    MEDICINE = "medicine", Word, false, "costly medicine (ATC)";
    FUNCTIONAL_ABILITY = "functional_ability", Int, false, "functional ability, 1 (poor) to 5";
    NATIONALITY = "nationality", Word, false, "nationality";
    CONTACT_FORM = "contact_form", Word, false, "how the contact took place (KONTAKTTYPE): video, telephone or as reported";
    EXTRACT_KEY = "extract_key", Text, false, "key of the contact as the extract writes it; only in a file that was checked from an extract";
}

/// The value that stands for a missing whole number or day in [`Contact`] and [`Contacts`].
pub const MISSING: i32 = i32::MIN;

/// One readiness event of a contact (`utskrivningsklar`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    pub at: Minute,
    pub kind: EventKind,
}

/// One contact, to be pushed into [`Contacts`]. Each field means what the column of the same name in [`at`]
/// means.
#[derive(Debug, Clone)]
pub struct Contact<'a> {
    pub contact_id: i64,
    pub source_row: i64,
    pub stay_id: i64,
    pub stay_rows: i32,
    /// Pseudonym of the person; 0 if unknown, as in counted figures.
    pub person_id: i64,
    pub unit: &'a str,
    pub unit_kind: UnitKind,
    /// Organisation number of the trust or private institution; empty if unknown.
    pub trust: &'a str,
    pub sector: Sector,
    pub care_level: CareLevel,
    pub service: Service,
    pub urgency: Urgency,
    pub admitted: Minute,
    pub discharged: Minute,
    /// Code of the municipality that the person is registered in (`folkeregistrert kommune`), or name of an
    /// area.
    pub municipality_of_registration: &'a str,
    /// Code of the municipality that the person stays in (`oppholdskommune`); if that is not reported, the
    /// municipality of registration.
    pub municipality_of_stay: &'a str,
    /// Whether the person lives in a Norwegian municipality.
    pub resident: bool,
    /// Whole years at admission, or [`MISSING`].
    pub age: i32,
    pub sex: Sex,
    /// Code of the DRG; empty if the contact is in no DRG.
    pub drg: &'a str,
    pub drg_type: DrgType,
    /// Major diagnostic category (`hdg`), or [`MISSING`].
    pub mdc: i32,
    /// Basic weight in thousandths of a point, or [`MISSING`].
    pub weight_milli: i32,
    /// Corrected points (`korrvekt`) in thousandths.
    pub points_milli: i32,
    /// Nights in bed.
    pub bed_days: i32,
    /// Whether a listed costly medicine was given.
    pub costly_medicine: bool,
    /// Fee paid for the contact, in øre.
    pub fee_ore: i32,
    /// Number of contacts that the row stands for: 1 for a contact, 1 or more for a counted figure.
    pub contacts: i32,
    /// Readiness events. The check puts them in order of time; the synthetic register does not always.
    pub events: &'a [Event],
    /// Fields that no settlement needs.
    pub other: Other<'a>,
}

/// Fields of the register that no settlement needs. An unknown text is empty, and an unknown option is `None`.
#[derive(Debug, Clone, Default)]
pub struct Other<'a> {
    pub department: &'a str,
    pub referral_reason: &'a str,
    /// Day on which the referral was received.
    pub referred_on: Option<Day>,
    /// Deadline of the right to care.
    pub deadline_on: Option<Day>,
    /// Whether the patient has a right to necessary health care; `false` also if unknown.
    pub right_to_care: bool,
    /// Who referred the patient.
    pub referred_from: &'a str,
    /// Where the patient went after the contact.
    pub referred_to: &'a str,
    /// Legal formality: voluntary or compulsory.
    pub formality: &'a str,
    /// Codes of the diagnoses, the main one first.
    pub diagnoses: &'a str,
    pub procedures: &'a str,
    /// Codes of the fees.
    pub tariff_codes: &'a str,
    /// Costly medicine (ATC code).
    pub medicine: &'a str,
    /// Functional ability, from 1 (poor) to 5.
    pub functional_ability: Option<i32>,
    pub nationality: &'a str,
    /// How the contact took place (`KONTAKTTYPE`): video, telephone, or as reported.
    pub contact_form: &'a str,
    /// Key of the contact as the extract writes it: `institution/episode` if two columns make the key.
    pub extract_key: &'a str,
}

/// Words numbered from 0, in order of first use.
#[derive(Debug, Clone, Default)]
pub struct Interner {
    words: Vec<String>,
    #[expect(
        clippy::disallowed_types,
        reason = "looked up by key only: numbers follow first use, not the map's order"
    )]
    numbers: std::collections::HashMap<String, i32>,
    last: i32,
}

impl Interner {
    /// Number of a word. A new word gets the next number.
    pub fn number(&mut self, word: &str) -> i32 {
        if self.words.get(self.last as usize).is_some_and(|last| last == word) {
            return self.last;
        }
        if let Some(number) = self.numbers.get(word) {
            self.last = *number;
            return *number;
        }
        let number = self.words.len() as i32;
        self.words.push(word.to_owned());
        self.numbers.insert(word.to_owned(), number);
        self.last = number;
        number
    }

    /// The words, each at the place of its number.
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

#[derive(Debug, Clone)]
enum Values {
    Long(Vec<i64>),
    Int(Vec<i32>),
    Word(Vec<i32>, Interner),
    Flag(Vec<bool>),
    Events(Vec<u32>, Vec<Event>),
    Text(Vec<i32>, String),
}

/// Contacts in memory, as columns of the schema.
#[derive(Debug, Clone)]
pub struct Contacts {
    columns: Vec<Values>,
    rows: usize,
}

impl Default for Contacts {
    fn default() -> Self {
        Contacts::new()
    }
}

impl Contacts {
    /// A table without rows.
    pub fn new() -> Self {
        let columns = COLUMNS
            .iter()
            .map(|column| match column.kind {
                Kind::Long => Values::Long(Vec::new()),
                Kind::Int | Kind::Date => Values::Int(Vec::new()),
                Kind::Word => Values::Word(Vec::new(), Interner::default()),
                Kind::Flag => Values::Flag(Vec::new()),
                Kind::Events => Values::Events(vec![0], Vec::new()),
                Kind::Text => Values::Text(vec![0], String::new()),
            })
            .collect();
        Contacts { columns, rows: 0 }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether the table has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    fn long(&mut self, place: usize, value: i64) {
        if let Values::Long(values) = &mut self.columns[place] {
            values.push(value);
        }
    }

    fn int(&mut self, place: usize, value: i32) {
        if let Values::Int(values) = &mut self.columns[place] {
            values.push(value);
        }
    }

    fn flag(&mut self, place: usize, value: bool) {
        if let Values::Flag(values) = &mut self.columns[place] {
            values.push(value);
        }
    }

    fn word(&mut self, place: usize, value: &str) {
        if let Values::Word(numbers, interner) = &mut self.columns[place] {
            numbers.push(interner.number(value));
        }
    }

    /// Appends a contact.
    pub fn push(&mut self, contact: &Contact) {
        let c = contact;
        self.rows += 1;
        self.long(at::CONTACT_ID, c.contact_id);
        self.long(at::SOURCE_ROW, c.source_row);
        self.long(at::STAY_ID, c.stay_id);
        self.int(at::STAY_ROWS, c.stay_rows);
        self.long(at::PERSON_ID, c.person_id);
        self.word(at::UNIT, c.unit);
        self.word(at::UNIT_KIND, c.unit_kind.word());
        self.word(at::TRUST, c.trust);
        self.word(at::SECTOR, c.sector.word());
        self.word(at::CARE_LEVEL, c.care_level.word());
        self.word(at::SERVICE, c.service.word());
        self.word(at::URGENCY, c.urgency.word());
        self.int(at::ADMITTED, c.admitted.number() as i32);
        self.int(at::DISCHARGED, c.discharged.number() as i32);
        self.int(at::ADMITTED_ON, c.admitted.day().number());
        self.int(at::DISCHARGED_ON, c.discharged.day().number());
        self.word(at::MUNICIPALITY_OF_REGISTRATION, c.municipality_of_registration);
        self.word(at::MUNICIPALITY_OF_STAY, c.municipality_of_stay);
        self.flag(at::RESIDENT, c.resident);
        self.int(at::AGE, c.age);
        self.word(at::SEX, c.sex.word());
        self.word(at::DRG, c.drg);
        self.word(at::DRG_TYPE, c.drg_type.word());
        self.int(at::MDC, c.mdc);
        self.int(at::WEIGHT, c.weight_milli);
        self.int(at::POINTS, c.points_milli);
        self.int(at::BED_DAYS, c.bed_days);
        self.flag(at::COSTLY_MEDICINE, c.costly_medicine);
        self.int(at::FEE, c.fee_ore);
        self.int(at::CONTACTS, c.contacts);
        self.flag(at::REPORTED_READY, !c.events.is_empty());
        if let Values::Events(ends, events) = &mut self.columns[at::EVENTS] {
            events.extend_from_slice(c.events);
            ends.push(events.len() as u32);
        }
        self.push_other(&c.other);
    }

    fn push_other(&mut self, other: &Other) {
        let day = |day: Option<Day>| day.map_or(MISSING, Day::number);
        self.word(at::DEPARTMENT, other.department);
        self.word(at::REFERRAL_REASON, other.referral_reason);
        self.int(at::REFERRED_ON, day(other.referred_on));
        self.int(at::DEADLINE_ON, day(other.deadline_on));
        self.flag(at::RIGHT_TO_CARE, other.right_to_care);
        self.word(at::REFERRED_FROM, other.referred_from);
        self.word(at::REFERRED_TO, other.referred_to);
        self.word(at::FORMALITY, other.formality);
        self.word(at::DIAGNOSES, other.diagnoses);
        self.word(at::PROCEDURES, other.procedures);
        self.word(at::TARIFF_CODES, other.tariff_codes);
        self.word(at::MEDICINE, other.medicine);
        self.int(at::FUNCTIONAL_ABILITY, other.functional_ability.unwrap_or(MISSING));
        self.word(at::NATIONALITY, other.nationality);
        self.word(at::CONTACT_FORM, other.contact_form);
        if let Values::Text(ends, text) = &mut self.columns[at::EXTRACT_KEY] {
            text.push_str(other.extract_key);
            ends.push(text.len() as i32);
        }
    }

    /// Values of a column of 64-bit numbers; empty if the column at `place` has another type.
    pub fn longs(&self, place: usize) -> &[i64] {
        match &self.columns[place] {
            Values::Long(values) => values,
            _ => &[],
        }
    }

    /// Replaces a column of 32-bit numbers. The new column must have as many values as the table has rows;
    /// otherwise an assertion fails. A column of another type is left unchanged.
    pub fn set_ints(&mut self, place: usize, new: Vec<i32>) {
        assert_eq!(new.len(), self.rows, "a column has as many values as the file has rows");
        if let Values::Int(values) = &mut self.columns[place] {
            *values = new;
        }
    }

    /// Copies the rows to an Arrow batch, with [`MISSING`] turned into Arrow's missing value, and with the extract's keys if
    /// `with_keys` is set.
    ///
    /// # Errors
    /// Fails if Arrow refuses the columns, which only a bug in this module can cause.
    pub fn to_record_batch(&self, with_keys: bool) -> Result<RecordBatch, arrow_schema::ArrowError> {
        let schema = arrow_schema(with_keys);
        let columns = self.columns.iter().zip(COLUMNS).take(schema.fields().len());
        let arrays = columns.map(|(values, column)| array(values, column.kind));
        RecordBatch::try_new(schema, arrays.collect::<Result<_, _>>()?)
    }
}

fn array(values: &Values, kind: Kind) -> Result<ArrayRef, arrow_schema::ArrowError> {
    let optional = |values: &[i32]| -> Vec<Option<i32>> {
        values.iter().map(|value| (*value != MISSING).then_some(*value)).collect()
    };
    Ok(match values {
        Values::Long(values) => Arc::new(Int64Array::from(values.clone())),
        Values::Int(values) if kind == Kind::Date => Arc::new(Date32Array::from(optional(values))),
        Values::Int(values) => Arc::new(Int32Array::from(optional(values))),
        Values::Flag(values) => Arc::new(BooleanArray::from(values.clone())),
        Values::Text(ends, text) => {
            let ends = OffsetBuffer::new(ends.clone().into());
            Arc::new(StringArray::try_new(ends, Buffer::from(text.as_bytes()), None)?)
        }
        Values::Word(numbers, interner) => {
            let keys: PrimitiveArray<Int32Type> = PrimitiveArray::from(numbers.clone());
            let words: StringArray = interner.words.iter().map(|word| Some(word.as_str())).collect();
            Arc::new(DictionaryArray::try_new(keys, Arc::new(words))?)
        }
        Values::Events(ends, events) => {
            let fields = event_fields();
            let builders: Vec<Box<dyn arrow_array::builder::ArrayBuilder>> =
                vec![Box::new(Int8Builder::new()), Box::new(Int32Builder::new())];
            let item = Field::new("item", DataType::Struct(fields.clone()), false);
            let mut list = ListBuilder::new(StructBuilder::new(fields, builders)).with_field(item);
            for pair in ends.windows(2) {
                for event in &events[pair[0] as usize..pair[1] as usize] {
                    let row = list.values();
                    if let Some(kinds) = row.field_builder::<Int8Builder>(0) {
                        kinds.append_value(event.kind.reported_number() as i8);
                    }
                    if let Some(minutes) = row.field_builder::<Int32Builder>(1) {
                        minutes.append_value(event.at.number() as i32);
                    }
                    row.append(true);
                }
                list.append(true);
            }
            Arc::new(list.finish())
        }
    })
}

fn event_fields() -> Fields {
    Fields::from(vec![
        Field::new("event", DataType::Int8, false),
        Field::new("minute", DataType::Int32, false),
    ])
}

/// The schema in Arrow's types, with the extract's keys, which are the last column, if `with_keys` is set.
pub fn arrow_schema(with_keys: bool) -> Arc<Schema> {
    let fields: Vec<Field> = COLUMNS
        .iter()
        .take(if with_keys { COLUMNS.len() } else { at::EXTRACT_KEY })
        .map(|column| {
            let (data_type, nullable) = match column.kind {
                Kind::Long => (DataType::Int64, false),
                Kind::Int => (DataType::Int32, true),
                Kind::Date => (DataType::Date32, true),
                Kind::Word => {
                    (DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), false)
                }
                Kind::Flag => (DataType::Boolean, false),
                Kind::Text => (DataType::Utf8, false),
                Kind::Events => {
                    let item = Field::new("item", DataType::Struct(event_fields()), false);
                    (DataType::List(Arc::new(item)), false)
                }
            };
            Field::new(column.name, data_type, nullable)
        })
        .collect();
    Arc::new(Schema::new(fields))
}

/// Key of a contact, from 0 to 2⁶³ − 1, made from its institution and its local episode id. The key is the same in
/// every delivery. The hash is FNV-1a with a final mix. Among eleven million contacts, the chance that any two keys
/// are equal is one in 150 000.
pub fn contact_key(unit: &str, episode: &str) -> i64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in unit.bytes().chain([0x1f]).chain(episode.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    (mixed(hash) >> 1) as i64
}

/// Mixes the bits of a number, so that close numbers come far apart.
pub(crate) fn mixed(mut bits: u64) -> u64 {
    bits ^= bits >> 33;
    bits = bits.wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits ^= bits >> 33;
    bits = bits.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}
