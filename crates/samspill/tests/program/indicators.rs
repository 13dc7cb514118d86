//! Indicators as their user meets them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{folder, for_people as samspill, path, text};

const HEAD: &str = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,urgency,admitted,discharged,\
                    municipality_of_registration,age,sex,drg,drg_type,points,bed_days,diagnoses,referral_reason,referred_on,\
                    deadline_on,events";

/// Thirteen persons, each with the same nine contacts. Six live in Oslo, so that no count of Oslo is withheld for being
/// small. One lives in Utsira, whose counts are withheld. Six live in Karmøy, whose counts are then withheld as well,
/// since the totals of area, region and country would give Utsira away.
fn contacts() -> String {
    let mut out = format!("{HEAD}\n");
    let mut number = 0;
    for person in 1..=13 {
        let home = ["0301", "1151", "1149"][usize::from(person > 6) + usize::from(person > 7)];
        let mut row = |stay: i64,
                       level: &str,
                       urgency: &str,
                       from: &str,
                       to: &str,
                       days: i64,
                       diagnosis: &str,
                       more: &str| {
            number += 1;
            out.push_str(&format!(
                "{number},{},{person},874716782,public-hospital,983971636,somatic,{level},{urgency},{from},{to},{home},70,woman,\
                 089,medical,0.5,{days},{diagnosis},{more},\n",
                person * 100 + stay
            ));
        };
        // A stay of two contacts is one admission, with the facts of its first contact. The next stay begins five hours
        // after it.
        row(1, "overnight", "acute", "2012-03-01T10:00", "2012-03-05T10:00", 4, "J18", ",,");
        row(1, "overnight", "planned", "2012-03-05T10:00", "2012-03-10T10:00", 5, "I50", ",,");
        row(2, "overnight", "acute", "2012-03-10T15:00", "2012-03-12T12:00", 2, "I50", ",,");
        // 29 days after: a readmission within thirty days by both definitions. The next stay comes 40 days after,
        // and is no readmission.
        row(3, "overnight", "acute", "2012-04-10T12:00", "2012-04-11T12:00", 1, "S72", ",,");
        row(4, "overnight", "acute", "2012-05-21T12:00", "2012-05-22T12:00", 1, "S72.1", ",,");
        // Planned, so no readmission. The stay ends among the last days of the register, so a readmission after it would
        // not be seen.
        row(5, "overnight", "planned", "2012-12-20T12:00", "2012-12-22T12:00", 2, "I50", ",,");
        row(
            6,
            "outpatient",
            "planned",
            "2012-06-01T12:00",
            "2012-06-01T13:00",
            0,
            "I10",
            "utredning,2012-05-02,2012-05-20",
        );
        row(7, "outpatient", "planned", "2012-07-01T12:00", "2012-07-01T13:00", 0, "I10", "kontroll,,");
        row(8, "outpatient", "planned", "2012-12-31T12:00", "2012-12-31T13:00", 0, "", "kontroll,,");
    }
    out
}

pub(super) fn rows(file: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().skip(1).map(|line| line.split(';').map(str::to_owned).collect()).collect()
}

#[test]
fn each_indicator_counts_what_it_says() {
    let work = folder("indicators");
    let file = work.join("contacts.csv");
    std::fs::write(&file, contacts()).unwrap();
    let out = work.join("out");
    let run = |more: &[&str]| {
        let words = ["indicators", "run", "--contacts", path(&file), "--out", path(&out)];
        let output = samspill(&[&words[..], more].concat());
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, printed, said) =
        run(&["--all", "--period", "2012", "--mapping", "samspill", "--hospitals", "--units"]);
    assert_eq!(code, Some(0), "{said}");
    // The only hospital has all stays: thirteen persons with five stays each.
    for (file, number) in [("foretak.csv", "983971636"), ("enheter.csv", "874716782")] {
        let stays = row_of(&out.join(file), "admissions", number);
        assert_eq!(stays[4], "65", "{stays:?}");
    }
    let homes = rows(&out.join("kommuner.csv"));
    let of = |id: &str, code: &str| {
        let row = homes.iter().find(|row| row[0] == id && row[2] == code).unwrap();
        (row[4].clone(), row[5].clone())
    };
    for (id, numerator, denominator) in [
        ("admissions", 30, None),
        ("admissions-acute", 24, None),
        ("bed-days", 90, None),
        ("mean-stay", 90, Some(30)),
        ("outpatient-contacts", 18, None),
        ("controls", 12, None),
        // The first stay is followed after five hours, the second after 29 days, the third and fourth by no acute stay
        // within 30 days.
        ("readmissions-medical", 12, Some(24)),
        // Only the second stay: the first is followed after five hours, which is too soon, and the third after
        // 40 days, which is too late.
        ("readmissions-eleven-groups", 6, Some(24)),
        ("hip-fractures", 6, None),
        ("waiting-days", 180, Some(6)),
        ("deadline-breaches", 6, Some(6)),
        ("completeness", 48, Some(54)),
    ] {
        let (found, whole) = of(id, "0301");
        assert_eq!(found, numerator.to_string(), "{id}");
        if let Some(denominator) = denominator {
            assert_eq!(whole, format!("{denominator},000"), "{id}");
        }
    }
    // Co-financing is a fifth of the price of all contacts: 36 overnight and 18 others, each of half a point at
    // 38 209 kr a point. Per inhabitant, with the mean of 613 285 and 623 966 inhabitants, that is 33 øre.
    let cost = row_of(&out.join("kommuner.csv"), "co-financing", "0301");
    assert_eq!([&cost[4], &cost[5], &cost[7]], ["206328,60", "618623,000", "0,334"], "{cost:?}");
    let sheet = rows(&out.join("kostnad.csv")).into_iter().find(|row| row[0] == "0301").unwrap();
    assert_eq!([&sheet[3], &sheet[6]], ["206328,60", "0,33"], "{sheet:?}");
    // Counts of one to four in Utsira are withheld: no row shows them.
    for row in homes.iter().filter(|row| row[2] == "1151") {
        let shown = row[4].parse::<i64>().unwrap_or(0);
        assert!(shown == 0 || shown > 4, "{row:?}");
    }
    // An indicator whose column the file lacks is unknown, not zero.
    for lacking in ["Team- og samhandlingskoder;..;filen har ikke procedures", "filen har ikke contact_form"]
    {
        assert!(printed.contains(lacking), "{printed}");
    }
    let read_me = std::fs::read_to_string(out.join("les-meg.txt")).unwrap();
    assert!(
        read_me.contains("middel av 1. januar 2012 og 2013") && read_me.contains("2012-12-31"),
        "{read_me}"
    );
    // A code of three characters does not distinguish a hip from a thigh: six stays of Oslo and seven others are untested.
    let hip = rows(&out.join("definisjoner.csv")).into_iter().find(|row| row[0] == "hip-fractures").unwrap();
    assert_eq!(hip[hip.len() - 3..hip.len() - 1], ["nei", "13"], "{hip:?}");

    for (more, fault) in [
        (&["magic", "--period", "2012"][..], "det finnes ingen indikator 'magic'"),
        (&["admissions", "--period", "2013"], "har ingen kontakt i 2013"),
        (&["admissions", "--period", "2030"], "2030"),
        (&["--period", "2012"], "mangler"),
    ] {
        let (code, _, said) = run(&[more, &["--mapping", "samspill"]].concat());
        assert!(code != Some(0) && said.contains(fault), "{fault}: {said}");
    }
}

#[test]
fn an_indicator_of_ones_own_is_counted_beside_the_others_and_a_bad_one_is_refused() {
    let work = folder("indicators-own");
    let (file, own, out) = (work.join("contacts.csv"), work.join("own.toml"), work.join("out"));
    std::fs::write(&file, contacts()).unwrap();
    let example = "id = \"acute-67\"\nversion = 1\ntitle = { nb = \"Akutte, 67 og eldre\", nn = \"Akutte, 67 og eldre\" }\n\
                   about = \"Akutte opphold.\"\naim = \"health\"\nkind = \"rate\"\nper = 1000\npeople = { at_least = 67 }\n\
                   source = { title = \"Kommunen\", confidence = \"C\" }\n[numerator]\nurgency = \"acute\"\nat_least = 67\n";
    let run = |toml: &str| {
        std::fs::write(&own, toml).unwrap();
        let words = [
            "indicators",
            "run",
            "acute-67",
            "--own",
            path(&own),
            "--period",
            "2012",
            "--mapping",
            "samspill",
        ];
        let output = samspill(&[&words[..], &["--contacts", path(&file), "--out", path(&out)]].concat());
        (output.status.success(), text(&output.stderr))
    };
    let (done, said) = run(example);
    assert!(done, "{said}");
    let row = rows(&out.join("kommuner.csv")).into_iter().find(|row| row[2] == "0301").unwrap();
    // Thirty contacts of half a point: 30 × 0,5 × 38 209 kr × 20 %. The state pays as much: 40 %, from which the 20 % of
    // the municipality are subtracted.
    assert_eq!([&row[4], &row[19], &row[20]], ["24", "114627,00", "114627,00"], "{row:?}");
    for (wrong, fault) in [
        (example.replace("urgency", "hastegrad"), "unknown field `hastegrad`"),
        (example.replace("acute-67", "../x"), "bruk høyst 60 av a-z, 0-9 og -"),
        (example.replace("acute-67", "admissions"), "det finnes en indikator admissions fra før"),
        (example.replace("\"rate\"", "\"mean\""), "trenger en [denominator]"),
        // All 52 acute stays of the country are of persons under 80.
        (
            example.replace("\"rate\"", "\"proportion\"") + "[denominator]\nat_least = 80\n",
            "acute-67: 52 i telleren er ikke i nevneren",
        ),
        (
            example.replace("\"rate\"", "\"mean\"")
                + "measure = \"bed-days\"\n[denominator]\nat_least = 80\n",
            "acute-67: 52 i telleren er ikke i nevneren",
        ),
    ] {
        let (done, said) = run(&wrong);
        assert!(!done && said.contains(fault), "{fault}: {said}");
    }
}

/// Six persons in each of two municipalities that were merged. In 2012 each has a stay with one notice that
/// was withdrawn and one that stands, and two contacts of one referral; in 2013 a stay in the merged
/// municipality.
fn merged() -> String {
    let mut out = format!("{HEAD},referred_from,procedures\n");
    for person in 1..=12 {
        let home = if person > 6 { "1915" } else { "1901" };
        let mut row = |number: i64, level: &str, days: &str, home: &str, events: &str, more: &str| {
            let urgency = if level == "overnight" { "acute" } else { "planned" };
            out.push_str(&format!(
                "{},{},{person},874716782,public-hospital,983974929,somatic,{level},{urgency},{days},{home},80,man,089,medical,0.5,9,I50,\
                 utredning,{more}\n",
                person * 10 + number,
                person * 10 + number,
            ).replace("EVENTS", events));
        };
        let notices = "3@2012-03-04T10:00 4@2012-03-05T10:00 3@2012-03-07T08:00";
        row(1, "overnight", "2012-03-01T10:00,2012-03-10T10:00", home, notices, ",,EVENTS,legevakt,B0044 A1");
        row(2, "outpatient", "2012-03-02T12:00,2012-03-02T13:00", home, "", "2012-02-01,,EVENTS,fastlege,");
        row(3, "outpatient", "2012-04-02T12:00,2012-04-02T13:00", home, "", "2012-02-01,,EVENTS,fastlege,");
        row(4, "overnight", "2013-05-01T10:00,2013-05-10T10:00", "1903", "", ",,EVENTS,legevakt,");
    }
    out
}

/// Returns three values: a function that runs all indicators on the file of [`merged`], with more arguments; the folder of
/// the results; and a file of the user's own areas.
fn merged_in(work: &Path) -> (impl Fn(&[&str]) -> (bool, String), PathBuf, PathBuf) {
    let (file, out, areas) = (work.join("contacts.csv"), work.join("out"), work.join("areas.csv"));
    std::fs::write(&file, merged()).unwrap();
    std::fs::write(&areas, "municipality;area\n1903;Helsefellesskap nord\n1902;Helsefellesskap nord\n")
        .unwrap();
    let into = out.clone();
    let run = move |more: &[&str]| {
        let words = ["indicators", "run", "--all", "--mapping", "samspill", "--without-kroner"];
        let files = ["--contacts", path(&file), "--out", path(&into)];
        let output = samspill(&[&words[..], &files, more].concat());
        (output.status.success(), text(&output.stderr))
    };
    (run, out, areas)
}

fn row_of(file: &Path, id: &str, place: &str) -> Vec<String> {
    let found = rows(file).into_iter().find(|row| row[0] == id && row[2] == place);
    found.unwrap()
}

/// Several years together use the municipalities of the last year. A referral counts once, however many
/// contacts it had. Nights count from the notice that stands. Areas are the user's own, and limits are
/// computed anew for a stated reason.
#[test]
fn years_together_referrals_and_nights_are_what_they_say() {
    let work = folder("indicators-years");
    let (run, out, areas) = merged_in(&work);
    let of = |file: &str, id: &str, place: &str| row_of(&out.join(file), id, place);
    let (done, said) = run(&[
        "--period",
        "2012-2013",
        "--areas",
        path(&areas),
        "--rebase",
        "2013-01=ny kommune",
        "--adjust",
        "age",
    ]);
    assert!(done, "{said}");
    for (id, numerator) in [
        ("admissions", "24"),
        ("new-referrals", "12"),
        ("referrals-by-referrer-fastlege", "12"),
        ("referrals-by-referrer-legevakt", "0"),
        ("discharge-ready-days", "36"),
        ("waiting-days", "360"),
        ("team-and-cooperation-codes", "12"),
    ] {
        assert_eq!(of("kommuner.csv", id, "1903")[4], numerator, "{id}");
        assert_eq!(of("egne-omrader.csv", id, "Helsefellesskap nord")[4], numerator, "{id}");
    }
    // Harstad and Bjarkøy over two years, with about 24 100 inhabitants.
    let years: f64 = of("kommuner.csv", "admissions", "1903")[5].replace(',', ".").parse().unwrap();
    assert!((48_000.0..49_000.0).contains(&years), "{years}");
    // Twelve of the 24 stays were in municipalities that have ended, and nobody has moved.
    let moved = rows(&out.join("bosted.csv")).into_iter().find(|row| row[0] == "1903").unwrap();
    assert_eq!(moved[2..], ["24", "0", "0"]);
    let people = rows(&out.join("folketall.csv")).into_iter().find(|row| row[0] == "0706").unwrap();
    assert!(people[5].contains("fordeling mellom 0706/0719/0720"), "{people:?}");
    let read_me = std::fs::read_to_string(out.join("les-meg.txt")).unwrap();
    for expected in [
        "Nye grenser: 2013-01: ny kommune",
        "Justering: justert for alder\n",
        "XmR, regelsett 2",
        "Trakt, regelsett 3",
    ] {
        assert!(read_me.contains(expected), "{expected}: {read_me}");
    }
    let months = rows(&out.join("maneder.csv"));
    let begun = months.iter().filter(|row| row[10] == "ny kommune").all(|row| row[2] == "2013-01");
    assert!(
        begun && std::fs::read_to_string(out.join("maneder-admissions.svg")).unwrap().contains("ny kommune")
    );
}

#[test]
fn a_referral_is_of_its_first_contact_and_bad_periods_are_refused() {
    let work = folder("indicators-referral");
    let (run, out, areas) = merged_in(&work);
    let (done, said) = run(&["--period", "2012-07..2013-06"]);
    assert!(done && row_of(&out.join("kommuner.csv"), "admissions", "1903")[4] == "12", "{said}");
    // The referral counts with its first contact, in March, and not again in April.
    for (period, count) in [("2012-03", "6"), ("2012-04", "0")] {
        let (done, said) = run(&["--period", period]);
        assert!(done, "{said}");
        assert_eq!(row_of(&out.join("kommuner.csv"), "new-referrals", "1901")[4], count, "{period}");
    }
    for (more, fault) in [
        (&["--period", "2012-2013", "--rebase", "2013-01"][..], "har ingen grunn"),
        (&["--period", "2012", "--rebase", "2013-01=x"], "2013-01"),
        (&["--period", "2013-2012"], "to måneder til tjue år i rekkefølge"),
        (&["--period", "2012", "--areas", path(&areas)], "det finnes ingen kommune 1903 i 2012"),
    ] {
        let (done, said) = run(more);
        assert!(!done && said.contains(fault), "{fault}: {said}");
    }
}

/// The trust area less the user's own area is Utsira alone. The counts of the user's area and of all others
/// are therefore withheld too.
#[test]
fn an_area_of_ones_own_gives_no_municipality_away() {
    let work = folder("indicators-overlap");
    let (file, out, areas) = (work.join("contacts.csv"), work.join("out"), work.join("areas.csv"));
    std::fs::write(&file, contacts()).unwrap();
    std::fs::write(&areas, "municipality;area\n1149;Haugalandet\n1106;Haugalandet\n").unwrap();
    let words =
        ["indicators", "run", "--all", "--mapping", "samspill", "--without-kroner", "--period", "2012"];
    let files = ["--areas", path(&areas), "--contacts", path(&file), "--out", path(&out)];
    let output = samspill(&[&words[..], &files].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let own = row_of(&out.join("egne-omrader.csv"), "hip-fractures", "Haugalandet");
    let rest = row_of(&out.join("egne-omrader.csv"), "hip-fractures", "(alle andre)");
    assert_eq!([&own[4], &rest[4]], [":", ":"]);
    // A register that ends before the end of the period gives a warning. A file with wrong content is refused.
    let people = work.join("people.csv");
    let run = |given: &str, of: &str, more: &[&str]| {
        std::fs::write(&people, given).unwrap();
        std::fs::write(&areas, of).unwrap();
        let output = samspill(&[&words[..6], more, &files, &["--people", path(&people)]].concat());
        (output.status.success(), text(&output.stderr))
    };
    let (good, area) = ("municipality;age;people\n0301;0;9000\n", "municipality;area\n1149;Haugalandet\n");
    let (done, said) = run(good, area, &["--period", "2012-07..2013-02", "--adjust", "age"]);
    assert!(
        done && said.contains("ingen i 2012-08, ") && said.contains("2013-02), og ratene er for lave"),
        "{said}"
    );
    let year = ["--period", "2012"];
    for (people, area, more, fault) in [
        // Inhabitants of unknown sex are refused when figures are adjusted for sex, not left out.
        (good, area, &[][..], "legg til --adjust age"),
        ("municipality;age;people\n", area, &["--adjust", "age"], "people.csv har ingen rader"),
        ("9999;70;9000\n", area, &["--adjust", "age"], "det finnes ingen kommune 9999"),
        (good, "1149;0301\n", &["--adjust", "age"], "'0301'"),
        (good, "1149;A\n1149;B\n", &["--adjust", "age"], "1149"),
        (good, "1149;Landet\n", &["--adjust", "age"], "'Landet'"),
        ("0301;0;9\n0301;0;9\n", area, &["--adjust", "age"], "people.csv:2: 0301"),
        ("0301;0;9223372036854775807\n", area, &["--adjust", "age"], "9223372036854775807"),
        (good, area, &["--rebase", "2012-07=a", "--rebase", "2012-07=b"], "2012-07"),
    ] {
        let (done, said) = run(people, area, &[&year, more].concat());
        assert!(!done && said.contains(fault), "{fault}: {said}");
    }
}

/// Counts that others have made stand beside the register's, and small ones are withheld.
#[test]
fn counts_by_others_are_shown() {
    let work = folder("indicators-counted");
    let (file, out, counted) = (work.join("contacts.csv"), work.join("out"), work.join("counted.csv"));
    std::fs::write(&file, contacts()).unwrap();
    let run = |rows: &str| {
        std::fs::write(&counted, format!("indicator;municipality;numerator;denominator\n{rows}")).unwrap();
        let words =
            ["indicators", "run", "--all", "--mapping", "samspill", "--without-kroner", "--period", "2012"];
        let files = ["--counted", path(&counted), "--contacts", path(&file), "--out", path(&out)];
        let output = samspill(&[&words[..], &files].concat());
        (output.status.success(), text(&output.stderr))
    };
    let (done, said) = run("municipal-acute-beds;0301;1 200;\nmunicipal-acute-beds;1151;3;\n");
    assert!(done, "{said}");
    let shown = rows(&out.join("andre-tall.csv"));
    // 1 200 per 618 623 inhabitants, the mean of 613 285 and 623 966.
    assert_eq!([&shown[0][4], &shown[0][5], &shown[0][7]], ["1200", "618623,000", "1,940"], "{shown:?}");
    assert_eq!([&shown[1][4], &shown[1][7], &shown[1][10]], [":", ":", "holdt tilbake"], "{shown:?}");
    for (wrong, fault) in [
        ("admissions;0301;5;\n", "'admissions' er ikke en av indikatorene som registeret mangler"),
        ("municipal-acute-beds;0301;5;9\n", "la denominator stå tom"),
        ("municipal-acute-beds;9999;5;\n", "det finnes ingen kommune 9999"),
        ("co-financing;0301;5;\n", "'co-financing' er ikke en av indikatorene som registeret mangler"),
        ("municipal-acute-beds;0301;x;\n", "numerator = 'x'"),
    ] {
        let (done, said) = run(wrong);
        assert!(!done && said.contains(fault), "{fault}: {said}");
    }
}

#[test]
fn what_a_municipality_brings_itself_stands_beside_the_register() {
    let work = folder("indicators-brought");
    let (file, out) = (work.join("contacts.csv"), work.join("out"));
    std::fs::write(&file, contacts()).unwrap();
    // Survey answers and the municipality's own effort. A small number of answers is withheld; effort that no scheme
    // pays for is shown.
    let (survey, effort) = (work.join("survey.csv"), work.join("effort.csv"));
    let with = |answers: &str, done: &str| {
        std::fs::write(&survey, format!("question;aim;municipality;answers;positive\n{answers}")).unwrap();
        std::fs::write(&effort, format!("municipality;what;kroner;paid_by_others\n{done}")).unwrap();
        let words = [
            "indicators",
            "run",
            "--all",
            "--period",
            "2012",
            "--mapping",
            "samspill",
            "--contacts",
            path(&file),
        ];
        let more = ["--survey", path(&survey), "--effort", path(&effort), "--out", path(&out)];
        let output = samspill(&[&words[..], &more].concat());
        (output.status.success(), text(&output.stderr))
    };
    let good =
        "Godt mottatt?;experience;0301;200;150\nGodt mottatt?;experience;1151;6;3\nTrives?;work;0301;0;0\n";
    let (done, said) = with(good, "0301;ambulant team;1 200 000;200 000\n");
    assert!(done, "{said}");
    let answers = rows(&out.join("undersokelser.csv"));
    assert_eq!([&answers[0][5], &answers[1][5], &answers[2][5]], ["75,000", ":", ".."], "{answers:?}");
    let oslo = rows(&out.join("asymmetri.csv")).into_iter().find(|row| row[0] == "0301").unwrap();
    // Six persons with six overnight contacts each, of half a point, beside a million kroner that nobody else pays for.
    assert_eq!([&oslo[2], &oslo[5], &oslo[9]], ["30", "137552,40", "1000000,00"], "{oslo:?}");
    for (answers, effort, fault) in [
        ("A;health;0301;5;5\n", "", "'health' er verken experience eller work"),
        ("A;work;0301;5;6\n", "", "6 positive av 5 svar"),
        ("A;work;0301;9;6\nA;work;0301;9;6\n", "", "survey.csv:3: «A»"),
        ("A;work;0301;mange;6\n", "", "answers = 'mange'"),
        (good, "0301;a;100;200\n", "effort.csv:2"),
        ("", "", "survey.csv har ingen rader"),
    ] {
        let (done, said) = with(answers, effort);
        assert!(!done && said.contains(fault), "{fault}: {said}");
    }
}

/// The first page of the profile has its headings and the finding on cost. It shows the admissions of Oslo, Oslo's region
/// and the country as the tables have them.
fn first_page_agrees_with_the_tables(out: &std::path::Path) {
    let page = ["-layout", "-l", "1", path(&out.join("profil-0301.pdf")), "-"].map(str::to_owned);
    let page = text(&Command::new("pdftotext").args(page).output().unwrap().stdout).replace('\u{a0}', " ");
    for part in [
        "Kommuneprofil 2012",
        "Oslo kommune (0301)",
        "Det koster kommunen",
        "Hvor sikre er vi?",
        "Slik leser du figuren",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let value = |file: &str, place: &str| -> String {
        let row = rows(&out.join(file))
            .into_iter()
            .find(|row| row[0] == "admissions" && row.contains(&place.to_owned()));
        let value: f64 = row.unwrap()[7].replace(',', ".").parse().unwrap();
        format!("{value:.0}")
    };
    let line = page.lines().find(|line| line.trim_start().starts_with("Innleggelser  ")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(
        cells[1..4],
        [
            value("kommuner.csv", "0301"),
            value("regioner.csv", "Helse Sør-Øst RHF"),
            value("landet.csv", "admissions")
        ]
    );
}

/// Admissions by year of some municipalities, as an extract.
fn admissions_by_year(file: &std::path::Path, homes: &[(&str, [u32; 3])]) {
    let mut rows = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,admitted,discharged,\
                    municipality_of_registration,age,sex,drg,drg_type,points,urgency,events\n"
        .to_owned();
    let mut id = 0;
    for (home, years) in homes {
        for (year, count) in (2011..).zip(years) {
            for place in 0..*count {
                id += 1;
                let (month, day) = (1 + place % 12, 1 + place % 20);
                rows += &format!(
                    "{id},{id},{id},U1,public-hospital,983974724,somatic,overnight,{year}-{month:02}-{day:02}T08:00,\
                     {year}-{month:02}-{:02}T12:00,{home},{},woman,127,medical,1.0,acute,\n",
                    day + 3,
                    60 + place % 30,
                );
            }
        }
    }
    std::fs::write(file, rows).unwrap();
}

/// The inside edition is for the owner of the bill: nothing of its own is withheld, and it says whom it is for. The public
/// edition beside it, and every table, are as without it.
#[test]
fn an_inside_edition_shows_the_owner_its_own_figures() {
    let work = folder("indicators-inside");
    let file = work.join("contacts.csv");
    admissions_by_year(&file, &[("1201", [40, 80, 120]), ("0301", [3, 40, 40]), ("1103", [40, 3, 40])]);
    let run = |out: &str, of: &str, more: &[&str]| {
        let command = ["indicators", "run", "--all", "--without-kroner", "--period", "2011"];
        let out = work.join(out);
        let given = ["--contacts", path(&file), "--profile", of, "--out", path(&out)];
        let output = samspill(&[&command[..], &given, more].concat());
        (output.status.success(), text(&output.stderr), out)
    };
    let page = |file: &Path| {
        let page = Command::new("pdftotext").args(["-layout", path(file), "-"]).output().unwrap();
        text(&page.stdout)
    };
    let admissions = |page: &str| -> Vec<String> {
        let line = page.lines().find(|line| line.trim_start().starts_with("Innleggelser  ")).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    let (done, said, out) = run("inside", "0301", &["--inside", "økonomisjefen"]);
    assert!(done, "{said}");
    let (public, inside) = (page(&out.join("profil-0301.pdf")), page(&out.join("profil-0301-intern.pdf")));
    assert_eq!(admissions(&public)[1], ":", "{public}");
    assert_eq!(admissions(&inside).last().map(String::as_str), Some("3"), "{inside}");
    assert!(inside.contains("Intern utgave for økonomisjefen") && !public.contains("Intern"), "{inside}");
    let (done, _, without) = run("public", "0301", &[]);
    assert!(done && !without.join("profil-0301-intern.pdf").exists());
    for file in ["profil-0301.pdf", "kommuner.csv", "indikatorer.xlsx", "utvikling.csv"] {
        let of = |folder: &Path| std::fs::read(folder.join(file)).ok();
        assert!(of(&out) == of(&without), "{file}");
    }
    let (done, said, _) = run("inside", "all", &["--inside", "økonomisjefen"]);
    assert!(!done && said.contains("gi kommunen med --profile, ikke all"), "{said}");
}

/// A profile shows the years of a measure with their direction, unless a year has one to four events, or the shown years
/// would reveal a count of one to four in another municipality.
#[test]
fn a_profile_shows_years_where_no_count_is_small() {
    let work = folder("indicators-profile-years");
    let file = work.join("contacts.csv");
    let admissions = |homes: &[(&str, [u32; 3])], of: &str| -> String {
        admissions_by_year(&file, homes);
        let out = work.join("out");
        let command = ["indicators", "run", "--all", "--without-kroner", "--period", "2011-2013"];
        let more = ["--contacts", path(&file), "--profile", of, "--out", path(&out)];
        let output = samspill(&[&command[..], &more].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let pdf = out.join(format!("profil-{of}.pdf"));
        let page = Command::new("pdftotext").args(["-layout", "-l", "1", path(&pdf), "-"]).output().unwrap();
        let page = text(&page.stdout);
        let line = page.lines().find(|line| line.trim_start().starts_with("Innleggelser  ")).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    };
    let small = [("0301", [3, 40, 40]), ("1103", [40, 3, 40])];
    let with = |years: [u32; 3]| [&[("1201", years)][..], &small].concat();
    let trend = |of: &str| row_of(&work.join("out/utvikling.csv"), "admissions", of)[6..].to_vec();
    assert_eq!(admissions(&with([40, 80, 120]), "1201"), "opp");
    // The same in the sheet of all municipalities: 40 to 120 events, of 40 : 80 : 120 a maximum likelihood of 1.69 a year
    // with as many people, less their growth of about one per cent.
    let up = trend("1201");
    assert_eq!((&up[1][..], &up[7][..]), ("2013", "øker"));
    assert!((64.0..70.0).contains(&number(&up[3])) && number(&up[4]) < number(&up[3]), "{up:?}");
    assert_eq!((&trend("0301")[0][..], &trend("0301")[7][..]), (":", ":"));
    assert_eq!(admissions(&with([120, 80, 40]), "1201"), "ned");
    assert_eq!(trend("1201")[7], "minker");
    assert_eq!(admissions(&with([80, 80, 80]), "1201"), "uendret");
    assert_eq!(trend("1201")[7], "ikke til å skille fra tilfeldighet");
    // Month by month: 40 a year are too few.
    admissions(&with([40, 40, 40]), "1201");
    assert_eq!(trend("1201")[8], "for få i måneden");
    // Then twenty in each month of the last year, after ten.
    admissions(&with([120, 120, 240]), "1201");
    assert!(trend("1201")[8].contains("måneder med signal: "), "{:?}", trend("1201"));
    assert_eq!(admissions(&with([40, 80, 120]), "0301"), "..", "one to four admissions in a year");
    // There are two municipalities: the country's counts by year, less those of 1201, would be the small counts of 0301.
    assert_eq!(admissions(&[("1201", [40, 80, 120]), small[0]], "1201"), "..");
}

/// Checks the sheets of similar municipalities of a run against the ratios drawn together in `kommuner.csv`. Returns the
/// rows of the similar municipalities of `place`, of which there must be `count`.
fn agrees(out: &Path, id: &str, place: &str, count: usize) -> Vec<Vec<String>> {
    let similar: Vec<Vec<String>> =
        rows(&out.join("like-kommuner.csv")).into_iter().filter(|row| row[0] == place).collect();
    assert_eq!(similar.len(), count);
    let mut drawn: Vec<f64> =
        similar.iter().map(|row| number(&row_of(&out.join("kommuner.csv"), id, &row[3])[16])).collect();
    drawn.sort_by(f64::total_cmp);
    let median = f64::midpoint(drawn[(count - 1) / 2], drawn[count / 2]);
    let (own, beside) =
        (row_of(&out.join("kommuner.csv"), id, place), row_of(&out.join("som-de-like.csv"), id, place));
    let (events, ratio) = (number(&own[4]), number(&own[13]));
    let change = events / ratio * median - events;
    assert!((number(&beside[7]) - median).abs() < 0.001, "{beside:?}");
    // The ratios in the tables have three decimals.
    let off = 0.002 * events / ratio + 1.0;
    assert!((number(&beside[10]) - change).abs() < off, "{beside:?}: {change}");
    let (low, value, high) = (number(&beside[11]), number(&beside[10]), number(&beside[12]));
    assert!(low < value && value < high, "{beside:?}");
    // The same median stands beside the municipality's own figures, and its own ratio, drawn together, against it.
    assert!((number(&own[26]) - median).abs() < 0.001, "{own:?}");
    assert!((number(&own[27]) - number(&own[16]) / median).abs() < 0.002, "{own:?}");
    similar
}

fn number(cell: &str) -> f64 {
    cell.replace(',', ".").parse().unwrap()
}

/// Runs the command with more words: whether it was done, what it said, and its folder.
type Run<'r> = dyn Fn(&[&str]) -> (bool, String, PathBuf) + 'r;

/// Inequality by a background that is the municipalities' own ratio rises steeply; by a background that is the same
/// everywhere there is none to tell.
fn slopes_with_the_rate_itself(out: &Path, run: &Run, file: &dyn Fn(&str, &str) -> String) {
    let homes: Vec<Vec<String>> =
        rows(&out.join("kommuner.csv")).into_iter().filter(|row| row[0] == "admissions").collect();
    let ratio = |row: &Vec<String>| row[13].replace([':', '.'], "0");
    let table: String = homes.iter().map(|row| format!("{};\"{}\";7\n", row[2], ratio(row))).collect();
    let given = file("background.csv", &format!("municipality;forholdet;likt\n{table}"));
    let (done, said, out) = run(&["--inequality", &given]);
    assert!(done, "{said}");
    let of = |name: &str| {
        let mut found = rows(&out.join("ulikhet.csv")).into_iter();
        found.find(|row| row[0] == "admissions" && row[2] == name).unwrap()
    };
    let (rises, same) = (of("forholdet"), of("likt"));
    assert_eq!(rises[12], "høyere der bakgrunnen er høy", "{rises:?}");
    let [lowest, highest, slope] = [5, 6, 7].map(|at: usize| number(&rises[at]));
    assert!((highest - lowest - slope).abs() < 0.002 && number(&rises[8]) > 0.0, "{rises:?}");
    assert_eq!(same[12], "for få kommuner med tall", "{same:?}");
}

/// Shares of flows stand beside the median share of the similar, and a municipality with a profile gets funnels in which they
/// are marked.
fn flows_beside_the_similar(run: &Run) {
    let (done, said, out) = run(&["--peers", "--flows", "--profile", "1601"]);
    assert!(done, "{said}");
    let flows: Vec<Vec<String>> =
        rows(&out.join("strommer.csv")).into_iter().filter(|row| row[0] == "admissions").collect();
    let own = |place: &str| flows.iter().find(|row| row[2] == place && row[4] == "eget foretak").unwrap();
    let similar = rows(&out.join("like-kommuner.csv")).into_iter().filter(|row| row[0] == "1601");
    let mut shares: Vec<f64> = similar
        .map(|row| own(&row[3]).clone())
        .filter(|row| row[6] != ":")
        .map(|row| number(&row[6]))
        .collect();
    shares.sort_by(f64::total_cmp);
    let (low, high) = (shares[(shares.len() - 1) / 2], shares[shares.len() / 2]);
    assert!((number(&own("1601")[9]) - f64::midpoint(low, high)).abs() < 0.02, "{:?}", own("1601"));
    let svg = std::fs::read_to_string(out.join("trakt-admissions-1601.svg")).unwrap();
    // Ten diamonds, one for each of the similar.
    let diamonds = svg.matches("<polygon").count();
    assert!(
        svg.contains("Trondheim") && svg.contains("Ruter: like kommuner") && diamonds >= 10,
        "{diamonds}"
    );
}

/// Who the similar municipalities are, and what it would mean to be as they are, agree with the tables beside them: the
/// median of the ratios drawn together, times the events expected, less the municipality's own.
#[test]
fn similar_municipalities_and_what_it_means_to_be_as_they_are() {
    let work = folder("indicators-peers");
    let register = work.join("register");
    let made = samspill(&["synth", "--year", "2012", "--people", "60000", "--out", path(&register)]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let contacts = register.join("contacts.parquet");
    let run = |more: &[&str]| {
        let out = work.join("out");
        let words = ["indicators", "run", "admissions", "co-financing", "--period", "2012", "--contacts"];
        let output = samspill(&[&words[..], &[path(&contacts), "--out", path(&out)], more].concat());
        (output.status.success(), text(&output.stderr), out)
    };
    let (done, said, out) = run(&["--peers"]);
    assert!(done, "{said}");
    let near = agrees(&out, "admissions", "1601", 10);
    agrees(&out, "co-financing", "1601", 10);
    flows_beside_the_similar(&run);
    // The catalogue beside the tables, for programs.
    let catalogue: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("katalog.json")).unwrap()).unwrap();
    let one = &catalogue["indicators"][1];
    assert_eq!(
        (&one["id"], &one["kind"], &one["lacks"], &one["levels"]),
        (
            &"co-financing".into(),
            &"rate".into(),
            &().into(),
            &["municipality", "country", "areas", "regions"][..].into()
        )
    );
    assert_eq!((&catalogue["period"]["months"][11], &one["version"]), (&"2012-12".into(), &1.into()));
    let people: Vec<f64> = near.iter().map(|row| number(&row[7])).collect();
    assert!(people.iter().all(|people| *people > 40_000.0), "{near:?}");
    let read = std::fs::read_to_string(out.join("les-meg.txt")).unwrap();
    assert!(read.contains("Like kommuner: De 10 nærmeste kommunene etter antall innbyggere"), "{read}");
    // A variable of the user's own that alone tells apart brings other neighbours; groups bring exactly their own.
    let file = |name: &str, text: &str| {
        std::fs::write(work.join(name), text).unwrap();
        path(&work.join(name)).to_owned()
    };
    let homes: Vec<String> = rows(&out.join("folketall.csv")).into_iter().map(|row| row[0].clone()).collect();
    let of = |code: &str| if ["1601", "0301"].contains(&code) { 9_000_000 } else { 1 };
    let table: String = homes.iter().map(|code| format!("{code};{}\n", of(code))).collect();
    let (done, said, out) =
        run(&["--peers", "5", "--peers-by", &file("income.csv", &format!("municipality;inntekt\n{table}"))]);
    assert!(done, "{said}");
    assert_eq!(agrees(&out, "admissions", "1601", 5)[0][3], "0301");
    let read = std::fs::read_to_string(out.join("les-meg.txt")).unwrap();
    assert!(read.contains("80 år og over, og inntekt;"), "{read}");
    slopes_with_the_rate_itself(&out, &run, &file);
    let group: String =
        ["1601", "0301", "1103", "1201", "0219", "0602"].map(|code| format!("{code};EKG 13\n")).concat();
    let (done, said, out) =
        run(&["--peer-groups", &file("groups.csv", &format!("municipality;group\n{group}1902;A\n"))]);
    assert!(done, "{said}");
    agrees(&out, "admissions", "1601", 5);
    assert_eq!(row_of(&out.join("som-de-like.csv"), "admissions", "1902")[17], "færre enn 5 like med tall");
    for (given, name, fault) in [
        ("municipality;inntekt\n1601;1\n", "--peers-by", "mangler: gi en verdi for hver kommune"),
        ("municipality;inntekt\n1601;høy\n", "--peers-by", "bad.csv:2: 'høy' er ikke et tall"),
        ("municipality\n1601\n", "--peers-by", "ingen kolonne etter kommunen"),
        ("municipality;inntekt\n9999;1\n", "--peers-by", "9999"),
        ("municipality;group\n1601;A\n1601;B\n", "--peer-groups", "1601"),
    ] {
        let bad = file("bad.csv", given);
        let (done, said, _) = match name {
            "--peers-by" => run(&["--peers", name, &bad]),
            _ => run(&[name, &bad]),
        };
        assert!(!done && said.contains(fault), "{fault}: {said}");
    }
}

/// A profile of a municipality, in both forms of Norwegian. It says only what the tables say.
#[test]
fn a_profile_is_made_in_bokmal_and_nynorsk() {
    let work = folder("indicators-profile");
    let register = work.join("register");
    let made = samspill(&["synth", "--year", "2012", "--people", "60000", "--out", path(&register)]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let contacts = register.join("contacts.parquet");
    let run = |period: &str, language: &str, code: &str, threads: &str| {
        let out = work.join(format!("{language}-{threads}"));
        let words = [
            "indicators",
            "run",
            "--all",
            "--by-age",
            "--hospitals",
            "--units",
            "--period",
            period,
            "--contacts",
            path(&contacts),
        ];
        let more = ["--profile", code, "--language", language, "--threads", threads, "--out", path(&out)];
        let output = samspill(&[&words[..], &more].concat());
        (output.status.success(), text(&output.stderr), out)
    };
    let (done, said, out) = run("2012", "nb", "0301", "2");
    assert!(done, "{said}");
    let pdf = std::fs::read(out.join("profil-0301.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    first_page_agrees_with_the_tables(&out);
    // The same run on one thread gives the same bytes.
    let (done, _, again) = run("2012", "nb", "0301", "1");
    assert!(done);
    for file in [
        "profil-0301.pdf",
        "kommuner.csv",
        "landet.csv",
        "maneder.csv",
        "kommuner.parquet",
        "aldersgrupper.csv",
        "indikatorer.xlsx",
    ] {
        assert!(
            std::fs::read(out.join(file)).unwrap() == std::fs::read(again.join(file)).unwrap(),
            "{file} differs"
        );
    }
    let (done, _, nynorsk) = run("2012-T1", "nn", "0301", "2");
    let read_me = std::fs::read_to_string(nynorsk.join("les-meg.txt")).unwrap();
    assert!(done && read_me.contains("Folketal:") && read_me.contains("Ingen verkeleg person"), "{read_me}");
    assert!(nynorsk.join("profil-0301.pdf").exists());
    no_head_is_in_bokmal(&nynorsk);
    let (done, said, _) = run("2012", "nb", "9999", "2");
    assert!(!done && said.contains("det finnes ingen kommune 9999 i 2012"), "{said}");
    // No count of one to four is published.
    let few = rows(&out.join("kommuner.csv"))
        .into_iter()
        .find(|row| (1..=4).contains(&row[4].parse().unwrap_or(0)));
    assert!(few.is_none(), "{few:?}");
    // A day has a publicly known price, so kroner for days are withheld wherever the number of patients is
    // withheld. Zero is shown as zero.
    let homes = rows(&out.join("kommuner.csv"));
    let few: Vec<&String> =
        homes.iter().filter(|row| row[0] == "discharge-ready" && row[4] == ":").map(|row| &row[2]).collect();
    for (file, column) in [("kostnad.csv", 4), ("asymmetri.csv", 6)] {
        let shown = rows(&out.join(file));
        let shown: Vec<&str> =
            shown.iter().filter(|row| few.contains(&&row[0])).map(|row| row[column].as_str()).collect();
        assert!(shown.len() == few.len() && shown.iter().all(|cell| [":", "0,00"].contains(cell)), "{file}");
        assert!(shown.contains(&":"), "{file}");
    }
    assert!(few.len() > 5);
}

/// No head is left in bokmål in the CSV files. Parquet files have the same heads in both languages.
fn no_head_is_in_bokmal(nynorsk: &Path) {
    for entry in std::fs::read_dir(nynorsk).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|one| one == "csv") {
            let text = std::fs::read_to_string(&file).unwrap();
            let heads: Vec<&str> = text.lines().next().unwrap().split([';', ' ', ',']).collect();
            for word in [
                "fra",
                "hendelse",
                "innbygger",
                "innbyggere",
                "ikke",
                "egne",
                "egen",
                "kilde",
                "teller",
                "nevner",
                "uten",
                "navn",
                "enhet",
            ] {
                assert!(!heads.contains(&word), "{}: {word}", file.display());
            }
            assert!(!text.contains("regnet ut"), "{}", file.display());
            assert!(!text.contains("holdt tilbake") && !text.contains("innenfor"), "{}", file.display());
        }
    }
    assert!(
        std::fs::read(nynorsk.join("landet.parquet")).unwrap().windows(9).any(|part| part == b"numerator")
    );
}
