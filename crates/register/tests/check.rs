//! Deliveries with faults: each bad row is refused for its own reason, and the rest of the file is accepted.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;

use domain::{Day, Municipalities};
use register::check::{Check, CheckError, Reason, check_file};
use register::drg_list::DrgList;
use register::mapping::Mapping;
use register::parquet_file::Reader;

const HEAD: &str = "contact_id;stay_id;person_id;unit;unit_kind;sector;care_level;admitted;discharged;municipality_of_registration;age;drg;drg_type;weight;points";

fn write(name: &str, text: &[u8]) -> PathBuf {
    // A folder for each file: tests that choose the same name run side by side.
    static MADE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = MADE.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("samspill-check-{}/{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn check(
    path: &std::path::Path,
    mapping: &str,
    list: Option<&DrgList>,
) -> Result<register::Report, CheckError> {
    let mapping = Mapping::built_in(mapping).unwrap().unwrap();
    let municipalities = Municipalities::built_in().unwrap();
    let check = Check {
        mapping: &mapping,
        municipalities: &municipalities,
        drg_list: list,
        threads: 2,
        running_at: None,
    };
    check_file(path, &check, Some(&path.with_extension("parquet")), |_, _| {})
}

/// A row of the program's own CSV form, with some cells changed.
fn row(id: u32, changes: &[(&str, &str)]) -> String {
    let id = id.to_string();
    let mut cells = vec![
        id.clone(),
        id.clone(),
        id.clone(),
        "U1".into(),
        "public-hospital".into(),
        "somatic".into(),
        "overnight".into(),
        "2012-03-04T10:00".into(),
        "2012-03-06T12:00".into(),
        "0301".into(),
        "70".into(),
        "127".into(),
        "medical".into(),
        "1,25".into(),
        "1,301".into(),
    ];
    let heads: Vec<&str> = HEAD.split(';').collect();
    for (head, value) in changes {
        cells[heads.iter().position(|known| known == head).unwrap()] = (*value).to_owned();
    }
    cells.join(";")
}

#[test]
fn each_bad_row_is_refused_for_its_own_reason() {
    let list = DrgList::parse("drg;drg_type;mdc;weight\n127;M;5;1,25\n").unwrap();
    let bad: &[(&[(&str, &str)], Reason)] = &[
        (&[("municipality_of_registration", "9998")], Reason::UnknownMunicipality),
        (&[("municipality_of_registration", "3101")], Reason::UnknownMunicipality),
        (&[("municipality_of_registration", "1723")], Reason::MergedMunicipality),
        (&[("drg", "999")], Reason::DrgNotInList),
        (&[("weight", "1,26")], Reason::WeightDiffers),
        (&[("discharged", "2012-03-01T12:00")], Reason::DischargeBeforeAdmission),
        (&[("points", "-1")], Reason::NegativePoints),
        (&[("points", "1301")], Reason::AbsurdPoints),
        (&[("points", "mye")], Reason::NotANumber),
        (&[("points", "99999999999999999999")], Reason::NotANumber),
        (&[("points", "9999999")], Reason::TooLarge),
        (&[("points", "")], Reason::Empty),
        (&[("points", "1;301")], Reason::CellCount),
        (&[("admitted", "i går")], Reason::NotATime),
        (&[("admitted", "2012-02-30T10:00")], Reason::NotATime),
        (&[("care_level", "hotell")], Reason::UnknownCode),
        (&[("unit", "")], Reason::Empty),
        (&[("contact_id", "1")], Reason::DuplicateContact),
        (&[("person_id", "1")], Reason::StayTwice),
    ];
    let mut text = format!("{HEAD}\n{}\n", row(1, &[]));
    for (number, (changes, _)) in bad.iter().enumerate() {
        text.push_str(&format!("{}\n", row(100 + number as u32, changes)));
    }
    text.push_str(&format!(
        "{}\n",
        row(2, &[("municipality_of_registration", "301"), ("admitted", "04.03.2012 10:00")])
    ));
    let path = write("bad.csv", text.as_bytes());
    let report = check(&path, "samspill", Some(&list)).unwrap();
    assert_eq!((report.rows, report.accepted), (bad.len() as u64 + 2, 2));
    for (number, (changes, reason)) in bad.iter().enumerate() {
        let line = number as u64 + 3;
        let refusal = report.refused.iter().find(|refusal| refusal.line == line);
        assert_eq!(refusal.map(|refusal| refusal.reason), Some(*reason), "{changes:?}");
    }
    let merged = report.refused.iter().find(|refusal| refusal.reason == Reason::MergedMunicipality).unwrap();
    assert!(merged.value.english().contains("became 1756"), "{:?}", merged.value);
    assert!(report.warnings.keys().any(|warning| warning.english().contains("leading zero")));
    let table = report.refused_csv(Some(words::Language::Nb));
    assert_eq!(table.lines().count(), bad.len() + 1);
    assert!(table.contains("rett tidspunktene"));
    let reader = Reader::open_contacts(&path.with_extension("parquet")).unwrap();
    assert_eq!(reader.rows(), 2);
}

#[test]
fn overlaps_are_reported_and_transfers_accepted() {
    let text = format!(
        "{HEAD}\n{}\n{}\n{}\n",
        row(1, &[]),
        row(
            2,
            &[
                ("person_id", "1"),
                ("unit", "U2"),
                ("admitted", "2012-03-05T10:00"),
                ("discharged", "2012-03-09T10:00")
            ]
        ),
        row(
            3,
            &[
                ("person_id", "1"),
                ("care_level", "outpatient"),
                ("admitted", "2012-03-05T10:00"),
                ("discharged", "2012-03-05T10:30")
            ]
        ),
    );
    let report = check(&write("overlap.csv", text.as_bytes()), "samspill", None).unwrap();
    assert_eq!((report.accepted, report.refused.len()), (3, 0));
    assert!(
        report.warnings.iter().any(|(warning, count)| warning.english().contains("overlap") && *count == 1)
    );
}

#[test]
fn a_missing_column_names_the_field_and_a_near_name() {
    let text = format!("{}\n{}\n", HEAD.replace("points", "pionts"), row(1, &[]));
    let error = check(&write("missing.csv", text.as_bytes()), "samspill", None).unwrap_err().to_string();
    assert!(error.contains("no column for points") && error.contains("did 'pionts' mean that?"), "{error}");
}

#[test]
fn an_extract_of_the_patient_register_is_read_by_its_own_names() {
    let head = "institusjonID,episodeID,aggrshoppID,pasientNr,behandlingsstedKode,foretakID,omsorgsniva,innmateHast,innDatoTid,utDatoTid,komNrHjem,alder,kjonn,drg,drg_type,hdg,vekt,korrvekt,liggetid,typeTidspunkt_1,tidspunkt_1,typeTidspunkt_2,tidspunkt_2,typeTidspunkt_3,tidspunkt_3,ekstra";
    let text = format!(
        "{head}\n974795930,17,900,1,974795930,983974880,1,1,2012-03-04 10:00:00,2012-03-09 12:00:00,2030,81,2,127,M,5,1.25,1.301,5,1,2012-03-04 12:00,2,2012-03-06 09:00,3,2012-03-06 10:00,x\n"
    );
    let path = write("npr.csv", text.as_bytes());
    let report = check(&path, "npr-extract", None).unwrap();
    assert_eq!((report.accepted, &report.refused[..]), (1, &[][..]));
    assert!(report.warnings.contains_key(&words::message!("check.column_not_read", head = "ekstra")));
    let day = Day::parse("2012-03-09").unwrap();
    // Another payer than the ordinary one is told of.
    let payer = text.replace("vekt,korrvekt", "debitor,korrvekt").replace(",1.25,", ",24,");
    let told = check(&write("npr-payer.csv", payer.as_bytes()), "npr-extract", None).unwrap();
    assert!(told.warnings.contains_key(&words::message!("check.payer_municipality")), "{:?}", told.warnings);
    assert_eq!(report.discharged, Some((day, day)));
    let again = check(
        &write("npr-again.csv", text.replace("2012-03-04 10:00:00", "2012-03-03 10:00:00").as_bytes()),
        "npr-extract",
        None,
    );
    assert_eq!(again.unwrap().accepted, 1);
}

#[test]
fn our_own_parquet_can_be_checked_again() {
    let text = format!("{HEAD};events\n{};1@2012-03-04T11:00 2@2012-03-05T09:00\n", row(1, &[]));
    let path = write("own.csv", text.as_bytes());
    assert_eq!(check(&path, "samspill", None).unwrap().accepted, 1);
    let parquet = path.with_extension("parquet");
    let copy = parquet.with_file_name("copy.parquet");
    std::fs::copy(&parquet, &copy).unwrap();
    let mapping = Mapping::built_in("samspill-parquet").unwrap().unwrap();
    let municipalities = Municipalities::built_in().unwrap();
    let again = Check {
        mapping: &mapping,
        municipalities: &municipalities,
        drg_list: None,
        threads: 1,
        running_at: None,
    };
    let out = copy.with_file_name("again.parquet");
    let report = check_file(&copy, &again, Some(&out), |_, _| {}).unwrap();
    assert_eq!((report.accepted, report.refused.len(), report.warnings.len()), (1, 0, 0));
    let sizes = [parquet, out].map(|path| Reader::open_contacts(&path).unwrap().rows());
    assert_eq!(sizes, [1, 1]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, ..Default::default() })]
    #[test]
    fn no_cell_breaks_the_check(place in 0usize..15, cell in "[^;\n\r\"\x00]{0,12}") {
        let heads: Vec<&str> = HEAD.split(';').collect();
        let text = format!("{HEAD}\n{}\n", row(1, &[(heads[place], &cell)]));
        let report = check(&write("cell.csv", text.as_bytes()), "samspill", None).unwrap();
        proptest::prop_assert_eq!(report.rows, report.accepted + report.refused.len() as u64);
    }
}

#[test]
fn days_without_hours_and_texts_as_keys() {
    let text = format!(
        "{HEAD};municipality_of_stay;events\n{};;\n{};;\n{};9998;\n{};;2@20120305 3@\n",
        row(1, &[("admitted", "20120304"), ("discharged", "20120309")]),
        row(2, &[("contact_id", "E-01"), ("stay_id", "")]),
        row(3, &[]),
        row(4, &[]),
    );
    let report = check(&write("texts.csv", text.as_bytes()), "samspill", None).unwrap();
    let day = |text| Day::parse(text).unwrap();
    assert_eq!(report.discharged, Some((day("2012-03-06"), day("2012-03-09"))));
    let reasons: Vec<_> =
        report.refused.iter().map(|refusal| (refusal.line, refusal.field, refusal.reason)).collect();
    assert_eq!(
        reasons,
        [(4, "municipality_of_stay", Reason::UnknownMunicipality), (5, "events", Reason::NotATime),]
    );
}

#[test]
fn a_quote_that_is_never_closed_is_reported_and_a_file_never_replaces_itself() {
    let text = format!("{HEAD}\n{}\n{}\n", row(1, &[("unit", "\"U1")]), row(2, &[]));
    let path = write("quote.csv", text.as_bytes());
    assert!(check(&path, "samspill", None).unwrap_err().to_string().contains("odd number of quotes"));
    let path = write("itself.csv", format!("{HEAD}\n{}\n", row(1, &[])).as_bytes());
    let mapping = Mapping::built_in("samspill").unwrap().unwrap();
    let municipalities = Municipalities::built_in().unwrap();
    let same = Check {
        mapping: &mapping,
        municipalities: &municipalities,
        drg_list: None,
        threads: 1,
        running_at: None,
    };
    assert!(matches!(check_file(&path, &same, Some(&path), |_, _| {}), Err(CheckError::SameFile(_))));
}
