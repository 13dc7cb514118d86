//! Courses: a move to another hospital or sector goes on with the stay, and is no readmission.

use std::path::Path;

use crate::indicators::rows;
use crate::{folder, for_people, path, text};

const HEAD: &str = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,urgency,admitted,discharged,\
                    municipality_of_registration,age,sex,drg,drg_type,points,bed_days,diagnoses,events";

/// Stays of twenty persons of Oslo, those of a person in order: unit, sector, admission, discharge, diagnosis and events.
fn contacts(stays: &[[&str; 6]]) -> String {
    let mut out = format!("{HEAD}\n");
    let mut id = 0;
    for person in 1..=20 {
        for [unit, sector, from, to, diagnosis, events] in stays {
            id += 1;
            let kind = if *sector == "somatic" { "public-hospital" } else { "adult-psychiatry" };
            out += &format!(
                "{id},{id},{person},{unit},{kind},983971636,{sector},overnight,acute,{from},{to},0301,80,woman,089,medical,0.5,1,{diagnosis},{events}\n"
            );
        }
    }
    // Twenty others are planned in August and do not come back. Their visits in December let the stays be followed up.
    for id in 9001..=9020 {
        out += &format!(
            "{id},{id},{id},A,public-hospital,983971636,somatic,overnight,planned,2012-08-01T10:00,2012-08-02T10:00,0301,80,woman,089,medical,0.5,1,I10,\n\
             1{id},1{id},{id},A,public-hospital,983971636,somatic,outpatient,planned,2012-12-01T10:00,2012-12-01T10:30,0301,80,woman,901O,medical,0.03,0,I10,\n"
        );
    }
    out
}

/// Numerator and denominator of an indicator in Oslo.
fn of_oslo(name: &str, stays: &[[&str; 6]], indicator: &str, more: &[&str]) -> (String, String) {
    let work = folder(&format!("courses-{name}"));
    let (file, out) = (work.join("contacts.csv"), work.join("out"));
    std::fs::write(&file, contacts(stays)).unwrap();
    let start =
        ["indicators", "run", indicator, "--period", "2012", "--contacts", path(&file), "--without-kroner"];
    let run = for_people(&[&start[..], &["--out", path(&out)], more].concat());
    assert!(run.status.success(), "{}", text(&run.stderr));
    of(&out.join("kommuner.csv"), indicator, "0301")
}

fn of(file: &Path, indicator: &str, place: &str) -> (String, String) {
    let found = rows(file).into_iter().find(|row| row[0].ends_with(indicator) && row[2] == place).unwrap();
    (found[4].clone(), found[5].clone())
}

const HOME: [&str; 6] = ["A", "somatic", "2012-03-01T10:00", "2012-03-03T10:00", "S720", ""];

fn next(unit: &'static str, sector: &'static str, from: &'static str) -> [&'static str; 6] {
    [unit, sector, from, "2012-03-09T10:00", "S720", ""]
}

#[test]
fn a_move_is_no_readmission_and_a_fracture_is_counted_once() {
    let of = |name: &str, stays: &[[&str; 6]], indicator: &str| of_oslo(name, stays, indicator, &[]);
    // One hour after, at another hospital: the same course, followed from its end.
    let moved = [HOME, next("B", "somatic", "2012-03-03T11:00")];
    assert_eq!(of("moved", &moved, "readmissions-67-plus"), ("0".into(), "40,000".into()));
    assert_eq!(of("fractures", &moved, "hip-fractures").0, "20");
    assert_eq!(of("admissions", &moved, "admissions").0, "40");
    // To the same hospital, the patient has been home.
    let back = [HOME, next("A", "somatic", "2012-03-03T11:00")];
    assert_eq!(of("back", &back, "readmissions-67-plus"), ("20".into(), "60,000".into()));
    // Eight hours after, another hospital readmits.
    let later = [HOME, next("B", "somatic", "2012-03-03T18:00")];
    assert_eq!(of("later", &later, "readmissions-67-plus"), ("20".into(), "60,000".into()));
    // A move and then a readmission: one course, and one readmission of it.
    let both = [
        HOME,
        next("B", "somatic", "2012-03-03T11:00"),
        ["A", "somatic", "2012-03-20T10:00", "2012-03-22T10:00", "J18", ""],
    ];
    assert_eq!(of("both", &both, "readmissions-67-plus"), ("20".into(), "60,000".into()));
}

/// Psychiatry is out by name; an indicator of one's own that names it, or no sector, has it in.
#[test]
fn psychiatry_is_out_by_name_and_in_by_name() {
    let stays = [HOME, next("P", "mental-health", "2012-03-05T10:00")];
    assert_eq!(of_oslo("psychiatry", &stays, "readmissions-67-plus", &[]), ("0".into(), "40,000".into()));
    let work = folder("courses-own");
    let built_in =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../statistics/indicators/readmissions-67-plus.toml");
    let built_in = std::fs::read_to_string(built_in).unwrap();
    for (name, line) in [("any", ""), ("both", "followed_in = [\"somatic\", \"mental-health\"]")] {
        let own = built_in.replace("id = \"readmissions-67-plus\"", &format!("id = \"again-{name}\""));
        let file = work.join(format!("{name}.toml"));
        std::fs::write(&file, own.replace("followed_in = [\"somatic\"]", line)).unwrap();
        let found = of_oslo(name, &stays, &format!("again-{name}"), &["--own", path(&file)]);
        assert_eq!(found, ("20".into(), "40,000".into()), "{name}");
    }
    let wrong = work.join("wrong.toml");
    std::fs::write(&wrong, built_in.replace("[\"somatic\"]\n\n[den", "[\"psykiatri\"]\n\n[den")).unwrap();
    let run = for_people(&["indicators", "list", "--own", path(&wrong)]);
    assert!(!run.status.success() && text(&run.stderr).contains("psykiatri"), "{}", text(&run.stderr));
}

/// The report of readiness may stand at any contact of the stay.
#[test]
fn readiness_of_a_later_contact_counts() {
    let work = folder("courses-ready");
    let (file, out) = (work.join("contacts.csv"), work.join("out"));
    let mut rows_of = format!("{HEAD}\n");
    for person in 1..=20 {
        let events = "1@2012-03-02T12:00 2@2012-03-05T09:00 3@2012-03-05T10:00";
        for (part, from, to, events) in [
            (0, "2012-03-01T10:00", "2012-03-04T10:00", ""),
            (1, "2012-03-04T10:00", "2012-03-08T10:00", events),
        ] {
            let id = person * 10 + part;
            rows_of += &format!(
                "{id},{person},{person},A,public-hospital,983971636,somatic,overnight,acute,{from},{to},0301,80,woman,089,medical,0.5,1,J18,{events}\n"
            );
        }
    }
    std::fs::write(&file, rows_of).unwrap();
    let run = for_people(&[
        "indicators",
        "run",
        "discharge-ready",
        "discharge-ready-days",
        "--period",
        "2012",
        "--contacts",
        path(&file),
        "--without-kroner",
        "--out",
        path(&out),
    ]);
    assert!(run.status.success(), "{}", text(&run.stderr));
    assert_eq!(of(&out.join("kommuner.csv"), "discharge-ready", "0301").0, "20");
    // Three nights from 5 to 8 March.
    assert_eq!(of(&out.join("kommuner.csv"), "discharge-ready-days", "0301").0, "60");
}
