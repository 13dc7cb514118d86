//! Courses: a move to another hospital or sector goes on with the stay, and is no readmission.

use std::path::Path;

use crate::indicators::rows;
use crate::{COLUMNS, folder, for_people, path, text};

/// Stays of twenty persons of Oslo, those of a person in order: unit, sector, admission, discharge, diagnosis and events.
fn contacts(stays: &[[&str; 6]]) -> String {
    let mut out = format!("{COLUMNS}\n");
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
    let mut rows_of = format!("{COLUMNS}\n");
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

/// A register in which those of Bergen and Oslo are treated in many places. `innlandet` is the number of stays of Oslo
/// there, and `with_trusts` tells whether the register names who treated.
fn treated_in_many_places(innlandet: usize, with_trusts: bool) -> String {
    let [bergen, fonna, betanien] = ["983974724", "983974694", "922716552"];
    let groups = [
        ("1201", bergen, None, 20),
        // A course that begins in Bergen and goes on in Fonna.
        ("1201", bergen, Some(fonna), 5),
        ("1201", fonna, None, 10),
        // St. Olavs hospital, and Akershus and Innlandet below.
        ("1201", "883974832", None, 8),
        ("1201", betanien, None, 12),
        ("1201", "", None, 6),
        ("0301", "983971636", None, 30),
        ("0301", "983971709", None, innlandet),
        ("0301", betanien, None, 9),
    ];
    let mut out = format!("{COLUMNS}\n");
    let mut id = 0;
    for (home, trust, next, count) in groups {
        for _ in 0..count {
            id += 1;
            let parts = [Some((trust, "01T10:00", "03T10:00")), next.map(|to| (to, "03T11:00", "05T10:00"))];
            for (part, (trust, from, to)) in parts.into_iter().flatten().enumerate() {
                let named = if with_trusts { trust } else { "" };
                out += &format!(
                    "{id}{part},{id}{part},{id},{trust}U,public-hospital,{named},somatic,overnight,acute,2012-03-{from},2012-03-{to},{home},80,woman,089,medical,0.5,2,J18,\n"
                );
            }
        }
    }
    out
}

/// Where those of Bergen and of Oslo are treated, counted by hand: a course stands where it began, Oslo has several trusts
/// of its own, and the flows add up to the figure of the municipality.
#[test]
fn flows_say_who_treats_the_patients_of_a_municipality() {
    let work = folder("flows");
    let (file, out) = (work.join("contacts.csv"), work.join("out"));
    let run = |innlandet, with_trusts| {
        std::fs::write(&file, treated_in_many_places(innlandet, with_trusts)).unwrap();
        let start = ["indicators", "run", "admissions", "hip-fractures", "--period", "2012", "--flows"];
        let run = for_people(&[&start[..], &["--contacts", path(&file), "--out", path(&out)]].concat());
        (run.status.success(), text(&run.stderr))
    };
    let flows = |place: &str| -> Vec<String> {
        let mine = rows(&out.join("strommer.csv"))
            .into_iter()
            .filter(|row| row[2] == place && row[0] == "admissions");
        mine.map(|row| format!("{} {} {}", row[4], row[5], row[6])).collect()
    };
    let (done, said) = run(13, true);
    assert!(done, "{said}");
    assert_eq!(
        flows("1201"),
        [
            "eget foretak 25 40,98",
            "annet foretak i regionen 10 16,39",
            "annen region 8 13,11",
            "privat institusjon 12 19,67",
            "ukjent 6 9,84"
        ]
    );
    assert_eq!(flows("0301")[..2], ["eget foretak 30 57,69", "annet foretak i regionen 13 25,00"]);
    assert_eq!(flows("")[0], "eget foretak 55 48,67");
    assert_eq!(of(&out.join("kommuner.csv"), "admissions", "1201").0, "61");
    // The kroner of the flows add up to those of the municipality: what it pays, and what the state pays.
    let ore = |cell: &str| -> i64 { cell.replace(',', "").parse().unwrap() };
    let all = rows(&out.join("kommuner.csv"));
    let home = all.iter().find(|row| row[0] == "admissions" && row[2] == "1201").unwrap();
    for (column, whole) in [(7, 19), (8, 20)] {
        let mine = rows(&out.join("strommer.csv")).into_iter().filter(|row| row[2] == "1201");
        assert_eq!(mine.map(|row| ore(&row[column])).sum::<i64>(), ore(&home[whole]), "{home:?}");
        assert!(ore(&home[whole]) > 0);
    }
    // Three is hidden. The figures of Oslo and of the country would give it away, so others of both are hidden too.
    let (done, said) = run(3, true);
    assert!(done, "{said}");
    let hidden = |place: &str| flows(place).iter().filter(|row| row.ends_with(": :")).count();
    assert_eq!(
        (flows("0301")[1].as_str(), hidden("0301"), hidden("1201")),
        ("annet foretak i regionen : :", 2, 2)
    );
    let (done, said) = run(13, false);
    assert!(!done && said.contains("kolonnen trust"), "{said}");
}
