//! A file that carries our stamp and was not checked: the rows that a check refuses are refused.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use jobs::host::Host;
use jobs::intake;
use jobs::progress::Silent;
use register::check::Reason;
use register::parquet_file::{Reader, Writer};
use register::schema::{CHECKED_KEY, COLUMNS};
use words::Language;

/// The rows of a file, with other values in one column.
fn changed(path: &Path, name: &str, values: ArrayRef) -> RecordBatch {
    let columns: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    let batch =
        Reader::open(path).unwrap().read(0, &columns, 1 << 16, None).unwrap().next().unwrap().unwrap();
    let mut arrays = batch.columns().to_vec();
    arrays[batch.schema().index_of(name).unwrap()] = values;
    RecordBatch::try_new(batch.schema(), arrays).unwrap()
}

#[test]
fn a_forged_stamp_hides_nothing() {
    let work = std::env::temp_dir().join(format!("samspill-forged-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&work);
    std::fs::create_dir_all(&work).unwrap();
    let host = Host {
        progress: &Silent,
        scratch: &work,
        state: Some(&work.join("state")),
        threads: 1,
        language: Language::Nb,
        is_plain: true,
    };
    // The file passes a real check. Its rows are then changed, and the new file gets the stamp of a checked one.
    let csv = "contact_id,unit,unit_kind,sector,care_level,admitted,discharged,municipality_of_registration,drg,drg_type,points\n\
1,U1,public-hospital,somatic,overnight,2012-03-01T08:00,2012-03-03T08:00,1201,127,medical,1\n\
2,U1,public-hospital,somatic,overnight,2012-03-02T08:00,2012-03-04T08:00,1201,127,medical,1\n\
3,U1,public-hospital,somatic,overnight,2012-03-03T08:00,2012-03-05T08:00,1201,127,medical,1\n\
4,U1,public-hospital,somatic,overnight,2012-03-04T08:00,2012-03-06T08:00,1201,127,medical,1\n";
    let (file, checked, forged) = (work.join("a.csv"), work.join("a.parquet"), work.join("b.parquet"));
    std::fs::write(&file, csv).unwrap();
    let mapping = intake::mapping(None, &file, &host).unwrap();
    let report = intake::check(&file, &mapping, None, Some(&checked), None, &host);
    assert!(report.unwrap().refused.is_empty());
    let points = |values: Vec<i32>| changed(&checked, "points_milli", Arc::new(Int32Array::from(values)));
    let keys = |values: Vec<i64>| changed(&checked, "contact_id", Arc::new(Int64Array::from(values)));
    for (contacts, reason) in [
        (points(vec![1000, -5_000_000, 1000, 1000]), Reason::NegativePoints),
        (points(vec![1000, 1000, 2_000_000_000, 1000]), Reason::AbsurdPoints),
        (keys(vec![1, 2, 3, 3]), Reason::DuplicateContact),
    ] {
        let footer =
            BTreeMap::from([(CHECKED_KEY.to_owned(), "samspill check, mapping samspill".to_owned())]);
        let mut writer = Writer::contacts(&forged, &footer, true).unwrap();
        let encoder = writer.encoder();
        writer.append(encoder.encode(&contacts).unwrap()).unwrap();
        writer.finish().unwrap();
        let input = intake::trusted_in(&forged, None, None, &work.join("again.parquet"), &host).unwrap();
        let refused = input.report.unwrap().refused;
        assert_eq!(refused.iter().map(|one| one.reason).collect::<Vec<_>>(), [reason]);
        assert_eq!(Reader::open_contacts(&input.path).unwrap().rows(), 3);
    }
    // The file that the check wrote is known after it is remembered, but is no longer known after one byte is added.
    jobs::trust::remember(&checked, &host).unwrap();
    assert!(jobs::trust::known(&checked, &host).unwrap().1);
    let mut bytes = std::fs::read(&checked).unwrap();
    bytes.push(0);
    std::fs::write(&checked, bytes).unwrap();
    assert!(!jobs::trust::known(&checked, &host).unwrap().1);
    std::fs::remove_dir_all(&work).unwrap();
}
