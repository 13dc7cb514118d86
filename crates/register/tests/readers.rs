//! Files as people, spreadsheets and other programs leave them: no value slides into another column, no row is
//! swallowed, no person becomes two, and no two persons become one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use arrow_array::Array;
use domain::{Day, Municipalities};
use register::Report;
use register::check::{Check, Reason, check_file};
use register::columns;
use register::mapping::Mapping;
use register::parquet_file::Reader;
use register::sheet::{self, Sheet, SheetError};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const HEAD: &str = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,admitted,discharged,\
municipality_of_registration,age,sex,drg,drg_type,points,fee";

fn file(name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    // A folder for each file: tests that choose the same name run side by side.
    static MADE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("samspill-readers-{}/{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn checked_by(path: &Path, mapping: &Mapping) -> Report {
    let municipalities = Municipalities::built_in().unwrap();
    let check =
        Check { mapping, municipalities: &municipalities, drg_list: None, threads: 2, running_at: None };
    check_file(path, &check, Some(&path.with_extension("parquet")), |_, _| {}).unwrap()
}

fn checked(path: &Path) -> Report {
    checked_by(path, &Mapping::built_in("samspill").unwrap().unwrap())
}

/// A row of a table under [`HEAD`]. `id` is the key of both the contact and the stay.
fn row(id: &str, person: &str, unit: &str, age: &str) -> String {
    format!(
        "{id},{id},{person},{unit},public-hospital,983974724,somatic,overnight,2012-03-04T10:00,2012-03-06T12:00,\
         1201,{age},woman,127,medical,1.000,\n"
    )
}

fn reasons(report: &Report) -> Vec<(u64, Reason)> {
    report.refused.iter().map(|one| (one.line, one.reason)).collect()
}

fn persons(path: &Path) -> Vec<i64> {
    let reader = Reader::open_contacts(&path.with_extension("parquet")).unwrap();
    let read = |group| reader.read(group, &["person_id"], 1 << 16, None).unwrap();
    let batches = (0..reader.row_groups()).flat_map(read);
    batches.flat_map(|batch| columns::longs(&batch.unwrap(), "person_id").to_vec()).collect()
}

#[test]
fn a_stray_quote_swallows_no_row() {
    let rows = [row("1", "1", "U1", "70"), row("2", "2", "\"U1", "70"), row("3", "3", "\"U1", "70")];
    let text = format!("{HEAD}\n{}{}", rows.concat(), row("4", "4", "U1", "70"));
    let report = checked(&file("quotes.csv", text));
    assert_eq!((report.rows, report.accepted), (4, 2));
    assert_eq!(reasons(&report), [(3, Reason::StrayQuote), (4, Reason::StrayQuote)]);
    // A comma inside a quoted name does not end the cell.
    let text = format!("{HEAD}\n{}", row("1", "1", "\"Klinikken, Nord\"", "70"));
    assert_eq!(checked(&file("quoted.csv", text)).accepted, 1);
}

/// SAS writes a missing value as a full stop. A row without an age is accepted; a row without the time of discharge is
/// refused.
#[test]
fn a_full_stop_alone_is_a_missing_value() {
    let rows = [row("1", "1", "U1", "."), row("2", "2", "U1", "70").replace("2012-03-06T12:00", ".")];
    let path = file("sas.csv", format!("{HEAD}\n{}", rows.concat()));
    let report = checked(&path);
    assert_eq!((report.accepted, reasons(&report)), (1, vec![(3, Reason::NotDischarged)]));
    let reader = Reader::open_contacts(&path.with_extension("parquet")).unwrap();
    let batch = reader.read(0, &["age"], 1 << 16, None).unwrap().next().unwrap().unwrap();
    assert_eq!(columns::maybe_ints(&batch, "age").map(|ages| ages.is_null(0)), Some(true));
}

#[test]
fn one_bad_byte_spoils_its_own_row_and_an_old_file_is_read_whole() {
    let mut bytes = format!("{HEAD}\n{}", row("1", "1", "Åsgård", "70")).into_bytes();
    bytes.extend(row("2", "2", "B\u{1}", "70").replace('\u{1}', "").into_bytes());
    let bad: Vec<u8> = row("3", "3", "X", "70")
        .bytes()
        .flat_map(|b| if b == b'X' { vec![0xc5, b'x'] } else { vec![b] })
        .collect();
    bytes.extend(bad);
    let report = checked(&file("byte.csv", bytes));
    assert_eq!(reasons(&report), [(4, Reason::BadLetter)]);
    let old: Vec<u8> = format!("{HEAD}\n{}", row("1", "1", "?s ? ?", "70"))
        .bytes()
        .scan(0, |seen, byte| {
            *seen += usize::from(byte == b'?');
            Some(if byte == b'?' { [0xc5, 0x96, 0x93][*seen - 1] } else { byte })
        })
        .collect();
    let path = file("old.csv", old);
    assert!(checked(&path).refused.is_empty());
    let reader = Reader::open_contacts(&path.with_extension("parquet")).unwrap();
    let batch = reader.read(0, &["unit"], 16, None).unwrap().next().unwrap().unwrap();
    let (_, words) = columns::words(&batch, "unit");
    assert_eq!(words.unwrap().iter().flatten().collect::<Vec<_>>(), ["Ås – “"]);
}

#[test]
fn a_number_cut_in_two_and_a_code_that_is_another_party_are_refused() {
    let cut = row("1", "1", "U1", "70").replace("1.000,\n", "1,017\n");
    let line_end = row("2", "2", "\"U\n1\"", "70");
    let state = row("3", "3", "U1", "70").replace("983974724", "state");
    let municipality = row("4", "4", "U1", "70").replace("983974724", "0301");
    let report = checked(&file("cut.csv", format!("{HEAD}\n{cut}{line_end}{state}{municipality}")));
    let found: Vec<Reason> = report.refused.iter().map(|one| one.reason).collect();
    assert_eq!(
        found,
        [Reason::NotANumber, Reason::ControlCharacter, Reason::NotAnInstitution, Reason::NotAnInstitution]
    );
}

#[test]
fn one_person_is_one_and_anybody_is_nobody() {
    // Leading zero, the .0 of a spreadsheet, a byte-order mark in the text, letters of either case.
    let same = ["01234", "1234", "1234.0", "\u{feff}1234", "abC-1", "ABc-1"];
    let rows: String = same
        .iter()
        .enumerate()
        .map(|(place, id)| row(&place.to_string(), id, &format!("U{place}"), "70"))
        .collect();
    let path = file("keys.csv", format!("{HEAD}\n{rows}"));
    checked(&path);
    let found = persons(&path);
    assert!(found[..4].iter().all(|one| *one == 1234) && found[4] == found[5], "{found:?}");
    // Sixty patients of twenty ages under one number: a placeholder, so no row gets a person.
    let rows: String =
        (0..60).map(|id| row(&id.to_string(), "99999999999", "U1", &(20 + id % 20).to_string())).collect();
    let path = file("placeholder.csv", format!("{HEAD}\n{rows}"));
    let report = checked(&path);
    assert_eq!((report.accepted, persons(&path).iter().filter(|person| **person != 0).count()), (60, 0));
    assert!(report.warnings.values().any(|count| *count == 60), "{:?}", report.warnings);
    // Two sexes under one id: a warning is given, and both rows are accepted.
    let two = row("1", "7", "U1", "70") + &row("2", "7", "U1", "70").replace("woman", "man");
    let report = checked(&file("two.csv", format!("{HEAD}\n{two}")));
    assert_eq!((report.accepted, report.warnings.len()), (2, 1), "{:?}", report.warnings);
    // A synthetic national identity number in each row.
    let report = checked(&file("number.csv", format!("{HEAD}\n{}", row("1", "02819840086", "U1", "14"))));
    assert!(report.warnings.keys().any(|text| text.english().contains("national identity numbers")));
}

#[test]
fn a_mapping_translates_every_field() {
    let text = "[values.age]\n\".\" = \"\"\n[values.municipality_of_registration]\n9999 = \"no-fixed-address\"\n\
                [values.trust]\nA = \"983974724\"\n";
    let own =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/samspill.toml")).unwrap();
    let mapping = Mapping::parse(&format!("{own}\n{text}")).unwrap();
    let body = row("1", "1", "U1", ".").replace("1201", "9999").replace("983974724", "A");
    let path = file("values.csv", format!("{HEAD}\n{body}"));
    let report = checked_by(&path, &mapping);
    assert!(report.refused.is_empty(), "{:?}", report.refused);
    let reader = Reader::open_contacts(&path.with_extension("parquet")).unwrap();
    let batch = reader
        .read(0, &["trust", "municipality_of_registration"], 16, None)
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let word = |name: &str| columns::words(&batch, name).1.unwrap().value(0).to_owned();
    assert_eq!(
        (word("trust").as_str(), word("municipality_of_registration").as_str()),
        ("983974724", "no-fixed-address")
    );
}

/// Ages in bands, signs of a missing value, years of a moved calendar, and bed days from the two times.
#[test]
fn a_mapping_declares_bands_and_signs_of_what_is_missing() {
    let own =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/samspill.toml")).unwrap();
    let (id, rest) = own.split_once("[columns]").unwrap();
    let text =
        format!("{id}missing = [\"null\", \"-\"]\n[columns]{rest}\n[values.age]\n\"70-79\" = \"75\"\n");
    let mapping = Mapping::parse(&text).unwrap();
    let body = row("1", "NULL", "U1", "70-79")
        .replace("2012-03", "2216-07")
        .replace(",127,", ",-,")
        .replace(",1201,", ",4601,");
    let path = file("bands.csv", format!("{HEAD}\n{body}{}", row("2", "8", "U1", "-")));
    let report = checked_by(&path, &mapping);
    assert!(report.refused.is_empty(), "{:?}", report.refused);
    let reader = Reader::open_contacts(&path.with_extension("parquet")).unwrap();
    let names = ["person_id", "discharged_on", "age", "bed_days", "drg"];
    let batch = reader.read(0, &names, 16, None).unwrap().next().unwrap().unwrap();
    assert_eq!(columns::longs(&batch, "person_id")[0], 0);
    assert_eq!(columns::ints(&batch, "age")[0], 75);
    assert!(batch.column_by_name("age").unwrap().is_null(1));
    assert_eq!(columns::ints(&batch, "bed_days")[..], [2, 2]);
    let day = Day::from_number(columns::ints(&batch, "discharged_on")[0]);
    assert_eq!(day.to_string(), "2216-07-06");
    assert_eq!(columns::words(&batch, "drg").1.unwrap().value(0), "");
    let known_fields = &reader.footer()[register::schema::REPORTED_KEY];
    assert!(known_fields.split(',').any(|one| one == "bed_days"), "{known_fields}");
}

/// Whoever writes a mapping is told of every column at once.
#[test]
fn all_missing_columns_are_told_at_once() {
    let head = HEAD.replace("unit,", "units,").replace(",age", "").replace("admitted", "inn");
    let path = file("lacks.csv", format!("{head}\n{}", row("1", "1", "U1", "70")));
    let municipalities = Municipalities::built_in().unwrap();
    let mapping = Mapping::built_in("samspill").unwrap().unwrap();
    let check = Check {
        mapping: &mapping,
        municipalities: &municipalities,
        drg_list: None,
        threads: 2,
        running_at: None,
    };
    let told = check_file(&path, &check, None, |_, _| {}).unwrap_err().to_string();
    assert!(
        told.contains("unit (looked for unit; did 'units' mean that?), admitted (looked for admitted"),
        "{told}"
    );
}

fn read(name: &str, mut book: Workbook) -> Result<Sheet, SheetError> {
    let path = file(name, book.save_to_buffer().unwrap());
    sheet::read(&path)
}

#[test]
fn a_workbook_is_read_as_it_is_seen() {
    let mut book = Workbook::new();
    let hidden = book.add_worksheet();
    hidden.set_hidden(true).write(0, 0, "amount").unwrap().write(1, 0, 1.0).unwrap();
    book.add_worksheet().write(0, 0, "Forside").unwrap();
    let table = book.add_worksheet();
    table.write(0, 0, "Faktura for mars").unwrap();
    table.write(1, 1, "Sykehuset AS").unwrap();
    for (column, head) in ["case", "from", "amount"].into_iter().enumerate() {
        table.write(3, column as u16, head).unwrap();
    }
    let date = Format::new().set_num_format("dd.mm.yyyy hh:mm");
    let at = ExcelDateTime::parse_from_str("2012-03-04T10:15:00").unwrap();
    table
        .write(4, 0, 7)
        .unwrap()
        .write_with_format(4, 1, &at, &date)
        .unwrap()
        .write(4, 2, 11_157.029_999_999_999)
        .unwrap();
    // A whole day has no hour: midnight was written by nobody.
    let day = ExcelDateTime::parse_from_str("2012-03-05").unwrap();
    table.write(5, 0, 8).unwrap().write_with_format(5, 1, &day, &date).unwrap().write(5, 2, 8000).unwrap();
    let found = read("bill.xlsx", book).unwrap();
    assert_eq!(found.heads, ["case", "from", "amount"]);
    let rows = [(5, ["7", "2012-03-04T10:15", "11157.03"]), (6, ["8", "2012-03-05", "8000"])];
    let rows = rows.map(|(line, cells)| (line, cells.map(str::to_owned).to_vec()));
    assert_eq!(found.rows, rows);
}

#[test]
fn a_workbook_with_another_name_is_read_as_one() {
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 0, "a").unwrap().write(0, 1, "b").unwrap().write(1, 0, 1).unwrap();
    let found = read("saved.dat", book).unwrap();
    assert_eq!(
        (found.heads, found.rows),
        (vec!["a".to_owned(), "b".to_owned()], vec![(2, vec!["1".to_owned()])])
    );
}

/// A sheet with the head of another is not left out in silence, however few its rows; the sheet that is asked for is read.
/// Titles of several cells stand above the head. An hour without a day is an hour.
#[test]
fn the_sheet_that_is_meant_is_read() {
    let book = |second: &str| {
        let mut book = Workbook::new();
        for (name, head, rows) in [("April", "case", 9), ("Mai", second, 1)] {
            let sheet = book.add_worksheet();
            sheet.set_name(name).unwrap();
            sheet.write(0, 0, "Fra").unwrap().write(0, 1, "Helse Bergen HF").unwrap();
            sheet.write(1, 0, head).unwrap().write(1, 1, "days").unwrap().write(1, 2, "amount").unwrap();
            for row in 2..2 + rows {
                sheet.write(row, 0, name).unwrap().write(row, 1, 1).unwrap().write(row, 2, 4000).unwrap();
            }
        }
        book
    };
    assert!(matches!(read("same.xlsx", book("case")), Err(SheetError::Several { .. })));
    let found = read("other.xlsx", book("note")).unwrap();
    assert_eq!((found.heads[0].as_str(), found.rows.len(), found.rows[0].0), ("case", 9, 3));
    let place = file("asked.xlsx", "");
    book("case").save(&place).unwrap();
    let asked = |sheet: &str| sheet::read(Path::new(&format!("{}#{sheet}", place.display())));
    assert_eq!(asked("mai").unwrap().rows[0].1[0], "Mai");
    assert!(matches!(asked("Juni"), Err(SheetError::NoSheet { .. })));
    let mut hours = Workbook::new();
    let as_hour = Format::new().set_num_format("hh:mm");
    let sheet = hours.add_worksheet();
    sheet.write(0, 0, "kl").unwrap().write(0, 1, "sak").unwrap().write(1, 1, "S-1").unwrap();
    sheet.write_with_format(1, 0, 0.381_944_444_4, &as_hour).unwrap();
    assert_eq!(read("hours.xlsx", hours).unwrap().rows[0].1[0], "09:10");
}

#[test]
fn a_workbook_of_two_tables_or_with_a_cell_far_out_is_refused() {
    let mut two = Workbook::new();
    for _ in 0..2 {
        let sheet = two.add_worksheet();
        sheet.write(0, 0, "a").unwrap().write(0, 1, "b").unwrap().write(1, 0, 1).unwrap();
    }
    assert!(matches!(read("two.xlsx", two), Err(SheetError::Several { .. })));
    let mut far = Workbook::new();
    far.add_worksheet().write(1_048_575, 16_383, "x").unwrap();
    let refused = read("far.xlsx", far);
    assert!(matches!(refused, Err(SheetError::Large { row: 1_048_576, column: 16_384, .. })), "{refused:?}");
}

#[test]
fn small_tables_are_strict_on_quotes_and_on_width() {
    let unclosed =
        sheet::read(&file("unclosed.csv", "events;people;area\n20;5000;A\n30;6000;\"B\n12;3000;C\n"));
    assert!(matches!(unclosed, Err(SheetError::Quote { line: 3, .. })), "{unclosed:?}");
    let wide = sheet::read(&file("wide.csv", "reference,days,amount\n1,3,12000,50\n"));
    assert!(matches!(wide, Err(SheetError::Wide { line: 2, heads: 3, .. })), "{wide:?}");
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("a;b\nÅ;1\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(
        sheet::read(&file("utf16.csv", utf16)).unwrap().rows,
        [(2, vec!["Å".to_owned(), "1".to_owned()])]
    );
    // A title without separators stands above a head, whatever separates the cells of the head.
    for separator in [",", ";", "\t"] {
        let text = "Faktura for mars\n\nreference,days,amount\n1,3,12000.50\n".replace(',', separator);
        let titled = sheet::read(&file("titled.csv", text)).unwrap();
        assert_eq!(titled.heads, ["reference", "days", "amount"]);
        assert_eq!(
            (titled.rows[0].0, titled.rows[0].1.len(), titled.separator),
            (4, 3, Some(separator.as_bytes()[0]))
        );
    }
}

/// Codes as spreadsheets and pandas write them are the codes; a DRG meets the exclusions in any case; a number of 1.0 is the
/// code 1 of a mapping; a trust with a wrong check digit is told.
#[test]
fn codes_are_read_as_they_are_meant() {
    let rows = [
        row("1", "1", "U1", "40").replace("983974724", "983974724.0").replace(",1201,", ",1201.0,"),
        row("2", "2", "U1", "40").replace("983974724", "983 974 724").replace(",127,", ",915o,"),
        row("3", "3", "U1", "40").replace("983974724", "123456789").replace(",127,", ",DRG 801h,"),
        row("4", "4", "U1", "40").replace(",overnight,", ",3.0,"),
    ];
    let mapping = "id = \"coded\"\ntitle = \"t\"\n[columns]\n".to_owned()
        + &HEAD.split(',').map(|name| format!("{name} = [\"{name}\"]\n")).collect::<String>()
        + "[constants]\nservice = \"ordinary\"\n[values.care_level]\n\"3\" = \"outpatient\"\n\"overnight\" = \"overnight\"\n";
    let path = file("codes.csv", format!("{HEAD}\n{}", rows.concat()));
    let report = checked_by(&path, &Mapping::parse(&mapping).unwrap());
    assert!(report.refused.is_empty(), "{:?}", report.refused);
    let said: Vec<String> = report.warnings.keys().map(words::Message::english).collect();
    assert!(said.iter().any(|one| one.contains("123456789 is not an organisation number")), "{said:?}");
    assert!(said.iter().any(|one| one.contains("what a spreadsheet put in")), "{said:?}");
    let reader = Reader::open_contacts(&path.with_extension("parquet")).unwrap();
    let names = ["trust", "municipality_of_registration", "drg", "care_level"];
    let batch = reader.read(0, &names, 100, None).unwrap().next().unwrap().unwrap();
    let of = |name: &str, row: usize| columns::word(&batch, name, row).to_owned();
    assert_eq!((of("trust", 0), of("trust", 1)), ("983974724".to_owned(), "983974724".to_owned()));
    assert_eq!(of("municipality_of_registration", 0), "1201");
    assert_eq!((of("drg", 1), of("drg", 2)), ("915O".to_owned(), "801H".to_owned()));
    assert_eq!(of("care_level", 3), "outpatient");
}

/// A list of DRGs is read like every other table: in a workbook, and in the letters of Windows.
#[test]
fn a_list_of_drgs_is_a_table_like_any_other() {
    use register::drg_list::DrgList;
    let of = |path: &Path| {
        let sheet = sheet::read(path).unwrap();
        DrgList::of(&sheet.heads, &sheet.rows).unwrap()
    };
    let text =
        of(&file("list.csv", b"drg;drg_type;mdc;weight;title\r\n0127;M;5;1,25;Hjertesvikt p\xe5 nytt\r\n"));
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (place, head) in ["drg", "drg_type", "mdc", "weight", "title"].into_iter().enumerate() {
        sheet.write(0, place as u16, head).unwrap();
    }
    sheet.write(1, 0, 127).unwrap().write(1, 1, "M").unwrap().write(1, 2, 5).unwrap();
    sheet.write(1, 3, 1.25).unwrap().write(1, 4, "Hjertesvikt på nytt").unwrap();
    let place = file("list.xlsx", "");
    book.save(&place).unwrap();
    assert_eq!(of(&place), text);
    assert_eq!(
        (text.drgs["127"].weight_milli, text.drgs["127"].title.as_str()),
        (1250, "Hjertesvikt på nytt")
    );
}

/// A table without a head keeps its first row, however few cells that fills.
#[test]
fn a_table_without_a_head_keeps_its_first_row() {
    let path = file("headless.csv", "avsender;;;;Kari Nordmann\nBergen;;;REF;Ola Hansen\n");
    assert_eq!(sheet::rows(&path).unwrap().len(), 2);
    let titled =
        sheet::read(&file("titled.csv", "Fra;Helse Bergen HF\ncase;days;amount\nS-1;1;4000\n")).unwrap();
    assert_eq!(titled.heads, ["case", "days", "amount"]);
}

/// What R, pandas and databases write for a missing value is missing, also in a trust, which it made a party of; events may have
/// a space in their times and a comma between them; words are read in any case.
#[test]
fn what_is_missing_is_missing_and_events_may_have_spaces() {
    let head = format!("{HEAD},events");
    let event = "1@02.03.2012 10:00, 2@2012-03-05 10:00 | 3@2012-03-05T10:30";
    let line = |id: &str| row(id, id, "U1", "40").trim_end().to_owned();
    let rows = [
        format!("{},NA\n", line("1").replace("983974724", "NA")),
        format!("{},NULL\n", line("2").replace("983974724", "NaN").replace(",40,", ",NA,")),
        format!("{},\"{event}\"\n", line("3").replace("somatic", "SOMATIC").replace("woman", "Kvinne")),
    ];
    let path = file("missing.csv", format!("{head}\n{}", rows.concat()));
    let report = checked(&path);
    assert!(report.refused.is_empty(), "{:?}", report.refused);
    let reader = Reader::open_contacts(&path.with_extension("parquet")).unwrap();
    let batch = reader.read(0, &["trust", "events"], 100, None).unwrap().next().unwrap().unwrap();
    assert_eq!(columns::word(&batch, "trust", 0), "");
    let events = columns::Events::of(&batch).unwrap();
    assert_eq!([0, 1, 2].map(|row| events.row(row).count()), [0, 0, 3]);
}
