//! Numbers that hold: law that is checked where it lies, and what-if that adds up.

use std::path::Path;

use crate::{folder, path, samspill, text};

/// A copy of a folder of the project's rules.
fn rules(kind: &str, name: &str) -> std::path::PathBuf {
    let out = folder(name);
    copied(kind, &out);
    out
}

/// Copies the files of a folder of the project's rules into another folder, which is made if it is not there.
pub fn copied(kind: &str, out: &Path) {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules").join(kind);
    std::fs::create_dir_all(out).unwrap();
    for entry in std::fs::read_dir(own).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), out.join(entry.file_name())).unwrap();
    }
}

/// Changes a text in a file, which must be there.
fn changed(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
}

fn check(arguments: &[&str]) -> (Option<i32>, String) {
    let output = samspill(&[&["rules", "check"], arguments].concat());
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

/// The cases beside the files that are given are run, and what is missing is told.
#[test]
fn rules_are_checked_by_the_cases_beside_them() {
    let law = rules("law", "check-law");
    let of_law = ["--law", path(&law)];
    let (code, told) = check(&of_law);
    assert!(code == Some(0) && told.contains(" tilfeller, 0 feilet"), "{told}");
    changed(&law.join("discharge-ready-day-rate.toml"), "kroner_per_day = 4_000", "kroner_per_day = 400");
    let (code, told) = check(&of_law);
    assert!(code == Some(1) && told.contains("discharge-ready-day-rate.cases.md:"), "{told}");
    std::fs::remove_file(law.join("discharge-ready-day-rate.toml")).unwrap();
    let (code, told) = check(&of_law);
    assert!(
        code == Some(1) && told.contains("har tilfeller for discharge-ready-day-rate, som ikke er der"),
        "{told}"
    );
    assert!(told.contains("ingen regel for utskrivningsklare pasienter i mappen"), "{told}");
    let law = rules("law", "check-law-again");
    let of_law = ["--law", path(&law)];
    std::fs::remove_file(law.join("co-financing.cases.md")).unwrap();
    let (code, told) = check(&of_law);
    assert!(code == Some(1) && told.contains("co-financing.toml har ingen tilfeller: skriv dem i"), "{told}");

    let variants = rules("variants", "check-variants");
    let variant = variants.join("discharge-ready-3000.toml");
    let of_variant = ["--variant", path(&variant)];
    assert_eq!(check(&of_variant).0, Some(0));
    assert_eq!(check(&["--variant", "discharge-ready-3000"]).0, Some(0));
    changed(&variant, "kroner_per_day = 3000", "kroner_per_day = 3001");
    let (code, told) = check(&of_variant);
    assert!(
        code == Some(1) && told.contains("discharge-ready-3000.cases.md:") && told.contains("gives"),
        "{told}"
    );
    std::fs::remove_file(variants.join("discharge-ready-3000.cases.md")).unwrap();
    let (code, told) = check(&of_variant);
    assert!(code == Some(1) && told.contains("har ingen tilfeller"), "{told}");

    for (kind, option, file, from, to) in [
        ("measures", "--measures", "take-over-bed-days.toml", "likely = 10", "likely = 11"),
        ("scheme", "--scheme", "settlement.toml", "days = 30", "days = 31"),
    ] {
        let folder = rules(kind, &format!("check-{kind}"));
        let arguments = [option, path(&folder)];
        assert_eq!(check(&arguments).0, Some(0), "{kind}");
        changed(&folder.join(file), from, to);
        let (code, told) = check(&arguments);
        assert!(code == Some(1) && told.contains(&file.replace(".toml", ".cases.md")), "{told}");
        std::fs::remove_file(folder.join(file.replace(".toml", ".cases.md"))).unwrap();
        let (code, told) = check(&arguments);
        assert!(code == Some(1) && told.contains("har ingen tilfeller"), "{told}");
    }
    let empty = folder("check-empty");
    assert_eq!(check(&["--measures", path(&empty)]).0, Some(1));
}

/// Ten patients of each of five kinds in Bergen, 2012: medical acute (81 years, two points, three payable days), medical
/// planned (60 years, one point), surgical acute (85 years, two points, two payable days), a visit (0,050 points), and
/// dialysis (0,030 points).
fn five_kinds(folder: &Path) -> std::path::PathBuf {
    let kinds = [
        ("overnight", "acute", 81, "127", "medical", "2.000", 3),
        ("overnight", "planned", 60, "127", "medical", "1.000", 0),
        ("overnight", "acute", 85, "209A", "surgical", "2.000", 2),
        ("outpatient", "planned", 50, "901O", "medical", "0.050", 0),
        ("outpatient", "planned", 60, "317O", "medical", "0.030", 0),
    ];
    let mut out =
        "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,urgency,admitted,discharged,\
                   municipality_of_registration,age,drg,drg_type,points,events\n"
            .to_owned();
    for number in 1..=50 {
        let (care_level, urgency, age, drg, drg_type, points, days) = kinds[(number - 1) % 5];
        let discharged = match care_level {
            "overnight" => format!("2012-03-{:02}T12:00", 6 + days),
            _ => "2012-03-01T11:00".to_owned(),
        };
        let events = "1@2012-03-01T12:00 2@2012-03-06T09:00 3@2012-03-06T10:00";
        let events = if days > 0 { events } else { "" };
        out += &format!(
            "{number},{number},{number},983974724,public-hospital,983974724,somatic,{care_level},{urgency},\
             2012-03-01T10:00,{discharged},1201,{age},{drg},{drg_type},{points},{events}\n"
        );
    }
    let path = folder.join("contacts.csv");
    std::fs::write(&path, out).unwrap();
    path
}

/// What the regional authority gets less in co-financing and ISF and the hospital for days, in øre; and what is told.
fn changes(contacts: &Path, work: &Path, scenario: &str) -> ([i64; 3], String) {
    let file = work.join("scenario.toml");
    std::fs::write(&file, format!("id = \"s\"\ntitle = \"S\"\n{scenario}")).unwrap();
    let out = work.join("out");
    let words =
        ["simulate", path(&file), "--period", "2012", "--contacts", path(contacts), "--out", path(&out)];
    let output = samspill(&words);
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr)).replace('\u{a0}', " ");
    if !output.status.success() {
        return ([0; 3], told);
    }
    let parties = std::fs::read_to_string(out.join("s/parter.csv")).unwrap();
    let cell = |party: &str, column: usize| -> i64 {
        let row = parties.lines().find(|line| line.starts_with(party));
        row.map_or(0, |row| row.split(',').nth(column).unwrap().parse().unwrap_or(0))
    };
    ([cell("983658725", 2), cell("983658725", 4), cell("983974724", 3)], told)
}

/// A measure on stays takes what hangs on them, recomputed by hand: a point is 38 209 kr, of which the municipality pays 20
/// and the state 20 per cent, or the state 40 of surgery; a day is 4 000 kr.
#[test]
fn a_measure_takes_what_hangs_on_its_stays() {
    let work = folder("measures-by-hand");
    let contacts = five_kinds(&work);
    let point = 764_180; // 20 % of 38 209 kr, in øre
    let measure = |id: &str, effect: &str| format!("[[measure]]\nuse = \"{id}\"\n{effect}\n");
    for (id, effect, [kmf, isf, usk], wanted) in [
        // Half of thirty points and of thirty days.
        (
            "fewer-medical-admissions",
            "percent = 50",
            [15 * point, 15 * point, 6_000_000],
            "10 kontakter og 15 døgn",
        ),
        // 80 and over: twenty medical points, and twenty surgical ones that the state alone pays for; fifty days.
        (
            "fewer-admissions-80-plus",
            "percent = 50",
            [10 * point, 10 * point + 20 * point, 10_000_000],
            "10 kontakter og 25 døgn",
        ),
        // Acute stays: the same patients.
        (
            "medication-review",
            "percent = 50",
            [10 * point, 30 * point, 10_000_000],
            "10 kontakter og 25 døgn",
        ),
        // The days alone.
        ("no-discharge-ready", "percent = 50", [0, 0, 10_000_000], "25 døgn"),
        // Visits: 382,09 and 229,25 kr each, five of each, and a visit to the general practitioner for each.
        (
            "fewer-outpatient-controls",
            "percent = 50",
            [5 * (38_209 + 22_925), 5 * (38_209 + 22_925), 0],
            "10 kontakter. 10 konsultasjoner",
        ),
        // The other way: a tenth more.
        (
            "fewer-medical-admissions",
            "more = 10",
            [-3 * point, -3 * point, -1_200_000],
            "2 kontakter mer og 3 døgn mer",
        ),
        (
            "fewer-medical-admissions",
            "percent = -10",
            [-3 * point, -3 * point, -1_200_000],
            "flere i målgruppen",
        ),
    ] {
        let (found, told) = changes(&contacts, &work, &measure(id, effect));
        assert_eq!(found, [kmf, isf, usk], "{id} {effect}: {told}");
        assert!(told.contains(wanted), "{id} {effect}: {told}");
    }
    // Two measures of which each takes half of the same stays take three quarters together.
    let both = measure("fewer-medical-admissions", "percent = 50")
        + &measure("fewer-admissions-80-plus", "percent = 50");
    let (found, told) = changes(&contacts, &work, &both);
    // Twenty medical points of 81-year-olds by three quarters, ten others by half; thirty days by three quarters, twenty by half.
    assert_eq!((found[0], found[2]), (20 * point, 13_000_000), "{told}");
    let overlap = "Tiltakene sammen: 18 kontakter og 33 døgn med utskrivningsklare. Hver for seg, lagt sammen: 20 kontakter og 40 døgn";
    assert!(told.contains(overlap) && told.contains("er at flere av dem når de samme"), "{told}");
}

/// One price: a scenario's price of a point moves every instrument that the law gives it to. That another share cannot be
/// taken from a share is told first.
#[test]
fn a_price_is_written_once() {
    let work = folder("one-price");
    let contacts = five_kinds(&work);
    // 1 000 kr more a point: 30,8 medical points of which 20 per cent, and the state's 20 and, of surgery, 40 per cent.
    let (found, told) = changes(&contacts, &work, "[set]\nunit_price = 39209\n");
    assert_eq!(found, [-616_000, -616_000 - 800_000, 0], "{told}");
    let (_, told) = changes(&contacts, &work, "[set]\nisf_share = 10\n");
    let first = told.lines().skip_while(|line| *line != "S").nth(1).unwrap();
    assert!(
        first.starts_with("Umulig: ") && first.contains("på 10 % er mindre enn") && first.contains("på 20 %"),
        "{told}"
    );
}

/// Cells that were kept for one question refuse another that they cannot answer, of measures too.
#[test]
fn kept_cells_know_what_they_can_answer() {
    let work = folder("kept-cells");
    let contacts = five_kinds(&work);
    let cells = work.join("cells.parquet");
    let run = |name: &str, more: &[&str]| {
        let out = work.join(name);
        let output = samspill(&[&["simulate", name, "--period", "2012", "--out", path(&out)], more].concat());
        (output.status.success(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
    };
    let (done, told) =
        run("fewer-medical-admissions", &["--contacts", path(&contacts), "--keep-cells", path(&cells)]);
    assert!(done, "{told}");
    let (done, told) = run("fewer-medical-admissions", &["--cells", path(&cells)]);
    assert!(done && told.contains("2 kontakter og 3 døgn"), "{told}");
    for (measure, lacking) in
        [("medication-review", "øyeblikkelig hjelp"), ("fewer-admissions-80-plus", "80")]
    {
        let (done, told) = run(measure, &["--cells", path(&cells)]);
        assert!(
            !done && told.contains("dette mangler i cellene") && told.contains(lacking),
            "{measure}: {told}"
        );
    }
}

/// What the data do not tell is not counted in silence: a rule or measure that can be tested on nobody is refused, and where
/// some lack the field, the first line says that the amounts are an upper bound.
#[test]
fn a_field_that_lacks_is_told_first() {
    let work = folder("field-lacks");
    let contacts = five_kinds(&work);
    let whole = std::fs::read_to_string(&contacts).unwrap();
    let variant = "rules = [\"co-financing-80-plus\"]\n";
    let acute = "[[measure]]\nuse = \"medication-review\"\npercent = 50\n";
    let without = |column: usize, first: usize| -> String {
        let line = |(number, line): (usize, &str)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if number >= first {
                cells[column] = "";
            }
            cells.join(",") + "\n"
        };
        whole.lines().enumerate().map(line).collect()
    };
    let (age, urgency) = (12, 8);
    std::fs::write(&contacts, without(age, 1)).unwrap();
    let (_, told) = changes(&contacts, &work, variant);
    assert!(told.contains("kan ikke prøves på en eneste kontakt"), "{told}");
    std::fs::write(&contacts, without(urgency, 1)).unwrap();
    let (_, told) = changes(&contacts, &work, acute);
    assert!(told.contains("kan ikke avgjøres for noen kontakt"), "{told}");
    std::fs::write(&contacts, without(age, 41)).unwrap();
    let (_, told) = changes(&contacts, &work, variant);
    let first = told.lines().skip_while(|line| *line != "S").nth(1).unwrap();
    assert!(first.starts_with("Øvre grense: dataene sier ikke det som trengs for å prøve"), "{told}");
}

/// Variants on top of each other: whether one lies within the other, and what they give together.
#[test]
fn stacked_variants_are_told() {
    let work = folder("stacked");
    let contacts = five_kinds(&work);
    let told =
        |one: &str, other: &str| changes(&contacts, &work, &format!("rules = [\"{one}\", \"{other}\"]\n")).1;
    // Overnight stays from 80 years: twenty. Medical stays: twenty, ten of them from 80. Those from 80 of both: ten medical.
    let both = told("co-financing-80-plus", "co-financing-medical");
    assert!(both.contains("har 10 kontakter felles; hver av dem har også andre"), "{both}");
    assert!(
        both.contains("Lagt sammen gir de det samme utvalget som") && both.contains("alene: 20 kontakter"),
        "{both}"
    );
    let contradiction = told("co-financing-80-plus", "co-financing-over-80");
    assert!(contradiction.contains("feil"), "{contradiction}");
    let inside = told("co-financing-medical", "co-financing-as-in-2012");
    assert!(inside.contains("ligger helt innenfor"), "{inside}");
}
